// Layers with a sliding window, and the padding before them.
#include <fmt/format.h>

#include "base/text.h"
#include "net/importer.h"
#include "net/refused.h"
#include "net/shapes.h"

namespace offramp::net {
namespace {

std::string list_text(const std::vector<std::int64_t>& values) {
  return fmt::format("[{}]", fmt::join(values, ", "));
}

int checked_int(std::int64_t value, std::int64_t least, const char* what) {
  if (value < least || value > kMaxElements) {
    throw Refused(fmt::format("{} contains {}; it must be {} to {}", what, value, least, kMaxElements));
  }
  return static_cast<int>(value);
}

/// A list attribute with `count` entries, or `otherwise` for each where it is absent.
std::vector<int> list_of(OnnxAttributes& attributes, const char* name, std::size_t count, std::int64_t least,
                         int otherwise) {
  if (!attributes.has(name)) return std::vector<int>(count, otherwise);
  const std::vector<std::int64_t> values = attributes.integers(name);
  if (values.size() != count) {
    throw Refused(fmt::format("{} is {} and needs {} entries", name, list_text(values), count));
  }
  std::vector<int> result;
  for (const std::int64_t value : values) result.push_back(checked_int(value, least, name));
  return result;
}

int add_padding(int a, int b) {
  return checked_int(std::int64_t{a} + b, 0, "the padding");
}

}  // namespace

Window Importer::window(Context& context, const Activation& in, std::vector<std::int64_t> kernel) {
  const DraftNode& node = draft_node(in.node);
  if (node.vector) {
    throw Refused(
        fmt::format("its input is a vector of {}; a feature map [1, channels, height, width] is needed",
                    node.node.shape.channels));
  }
  OnnxAttributes& attributes = context.attributes;
  const std::vector<std::int64_t> stated = attributes.integers("kernel_shape");
  if (kernel.empty()) {
    if (stated.size() != 2)
      throw Refused(fmt::format("kernel_shape is {} and needs 2 entries", list_text(stated)));
    kernel = stated;
  } else if (attributes.has("kernel_shape") && stated != kernel) {
    throw Refused(
        fmt::format("kernel_shape is {} and the weights have {}", list_text(stated), list_text(kernel)));
  }
  const std::vector<int> strides = list_of(attributes, "strides", 2, 1, 1);
  const std::vector<int> dilations = list_of(attributes, "dilations", 2, 1, 1);
  const std::vector<int> pads = list_of(attributes, "pads", 4, 0, 0);
  const std::string auto_pad = attributes.text("auto_pad", "NOTSET");
  if (dilations != std::vector<int>{1, 1}) {
    throw Refused(fmt::format("dilations is [{}]; only 1 is supported", fmt::join(dilations, ", ")));
  }
  Window w{.kernel_h = checked_int(kernel[0], 1, "the kernel"),
           .kernel_w = checked_int(kernel[1], 1, "the kernel"),
           .stride_h = strides[0],
           .stride_w = strides[1],
           .pad_top = pads[0],
           .pad_left = pads[1],
           .pad_bottom = pads[2],
           .pad_right = pads[3]};
  const bool upper = auto_pad == "SAME_UPPER";
  if (upper || auto_pad == "SAME_LOWER" || auto_pad == "VALID") {
    if (pads != std::vector<int>(4, 0)) {
      throw Refused(
          fmt::format("it has auto_pad {} and pads [{}]; use one of them", auto_pad, fmt::join(pads, ", ")));
    }
    if (auto_pad != "VALID") {
      // As many outputs as strides fit, the odd pixel of padding after (UPPER) or before (LOWER).
      const auto same = [&](std::int64_t size, int kernel_size, int stride, int& before, int& after) {
        const std::int64_t outputs = (size + stride - 1) / stride;
        const std::int64_t total = std::max<std::int64_t>((outputs - 1) * stride + kernel_size - size, 0);
        before = checked_int(upper ? total / 2 : total - total / 2, 0, "the padding");
        after = checked_int(total - before, 0, "the padding");
      };
      const Shape& shape = node.node.shape;
      same(std::int64_t{shape.height} + in.top + in.bottom, w.kernel_h, w.stride_h, w.pad_top, w.pad_bottom);
      same(std::int64_t{shape.width} + in.left + in.right, w.kernel_w, w.stride_w, w.pad_left, w.pad_right);
    }
  } else if (auto_pad != "NOTSET") {
    throw Refused(fmt::format("auto_pad is {}; it must be NOTSET, SAME_UPPER, SAME_LOWER or VALID",
                              in_quotes(auto_pad)));
  }
  return w;
}

namespace {

Window with_padding(Window w, const Activation& in) {
  w.pad_top = add_padding(w.pad_top, in.top);
  w.pad_left = add_padding(w.pad_left, in.left);
  w.pad_bottom = add_padding(w.pad_bottom, in.bottom);
  w.pad_right = add_padding(w.pad_right, in.right);
  return w;
}

}  // namespace

OnnxMeaning Importer::conv(Context& context) {
  check_inputs(context, 2, 3);
  const Activation in = padded_activation(context, 0);
  std::vector<std::int64_t> dims;
  Conv conv;
  conv.weights = weights(context, 1, dims);
  const std::string what = "the weights " + in_quotes(context.proto.input(1));
  if (dims.size() != 4) {
    throw Refused(
        fmt::format("{} have the shape {}; a 2-D convolution needs 4 dimensions", what, list_text(dims)));
  }
  for (const std::int64_t dim : dims) {
    if (dim < 1) throw Refused(fmt::format("{} have the shape {}; a dimension is 0", what, list_text(dims)));
  }
  conv.window = with_padding(window(context, in, {dims[2], dims[3]}), in);
  conv.groups = checked_int(context.attributes.integer("group", 1), 1, "group");
  conv.out_channels = checked_int(dims[0], 1, "the weights' shape");
  const Shape& shape = draft_node(in.node).node.shape;
  if (shape.channels % conv.groups != 0 || conv.out_channels % conv.groups != 0) {
    throw Refused(fmt::format("group is {}, which must divide the {} input and the {} output channels",
                              conv.groups, shape.channels, conv.out_channels));
  }
  if (dims[1] != shape.channels / conv.groups) {
    const bool nhwc = dims[1] * conv.groups == shape.width;
    throw Refused(fmt::format(
        "{} have the shape {} and the input has {} channels in {} group{}: they need {} in place "
        "of {}{}",
        what, list_text(dims), shape.channels, conv.groups, conv.groups == 1 ? "" : "s",
        shape.channels / conv.groups, dims[1], nhwc ? "; is the input NHWC? export the model in NCHW" : ""));
  }
  if (has_input(context, 2)) {
    std::vector<std::int64_t> bias_dims;
    conv.bias = weights(context, 2, bias_dims);
    if (bias_dims != std::vector<std::int64_t>{dims[0]}) {
      throw Refused(fmt::format("the bias {} has the shape {} and there are {} output channels",
                                in_quotes(context.proto.input(2)), list_text(bias_dims), dims[0]));
    }
  } else {
    conv.bias.assign(static_cast<std::size_t>(conv.out_channels), 0.0F);
  }
  return append(context, std::move(conv), {in.node}, false, false);
}

void Importer::apply_ceil_mode(Context& context, Window& w, const Shape& in, bool may_extend) const {
  if (context.attributes.integer("ceil_mode", 0) == 0) return;
  const auto extend = [&](int size, int kernel, int stride, int before, int& after) {
    // Rounding up instead of down is rounding down with more padding at the end.
    const std::int64_t covered =
        std::int64_t{output_size(size, kernel, stride, before, after) - 1} * stride + kernel;
    const std::int64_t padded = std::int64_t{size} + before + after;
    if (covered == padded) return;
    const std::int64_t start = covered - kernel + stride;  // of the extra window
    if (start >= std::int64_t{size} + before) return;      // it would see padding alone and does not exist
    if (!may_extend) {
      throw Refused("ceil_mode is 1 and adds windows that reach over the edge; export with ceil_mode 0");
    }
    after = checked_int(after + start + kernel - padded, 0, "the padding");
  };
  extend(in.height, w.kernel_h, w.stride_h, w.pad_top, w.pad_bottom);
  extend(in.width, w.kernel_w, w.stride_w, w.pad_left, w.pad_right);
}

OnnxMeaning Importer::max_pool(Context& context) {
  check_inputs(context, 1, 1);
  const Activation in = padded_activation(context, 0);
  const DraftNode& node = draft_node(in.node);
  context.attributes.ignore("storage_order");  // concerns the indices, which nothing can read
  Window w = window(context, in, {});
  if (in.padded() && !node.non_negative) {
    throw Refused(
        fmt::format("it reads zeros from a Pad, which are larger than negative values of {}; put a Relu "
                    "before the Pad or use the pool's own padding",
                    in_quotes(node.node.name)));
  }
  w = with_padding(w, in);
  apply_ceil_mode(context, w, node.node.shape, true);
  return append(context, MaxPool{w}, {in.node}, false, node.non_negative);
}

OnnxMeaning Importer::average_pool(Context& context) {
  check_inputs(context, 1, 1);
  const Activation in = padded_activation(context, 0);
  const DraftNode& node = draft_node(in.node);
  Window w = window(context, in, {});
  bool count_padding = context.attributes.integer("count_include_pad", 0) != 0;
  const bool own_padding = w.pad_top != 0 || w.pad_left != 0 || w.pad_bottom != 0 || w.pad_right != 0;
  if (in.padded() && own_padding && !count_padding) {
    throw Refused("it counts the zeros of the Pad before it but not its own padding; use one of the two");
  }
  count_padding = count_padding || in.padded();
  w = with_padding(w, in);
  apply_ceil_mode(context, w, node.node.shape, false);
  return append(context, AveragePool{w, count_padding}, {in.node}, false, node.non_negative);
}

OnnxMeaning Importer::global_average_pool(Context& context) {
  check_inputs(context, 1, 1);
  const Activation in = activation(context, 0);
  const DraftNode& node = draft_node(in.node);
  if (node.vector) throw Refused("its input is a vector; a feature map is needed");
  AveragePool pool;
  pool.window.kernel_h = node.node.shape.height;
  pool.window.kernel_w = node.node.shape.width;
  return append(context, pool, {in.node}, false, node.non_negative);
}

OnnxMeaning Importer::pad(Context& context) {
  check_inputs(context, 1, 4);
  Activation in = padded_activation(context, 0);
  if (draft_node(in.node).vector) throw Refused("its input is a vector; only feature maps can be padded");
  if (const std::string mode = context.attributes.text("mode", "constant"); mode != "constant") {
    throw Refused(
        fmt::format("its mode is {}; only constant padding with zeros is supported", in_quotes(mode)));
  }
  double value = context.attributes.real("value", 0);  // attributes up to opset 10, inputs since
  std::vector<std::int64_t> pads = context.attributes.integers("pads");
  const auto list_input = [&](int i) {
    TensorData data = constant(context, i);
    if (data.is_real) throw Refused(fmt::format("input {} must be a list of integers", i));
    return std::move(data.integers);
  };
  if (has_input(context, 1)) pads = list_input(1);
  if (has_input(context, 2)) value = scalar(context, 2);
  if (value != 0) throw Refused(fmt::format("it pads with {}; only zeros are supported", value));
  std::vector<std::int64_t> axes = {0, 1, 2, 3};
  if (has_input(context, 3)) axes = list_input(3);
  if (axes.size() > 4 || pads.size() != 2 * axes.size()) {
    throw Refused(fmt::format("pads is {} and needs {} entries", list_text(pads), 2 * axes.size()));
  }
  for (std::size_t a = 0; a < axes.size(); ++a) {
    const std::int64_t axis = axes[a] < 0 ? axes[a] + 4 : axes[a];
    const int before = checked_int(pads[a], 0, "pads");
    const int after = checked_int(pads[a + axes.size()], 0, "pads");
    if (axis == 2) {
      in.top = add_padding(in.top, before);
      in.bottom = add_padding(in.bottom, after);
    } else if (axis == 3) {
      in.left = add_padding(in.left, before);
      in.right = add_padding(in.right, after);
    } else if (before != 0 || after != 0 || axis < 0 || axis > 3) {
      throw Refused(
          fmt::format("pads is {} on axis {}; only height and width can be padded", list_text(pads), axis));
    }
  }
  return in;
}

}  // namespace offramp::net
