#pragma once
// What every QNetwork fulfils, however it was made: what golden reference and hardware rely on.
#include "quant/qnetwork.h"

namespace offramp::quant {

/// Output size of a window over an input of `size` along one axis (0 or less where it does not fit).
[[nodiscard]] int window_outputs(int size, int kernel, int stride, int pad_before, int pad_after);

/// Every value that a layer's accumulator can pass through, whatever the order of the sum: bias and products
/// are added one by one to 0. The largest over all output channels; input values as wide as their tensors'
/// formats.
[[nodiscard]] fixed::Range accumulator_bounds(const QNetwork& network, const QLayer& layer);

/// Largest accumulator width that the arithmetic of gen/fixed takes.
inline constexpr int kMaxAccumulatorBits = 45;

/// Throws offramp::Error naming the first layer, tensor or exit that breaks a rule of qnetwork.h: shapes,
/// sizes of arrays, weights within their bits, accumulators within acc_bits, clamps within their tensors,
/// order of layers.
void check_network(const QNetwork& network);

}  // namespace offramp::quant
