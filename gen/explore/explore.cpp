#include "explore/explore.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <set>
#include <tuple>

#include "base/error.h"
#include "base/interrupt.h"
#include "explore/shapes.h"

namespace offramp::explore {
namespace {

using accel::ArrayShape;
using accel::Strategy;

// How many shapes of the ranking by passes are planned exactly.
constexpr std::size_t kBackboneShapes = 40;
constexpr std::size_t kBackboneShapesBesideClassifier = 10;
constexpr std::size_t kClassifierShapes = 10;

std::vector<double> rates_of(const quant::QNetwork& network, const Request& request) {
  std::vector<double> rates(network.exits.size(), 0.0);
  if (request.strategy == Strategy::static_) {
    rates.back() = 1;
  } else if (request.exit_rates.size() == rates.size()) {
    rates = request.exit_rates;
  } else {
    throw std::logic_error("explore: one exit rate an exit is needed");
  }
  return rates;
}

/// Share of the samples that need each layer.
std::vector<double> layer_weights(const quant::QNetwork& network, const std::vector<double>& rates) {
  std::vector<double> weights(network.layers.size(), 0.0);
  for (std::size_t e = 0; e < rates.size(); ++e) {
    for (const int l : quant::layers_for_exit(network, static_cast<int>(e))) {
      if (quant::branch_of(network, l) < 0) weights[static_cast<std::size_t>(l)] += rates[e];
    }
  }
  // Every sample that reaches an exit needs its branch, whether or not it leaves there.
  for (std::size_t l = 0; l < weights.size(); ++l) {
    const int branch = quant::branch_of(network, static_cast<int>(l));
    for (std::size_t e = 0; branch >= 0 && e < rates.size(); ++e) {
      if (static_cast<int>(e) >= branch) weights[l] += rates[e];
    }
  }
  return weights;
}

struct SplitWork {
  std::vector<Work> backbone;
  std::vector<Work> classifier;
};

/// What each array has to do; in `parallel` the branches belong to the classifiers.
SplitWork split_work(const quant::QNetwork& network, Strategy strategy, const std::vector<double>& rates) {
  const std::vector<double> weights = layer_weights(network, rates);
  SplitWork work;
  for (std::size_t l = 0; l < weights.size(); ++l) {
    const bool branch = quant::branch_of(network, static_cast<int>(l)) >= 0;
    if (branch && strategy == Strategy::static_) continue;
    const Work w = work_of(network, static_cast<int>(l), weights[l]);
    if (w.weight > 0)
      (branch && strategy == Strategy::parallel ? work.classifier : work.backbone).push_back(w);
  }
  return work;
}

/// Plans with all weights on the chip, or, where those do not fit, with as large a store as there is room
/// for.
model::Estimate estimate_within(const quant::QNetwork& network, std::int64_t on_chip_bits,
                                accel::Options& options) {
  // Tables, accumulators and buffers take memory, too.
  constexpr std::int64_t kPercentForWeightsAndMaps = 90;
  options.weights.store_bits = 0;
  const model::Estimate all = model::estimate(accel::plan_accelerator(network, options));
  if (on_chip_bits == 0 || all.weight_bits + all.activation_bits <= on_chip_bits) return all;
  options.weights.store_bits = on_chip_bits * kPercentForWeightsAndMaps / 100 - all.activation_bits;
  try {
    if (options.weights.store_bits > 0) return model::estimate(accel::plan_accelerator(network, options));
  } catch (const Error&) {
    // Too little room even to stream: the caller says what is asked and what there is.
  }
  options.weights.store_bits = 0;
  return all;
}

/// Brings the best `shown` that fit the device to the front, with their resources. A whole design is walked
/// for each, so no more are looked at than have to be.
void keep_what_fits(const quant::QNetwork& network, const Request& request, std::vector<Candidate>& ranking) {
  std::vector<Candidate> fitting;
  std::vector<Candidate> others;
  for (std::size_t i = 0; i < ranking.size(); ++i) {
    Candidate& c = ranking[i];
    if (fitting.size() < request.shown) {
      check_interrupted();
      c.resources =
          model::estimate_resources(accel::plan_accelerator(network, c.options), request.device->family)
              .total;
    }
    const bool proposed = fitting.size() < request.shown && fits(*c.resources, request.device->available);
    (proposed ? fitting : others).push_back(std::move(c));
  }
  // What is behind the proposals has been refused or not been looked at.
  fitting.insert(fitting.end(), std::make_move_iterator(others.begin()),
                 std::make_move_iterator(others.end()));
  ranking = std::move(fitting);
}

}  // namespace

bool fits(const model::Resources& asked, const model::Resources& available) {
  constexpr int kBlocksOfUltraRam = 16;  // halves of a 36 Kb block
  return asked.lut <= available.lut && asked.ff <= available.ff && asked.dsp <= available.dsp &&
         asked.uram <= available.uram &&
         asked.bram18 <= available.bram18 + kBlocksOfUltraRam * (available.uram - asked.uram);
}

double mean_cycles(const model::Estimate& estimate, const Request& request) {
  if (request.strategy == Strategy::static_) return static_cast<double>(estimate.cycles_by_exit.back());
  double mean = 0;
  for (std::size_t e = 0; e < estimate.cycles_by_exit.size(); ++e) {
    mean += request.exit_rates.at(e) * static_cast<double>(estimate.cycles_by_exit[e]);
  }
  return mean;
}

std::vector<Candidate> explore(const quant::QNetwork& network, const Request& request) {
  const std::vector<double> rates = rates_of(network, request);
  const SplitWork work = split_work(network, request.strategy, rates);
  const bool parallel = request.strategy == Strategy::parallel && !work.classifier.empty();

  std::vector<ArrayShape> backbones;
  if (request.backbone) {
    backbones = {*request.backbone};
  } else {
    backbones = best_shapes(work.backbone, request.multipliers,
                            parallel ? kBackboneShapesBesideClassifier : kBackboneShapes);
  }
  std::vector<ArrayShape> classifiers{accel::Options{}.exit_classifier};
  if (parallel) {
    classifiers = request.exit_classifier
                      ? std::vector{*request.exit_classifier}
                      : best_shapes(work.classifier, request.exit_multipliers, kClassifierShapes);
  }

  std::vector<Candidate> candidates;
  std::optional<Error> refusal;
  for (const ArrayShape& backbone : backbones) {
    for (const ArrayShape& classifier : classifiers) {
      check_interrupted();
      Candidate c;
      c.options = {.strategy = request.strategy,
                   .backbone = backbone,
                   .exit_classifier = classifier,
                   .weights = request.memory,
                   .prune = request.prune,
                   .packed = request.packed,
                   .on_backbone = request.on_backbone};
      try {
        c.estimate = estimate_within(network, request.on_chip_bits, c.options);
      } catch (const Error& e) {
        // A shape that the family cannot plan is no candidate; what no shape can do is the network's fault.
        if (!refusal) refusal = e;
        continue;
      }
      c.mean_cycles = mean_cycles(c.estimate, request);
      double macs = 0;
      for (std::size_t e = 0; e < rates.size(); ++e) {
        macs += rates[e] * static_cast<double>(c.estimate.macs_by_exit[e]);
      }
      c.efficiency = macs / (c.mean_cycles * c.estimate.multipliers);
      candidates.push_back(std::move(c));
    }
  }
  if (candidates.empty()) throw refusal.value();
  const auto fits_chip = [&](const Candidate& c) {
    return request.on_chip_bits == 0 ||
           c.estimate.weight_bits + c.estimate.activation_bits <= request.on_chip_bits;
  };
  std::stable_sort(candidates.begin(), candidates.end(), [&](const Candidate& a, const Candidate& b) {
    return std::tuple(!fits_chip(a), a.mean_cycles, a.estimate.multipliers) <
           std::tuple(!fits_chip(b), b.mean_cycles, b.estimate.multipliers);
  });
  if (request.device) keep_what_fits(network, request, candidates);
  return candidates;
}

}  // namespace offramp::explore
