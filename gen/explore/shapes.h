#pragma once
// Array shapes worth planning, ranked by the number of array passes: the ceiling that mapping alone sets.
#include <vector>

#include "accel/accelerator.h"
#include "quant/qnetwork.h"

namespace offramp::explore {

/// A layer as the array sees it: `reduction` products into each of `channels` results for each of `pixels`
/// pixels, `groups` times over, needed by a share `weight` of the samples.
struct Work {
  int reduction = 1;
  int channels = 1;
  int pixels = 1;
  int groups = 1;
  double weight = 1;
};

[[nodiscard]] Work work_of(const quant::QNetwork& network, int layer, double weight);

/// ceil(K / rows) * ceil(N / columns) * ceil(M / lanes), summed with the weights.
[[nodiscard]] double passes(const std::vector<Work>& work, const accel::ArrayShape& shape);

/// Up to `count` shapes of at most `multipliers` multipliers, fewest passes first, then fewest multipliers.
[[nodiscard]] std::vector<accel::ArrayShape> best_shapes(const std::vector<Work>& work, int multipliers,
                                                         std::size_t count);

}  // namespace offramp::explore
