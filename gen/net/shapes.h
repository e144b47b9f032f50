#pragma once
// Shape arithmetic of the layers, in one place for import, export and everyone who builds networks by hand.
#include <string>
#include <vector>

#include "net/network.h"

namespace offramp::net {

/// "3x32x32" (channels x height x width), or "10" for a vector.
[[nodiscard]] std::string to_string(const Shape& shape);

/// "Conv", "Dense", ...
[[nodiscard]] std::string layer_type(const Layer& layer);

/// Largest dimension, and largest number of elements of a constant.
inline constexpr std::int64_t kMaxElements = 2147483647;
/// Largest number of elements of an activation: 1 GiB as float, far above any image, far below what a machine
/// dies of.
inline constexpr std::int64_t kMaxActivation = std::int64_t{1} << 28;

/// Output positions of a window along one axis; throws offramp::Error where the window is not valid there
/// (kernel larger than the padded input, stride below 1, negative padding).
[[nodiscard]] int output_size(int input, int kernel, int stride, int pad_before, int pad_after);

/// The shape that `layer` makes of `inputs`; throws offramp::Error with the reason where they do not fit it:
/// number of inputs, window, groups, numbers of weights. Input has no inputs and keeps the shape given as its
/// only one.
[[nodiscard]] Shape output_shape(const Layer& layer, const std::vector<Shape>& inputs);

/// Multiply-accumulates of a node for one sample; pooling, addition and activation count 0.
[[nodiscard]] std::int64_t macs(const Network& network, const Node& node);

}  // namespace offramp::net
