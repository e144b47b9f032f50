#pragma once
#include <cstdint>
#include <span>
#include <vector>

namespace offramp::quant {

/// One output channel's weights as integers: weight ~ integer * scale.
struct ChannelWeights {
  std::vector<std::int32_t> values;
  double scale = 1;
  std::int64_t bias = 0;  // in steps of input_scale * scale
};

/// Symmetric, with the scale of least squared error among several clips (below 8 bits; else nothing is
/// clipped). Weights that are all of one size become +-1 where there is no bias to lose (average pooling, a
/// Relu alone).
[[nodiscard]] ChannelWeights quantize_channel(std::span<const float> weights, float bias, int bits,
                                              double input_scale);

}  // namespace offramp::quant
