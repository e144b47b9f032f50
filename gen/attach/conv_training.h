#pragma once
// Training of the small convolution of a branch: Adam on minibatches through convolution, ReLU and a dense
// layer. The dense layer that results is a start; train_logistic() replaces it.
#include <cstdint>
#include <vector>

#include "attach/branch.h"
#include "attach/features.h"
#include "attach/logistic.h"

namespace offramp::attach {

struct ConvTrainingOptions {
  int epochs = 4;
  double rate = 2e-3;  // at the start; falls to 0 along a cosine
  double decay = 0.1;  // of weights, times the rate, a step
  std::uint64_t seed = 1;
  int threads = 1;
  Progress progress = {};
};

/// The convolution, and what it makes of every row after the ReLU.
struct TrainedConv {
  std::vector<float> weights, bias;  // as net::Conv has them
  FeatureMatrix hidden;              // columns in (channel, row, column) order
};

/// `features` are the map pooled to `structure`'s grid, of shape `pooled`. The result does not depend on the
/// number of threads.
[[nodiscard]] TrainedConv train_conv(const FeatureMatrix& features, const Labels& labels,
                                     const Structure& structure, const net::Shape& pooled,
                                     const ConvTrainingOptions& options);

}  // namespace offramp::attach
