#include "explore/smaller.h"

#include <algorithm>
#include <vector>

#include "base/error.h"
#include "base/interrupt.h"

namespace offramp::explore {
namespace {

using accel::ArrayShape;

/// A side, its half, ..., 1.
std::vector<int> halvings(int side) {
  std::vector<int> sides{side};
  while (sides.back() > 1) sides.push_back((sides.back() + 1) / 2);
  return sides;
}

std::vector<ArrayShape> smaller_backbones(const ArrayShape& shape) {
  std::vector<ArrayShape> shapes;
  for (const int rows : halvings(shape.rows)) {
    for (const int columns : halvings(shape.columns)) {
      for (const int lanes : halvings(shape.lanes))
        shapes.push_back({.rows = rows, .columns = columns, .lanes = lanes});
    }
  }
  return shapes;
}

std::vector<ArrayShape> smaller_classifiers(ArrayShape shape) {
  std::vector<ArrayShape> shapes{shape};
  while (shape.multipliers() > 1) {
    int& longest = shape.rows >= shape.columns && shape.rows >= shape.lanes ? shape.rows
                   : shape.columns >= shape.lanes                           ? shape.columns
                                                                            : shape.lanes;
    longest = (longest + 1) / 2;
    shapes.push_back(shape);
  }
  return shapes;
}

}  // namespace

std::optional<accel::Options> nearest_that_fits(const quant::QNetwork& network, const accel::Options& options,
                                                const Fits& fits) {
  const bool parallel = options.strategy == accel::Strategy::parallel;
  const int beside =
      static_cast<int>(network.exits.size()) - 1 - static_cast<int>(options.on_backbone.size());
  std::vector<accel::Options> candidates;
  for (const ArrayShape& backbone : smaller_backbones(options.backbone)) {
    for (const ArrayShape& classifier :
         parallel ? smaller_classifiers(options.exit_classifier) : std::vector{options.exit_classifier}) {
      candidates.push_back(options);
      candidates.back().backbone = backbone;
      candidates.back().exit_classifier = classifier;
    }
  }
  const auto multipliers = [&](const accel::Options& o) {
    return o.backbone.multipliers() + (parallel ? beside * o.exit_classifier.multipliers() : 0);
  };
  std::stable_sort(candidates.begin(), candidates.end(),
                   [&](const auto& a, const auto& b) { return multipliers(a) > multipliers(b); });
  for (const accel::Options& candidate : candidates) {
    check_interrupted();
    try {
      const accel::Accelerator planned = accel::plan_accelerator(network, candidate);
      if (fits(planned, model::estimate(planned))) return candidate;
    } catch (const Error&) {
      // An array that the family cannot lower this network to.
    }
  }
  return std::nullopt;
}

}  // namespace offramp::explore
