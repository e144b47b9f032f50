#include "net/shapes.h"

#include <fmt/format.h>

#include <algorithm>

#include "net/refused.h"

namespace offramp::net {
namespace {

Shape checked(std::int64_t channels, std::int64_t height, std::int64_t width) {
  // Each factor is below 2^31, so two of them cannot overflow; the third is compared by division.
  const std::int64_t plane = height * width;
  if (plane > kMaxActivation || channels > kMaxActivation / plane) {
    throw Refused(
        fmt::format("its shape {}x{}x{} has more than {} elements", channels, height, width, kMaxActivation));
  }
  return {static_cast<int>(channels), static_cast<int>(height), static_cast<int>(width)};
}

Shape window_shape(const Window& w, const Shape& in, std::int64_t channels) {
  return checked(channels, output_size(in.height, w.kernel_h, w.stride_h, w.pad_top, w.pad_bottom),
                 output_size(in.width, w.kernel_w, w.stride_w, w.pad_left, w.pad_right));
}

/// Pooling over padding alone has no value.
void check_pool_padding(const Window& w) {
  if (w.pad_top >= w.kernel_h || w.pad_bottom >= w.kernel_h || w.pad_left >= w.kernel_w ||
      w.pad_right >= w.kernel_w) {
    throw Refused(fmt::format(
        "the padding (top {}, left {}, bottom {}, right {}) must be smaller than the kernel of {}x{}",
        w.pad_top, w.pad_left, w.pad_bottom, w.pad_right, w.kernel_h, w.kernel_w));
  }
}

void check_count(const char* what, std::size_t have, std::int64_t want) {
  if (static_cast<std::int64_t>(have) != want) {
    throw Refused(fmt::format("it has {} {} where {} are needed", have, what, want));
  }
}

struct OutputShape {
  const std::vector<Shape>& inputs;

  const Shape& only() const {
    if (inputs.size() != 1) throw Refused(fmt::format("it has {} inputs and needs 1", inputs.size()));
    return inputs[0];
  }
  Shape operator()(const Input&) const {
    const Shape& s = only();
    if (s.channels < 1 || s.height < 1 || s.width < 1) {
      throw Refused(fmt::format("the input's shape {} has a dimension below 1", to_string(s)));
    }
    return checked(s.channels, s.height, s.width);
  }
  Shape operator()(const Conv& conv) const {
    const Shape& in = only();
    if (conv.out_channels < 1) throw Refused(fmt::format("it has {} output channels", conv.out_channels));
    if (conv.groups < 1 || in.channels % conv.groups != 0 || conv.out_channels % conv.groups != 0) {
      throw Refused(fmt::format("group is {}, which must divide the {} input and the {} output channels",
                                conv.groups, in.channels, conv.out_channels));
    }
    const Window& w = conv.window;
    const Shape out = window_shape(w, in, conv.out_channels);
    const Shape filter = checked(in.channels / conv.groups, w.kernel_h, w.kernel_w);
    check_count("weights", conv.weights.size(), filter.elements() * conv.out_channels);
    check_count("biases", conv.bias.size(), conv.out_channels);
    return out;
  }
  Shape operator()(const Dense& dense) const {
    const Shape& in = only();
    if (dense.out_features < 1) throw Refused(fmt::format("it has {} output features", dense.out_features));
    check_count("weights", dense.weights.size(), in.elements() * dense.out_features);
    check_count("biases", dense.bias.size(), dense.out_features);
    return {dense.out_features, 1, 1};
  }
  Shape operator()(const MaxPool& pool) const {
    check_pool_padding(pool.window);
    return window_shape(pool.window, only(), only().channels);
  }
  Shape operator()(const AveragePool& pool) const {
    check_pool_padding(pool.window);
    return window_shape(pool.window, only(), only().channels);
  }
  Shape operator()(const BatchNorm& norm) const {
    check_count("scales", norm.scale.size(), only().channels);
    check_count("shifts", norm.shift.size(), only().channels);
    return only();
  }
  Shape operator()(const Relu&) const { return only(); }
  Shape operator()(const Add&) const {
    if (inputs.size() != 2) throw Refused(fmt::format("it has {} inputs and needs 2", inputs.size()));
    if (inputs[0] != inputs[1]) {
      throw Refused(fmt::format("its inputs have the shapes {} and {}, which must be equal",
                                to_string(inputs[0]), to_string(inputs[1])));
    }
    return inputs[0];
  }
  Shape operator()(const Flatten&) const { return {static_cast<int>(only().elements()), 1, 1}; }
};

}  // namespace

std::string to_string(const Shape& shape) {
  if (shape.height == 1 && shape.width == 1) return std::to_string(shape.channels);
  return fmt::format("{}x{}x{}", shape.channels, shape.height, shape.width);
}

std::string layer_type(const Layer& layer) {
  constexpr const char* kNames[] = {"Input",     "Conv", "Dense", "MaxPool", "AveragePool",
                                    "BatchNorm", "Relu", "Add",   "Flatten"};
  static_assert(std::size(kNames) == std::variant_size_v<Layer>);
  return kNames[layer.index()];
}

int output_size(int input, int kernel, int stride, int pad_before, int pad_after) {
  if (kernel < 1) throw Refused(fmt::format("the kernel size is {}, which must be at least 1", kernel));
  if (stride < 1) throw Refused(fmt::format("the stride is {}, which must be at least 1", stride));
  if (pad_before < 0 || pad_after < 0) {
    throw Refused(fmt::format("the padding is {} and {}, which must not be negative", pad_before, pad_after));
  }
  // Far beyond any image, and small enough that coordinates never overflow an int.
  constexpr int kMost = 1 << 24;
  if (std::max({kernel, stride, pad_before, pad_after}) > kMost) {
    throw Refused(
        fmt::format("the window has kernel {}, stride {} and padding {} and {}; up to {} are supported",
                    kernel, stride, pad_before, pad_after, kMost));
  }
  const std::int64_t padded = std::int64_t{input} + pad_before + pad_after;
  if (kernel > padded) {
    throw Refused(fmt::format("the kernel size {} is larger than the padded input of {}", kernel, padded));
  }
  const std::int64_t size = (padded - kernel) / stride + 1;
  if (size > kMaxElements) throw Refused(fmt::format("its output has a dimension of {}", size));
  return static_cast<int>(size);
}

Shape output_shape(const Layer& layer, const std::vector<Shape>& inputs) {
  return std::visit(OutputShape{inputs}, layer);
}

std::int64_t macs(const Network& network, const Node& node) {
  if (const auto* conv = std::get_if<Conv>(&node.layer)) {
    return node.shape.elements() * static_cast<std::int64_t>(conv->weights.size()) / conv->out_channels;
  }
  if (std::holds_alternative<Dense>(node.layer)) {
    return network.nodes[static_cast<std::size_t>(node.inputs[0])].shape.elements() * node.shape.channels;
  }
  return 0;
}

}  // namespace offramp::net
