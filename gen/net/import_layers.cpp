// Layers without a window: dense, normalization, activation, arithmetic, shape changes.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/text.h"
#include "net/importer.h"
#include "net/refused.h"
#include "net/shapes.h"

namespace offramp::net {
namespace {

std::string dims_text(const std::vector<std::int64_t>& dims) {
  return fmt::format("[{}]", fmt::join(dims, ", "));
}

/// One number is spread to all channels; this bounds what a small file can make of it.
constexpr std::size_t kMaxChannels = std::size_t{1} << 20;

/// A real as a float32 weight; overflow is an error of the model.
float to_weight(double value, const char* what) {
  if (!(std::abs(value) <= std::numeric_limits<float>::max())) {
    throw Refused(fmt::format("{} comes to {}, which is not a finite float32", what, value));
  }
  return static_cast<float>(value);
}

/// [n][k] of [k][n], a few n at a time so that lines of both are used while they are near.
std::vector<float> turned(const std::vector<float>& from, std::size_t inputs, std::size_t outputs) {
  constexpr std::size_t kTogether = 16;
  std::vector<float> result(from.size());
  for (std::size_t first = 0; first < outputs; first += kTogether) {
    const std::size_t end = std::min(first + kTogether, outputs);
    for (std::size_t k = 0; k < inputs; ++k) {
      for (std::size_t n = first; n < end; ++n) result[n * inputs + k] = from[k * outputs + n];
    }
  }
  return result;
}

}  // namespace

OnnxMeaning Importer::gemm(Context& context) {
  check_inputs(context, 2, 3);
  const int in = activation(context, 0).node;
  const double alpha = context.attributes.real("alpha", 1);
  const double beta = context.attributes.real("beta", 1);
  const bool transposed = context.attributes.integer("transB", 0) != 0;
  if (context.attributes.integer("transA", 0) != 0) {
    throw Refused("transA is 1, which would transpose the activation; export with transA 0");
  }
  if (!draft_node(in).vector) {
    throw Refused(fmt::format("its input has the shape {}; put a Flatten before it",
                              to_string(draft_node(in).node.shape)));
  }
  std::vector<std::int64_t> dims;
  std::vector<float> b = weights(context, 1, dims);
  const std::int64_t features = draft_node(in).node.shape.elements();
  if (dims.size() != 2 || dims[transposed ? 1 : 0] != features || dims[transposed ? 0 : 1] < 1) {
    throw Refused(fmt::format("the weights {} have the shape {}{} and the input has {} features",
                              in_quotes(context.proto.input(1)), dims_text(dims),
                              transposed ? " (transB)" : "", features));
  }
  const auto outputs = static_cast<std::size_t>(dims[transposed ? 0 : 1]);
  const auto inputs = static_cast<std::size_t>(features);
  if (alpha != 1) {
    for (float& weight : b) weight = to_weight(alpha * weight, "alpha times a weight");
  }
  Dense dense{.out_features = static_cast<int>(outputs),
              .weights = transposed ? std::move(b) : turned(b, inputs, outputs),
              .bias = std::vector<float>(outputs, 0.0F)};
  if (has_input(context, 2)) {
    const std::vector<float> c = weights(context, 2, dims);
    const bool row = dims.size() <= 2 && (dims.size() < 2 || dims[0] == 1);
    if (!row || (c.size() != 1 && c.size() != outputs)) {
      throw Refused(fmt::format("the bias {} has the shape {} and there are {} outputs",
                                in_quotes(context.proto.input(2)), dims_text(dims), outputs));
    }
    for (std::size_t n = 0; n < outputs; ++n) {
      dense.bias[n] = to_weight(beta * c[c.size() == 1 ? 0 : n], "beta times a bias");
    }
  }
  return append(context, std::move(dense), {in}, true, false);
}

OnnxMeaning Importer::mat_mul(Context& context) {
  check_inputs(context, 2, 2);
  const int in = activation(context, 0).node;
  if (!draft_node(in).vector) {
    throw Refused(fmt::format("its input has the shape {}; put a Flatten before it",
                              to_string(draft_node(in).node.shape)));
  }
  std::vector<std::int64_t> dims;
  const std::vector<float> b = weights(context, 1, dims);
  const std::int64_t features = draft_node(in).node.shape.elements();
  if (dims.size() != 2 || dims[0] != features || dims[1] < 1) {
    throw Refused(fmt::format("the weights {} have the shape {} and the input has {} features",
                              in_quotes(context.proto.input(1)), dims_text(dims), features));
  }
  const auto outputs = static_cast<std::size_t>(dims[1]);
  const auto inputs = static_cast<std::size_t>(features);
  Dense dense{.out_features = static_cast<int>(outputs),
              .weights = turned(b, inputs, outputs),
              .bias = std::vector<float>(outputs, 0.0F)};
  return append(context, std::move(dense), {in}, true, false);
}

OnnxMeaning Importer::batch_normalization(Context& context) {
  check_inputs(context, 5, 5);
  const int in = activation(context, 0).node;
  const double epsilon = context.attributes.real("epsilon", 1e-5F);
  context.attributes.ignore("momentum");
  if (context.attributes.integer("training_mode", 0) != 0) {
    throw Refused("training_mode is 1; export the model in evaluation mode");
  }
  const auto channels = static_cast<std::size_t>(draft_node(in).node.shape.channels);
  std::vector<float> parameters[4];
  for (int i = 0; i < 4; ++i) {
    std::vector<std::int64_t> dims;
    parameters[i] = weights(context, i + 1, dims);
    if (dims.size() != 1 || parameters[i].size() != channels) {
      throw Refused(fmt::format("input {} ({}) has the shape {} and the activation has {} channels", i + 1,
                                in_quotes(context.proto.input(i + 1)), dims_text(dims), channels));
    }
  }
  const auto& [gamma, beta, mean, variance] = parameters;
  BatchNorm norm{std::vector<float>(channels), std::vector<float>(channels)};
  for (std::size_t c = 0; c < channels; ++c) {
    const double spread = variance[c] + epsilon;
    if (!(spread > 0)) {
      throw Refused(fmt::format("the variance of channel {} is {} and epsilon {}; their sum must be above 0",
                                c, variance[c], epsilon));
    }
    const double scale = gamma[c] / std::sqrt(spread);
    norm.scale[c] = to_weight(scale, "a channel's scale");
    norm.shift[c] = to_weight(beta[c] - mean[c] * scale, "a channel's shift");
  }
  return append(context, std::move(norm), {in}, draft_node(in).vector, false);
}

OnnxMeaning Importer::relu(Context& context) {
  check_inputs(context, 1, 1);
  const int in = activation(context, 0).node;
  return append(context, Relu{}, {in}, draft_node(in).vector, true);
}

OnnxMeaning Importer::clip(Context& context) {
  check_inputs(context, 1, 3);
  const int in = activation(context, 0).node;
  std::optional<double> low;
  std::optional<double> high;
  // Attributes up to opset 10, inputs since.
  if (context.attributes.has("min")) low = context.attributes.real("min", 0);
  if (context.attributes.has("max")) high = context.attributes.real("max", 0);
  if (has_input(context, 1)) low = scalar(context, 1);
  if (has_input(context, 2)) high = scalar(context, 2);
  if (!low || *low != 0) {
    throw Refused(fmt::format("its lower limit is {}; only Clip from 0 (Relu, Relu6) is supported",
                              low ? fmt::format("{}", *low) : "absent"));
  }
  Relu layer;
  if (high && *high < std::numeric_limits<float>::max()) {
    if (!(*high > 0)) throw Refused(fmt::format("its upper limit is {}; it must be above 0", *high));
    layer.limit = static_cast<float>(*high);
  } else if (high && std::isnan(*high)) {
    throw Refused("its upper limit is not a number");
  }
  return append(context, layer, {in}, draft_node(in).vector, true);
}

std::vector<double> Importer::per_channel(const Context& context, int i, int node) const {
  const TensorData data = constant(context, i);
  const DraftNode& in = draft_node(node);
  const std::size_t rank = in.vector ? 2 : 4;
  const auto channels = static_cast<std::size_t>(in.node.shape.channels);
  if (channels > kMaxChannels) {
    throw Refused(fmt::format("its input has {} channels; arithmetic with constants is supported up to {}",
                              channels, kMaxChannels));
  }
  // Broadcasting aligns dimensions at the right; only the channel axis, 1 of `rank`, may be other than 1.
  bool fits = data.dims.size() <= rank && (data.elements() == 1 || data.elements() == channels);
  for (std::size_t d = 0; fits && data.elements() != 1 && d < data.dims.size(); ++d) {
    fits = data.dims[d] == 1 || d + rank - data.dims.size() == 1;
  }
  if (!fits) {
    throw Refused(
        fmt::format("the constant {} has the shape {} and the activation {}; only one number, or one number "
                    "a channel, is supported",
                    in_quotes(context.proto.input(i)), dims_text(data.dims), to_string(in.node.shape)));
  }
  std::vector<double> result(channels);
  for (std::size_t c = 0; c < channels; ++c) {
    const std::size_t at = data.elements() == 1 ? 0 : c;
    result[c] = data.is_real ? static_cast<double>(data.reals[at]) : static_cast<double>(data.integers[at]);
  }
  return result;
}

OnnxMeaning Importer::affine(Context& context, int node, std::vector<double> scale,
                             std::vector<double> shift) {
  BatchNorm norm;
  bool shift_only = true;
  for (std::size_t c = 0; c < scale.size(); ++c) {
    norm.scale.push_back(to_weight(scale[c], "a channel's scale"));
    norm.shift.push_back(to_weight(shift[c], "a channel's shift"));
    shift_only = shift_only && scale[c] == 1;
  }
  const OnnxMeaning result = append(context, std::move(norm), {node}, draft_node(node).vector, false);
  draft_.nodes.back().affine = true;
  draft_.nodes.back().scale = std::move(scale);
  draft_.nodes.back().shift = std::move(shift);
  draft_.nodes.back().constant_add = shift_only;
  return result;
}

OnnxMeaning Importer::add(Context& context) {
  check_inputs(context, 2, 2);
  if (is_constant(context, 0) || is_constant(context, 1)) {
    const int which = is_constant(context, 0) ? 1 : 0;
    const int in = activation(context, which).node;
    std::vector<double> shift = per_channel(context, 1 - which, in);
    return affine(context, in, std::vector<double>(shift.size(), 1.0), shift);
  }
  const int a = activation(context, 0).node;
  const int b = activation(context, 1).node;
  if (draft_node(a).vector != draft_node(b).vector) {
    throw Refused("one input is a vector and the other a feature map; they must have the same shape");
  }
  return append(context, Add{}, {a, b}, draft_node(a).vector,
                draft_node(a).non_negative && draft_node(b).non_negative);
}

OnnxMeaning Importer::sub(Context& context) {
  check_inputs(context, 2, 2);
  const bool constant_first = is_constant(context, 0);
  const int in = activation(context, constant_first ? 1 : 0).node;
  if (!constant_first && !is_constant(context, 1)) {
    throw Refused("it subtracts two activations; only a constant can be subtracted");
  }
  std::vector<double> shift = per_channel(context, constant_first ? 0 : 1, in);
  if (!constant_first) {
    for (double& s : shift) s = -s;
  }
  return affine(context, in, std::vector<double>(shift.size(), constant_first ? -1.0 : 1.0), shift);
}

OnnxMeaning Importer::mul(Context& context) {
  check_inputs(context, 2, 2);
  if (!is_constant(context, 0) && !is_constant(context, 1)) {
    throw Refused("it multiplies two activations; only multiplication by a constant is supported");
  }
  const int which = is_constant(context, 0) ? 1 : 0;
  const int in = activation(context, which).node;
  std::vector<double> scale = per_channel(context, 1 - which, in);
  return affine(context, in, scale, std::vector<double>(scale.size(), 0.0));
}

OnnxMeaning Importer::div(Context& context) {
  check_inputs(context, 2, 2);
  const int in = activation(context, 0).node;
  std::vector<double> scale = per_channel(context, 1, in);
  for (double& s : scale) {
    if (s == 0) throw Refused(fmt::format("it divides by 0 ({})", in_quotes(context.proto.input(1))));
    s = 1 / s;
  }
  return affine(context, in, scale, std::vector<double>(scale.size(), 0.0));
}

OnnxMeaning Importer::flatten(Context& context) {
  check_inputs(context, 1, 1);
  const Activation in = activation(context, 0);
  const std::int64_t rank = draft_node(in.node).vector ? 2 : 4;
  std::int64_t axis = context.attributes.integer("axis", 1);
  if (axis < 0) axis += rank;
  // With a batch of 1, axis 0 and axis 1 give the same [1, features].
  if (axis != 0 && axis != 1) throw Refused(fmt::format("its axis is {}; only 1 is supported", axis));
  if (draft_node(in.node).vector) return in;
  return append(context, Flatten{}, {in.node}, true, draft_node(in.node).non_negative);
}

OnnxMeaning Importer::reshape(Context& context) {
  check_inputs(context, 2, 2);
  const Activation in = activation(context, 0);
  if (!is_constant(context, 1)) {
    throw Refused("its shape is computed; export with a fixed batch of 1, and flatten(1) instead of view()");
  }
  const TensorData target = constant(context, 1);
  if (target.is_real || target.dims.size() != 1) throw Refused("its shape must be a list of integers");
  std::vector<std::int64_t> dims = target.integers;
  const bool zero_copies = context.attributes.integer("allowzero", 0) == 0;
  const DraftNode& node = draft_node(in.node);
  const Shape& shape = node.node.shape;
  const std::vector<std::int64_t> now =
      node.vector ? std::vector<std::int64_t>{1, shape.channels}
                  : std::vector<std::int64_t>{1, shape.channels, shape.height, shape.width};
  const auto refuse = [&] {
    throw Refused(fmt::format("it makes the shape {} of {}; only [1, features] is supported",
                              dims_text(target.integers), to_string(shape)));
  };
  std::int64_t known = 1;
  std::int64_t* open = nullptr;
  if (dims.size() > 4) refuse();
  for (std::size_t d = 0; d < dims.size(); ++d) {
    if (dims[d] == 0 && zero_copies && d < now.size()) dims[d] = now[d];
    if (dims[d] == -1 && open == nullptr) {
      open = &dims[d];
    } else if (dims[d] < 1 || dims[d] > shape.elements()) {
      refuse();
    } else {
      known *= dims[d];  // at most four factors below 2^31, checked against the elements one by one
      if (known > shape.elements()) refuse();
    }
  }
  if (open != nullptr) *open = shape.elements() / known;
  if (open != nullptr ? *open * known != shape.elements() : known != shape.elements()) refuse();
  if (dims == now) return in;
  if (dims != std::vector<std::int64_t>{1, shape.elements()}) refuse();
  return append(context, Flatten{}, {in.node}, true, node.non_negative);
}

OnnxMeaning Importer::dropout(Context& context) {
  check_inputs(context, 1, 3);
  context.attributes.ignore("ratio");
  context.attributes.ignore("seed");
  if (has_input(context, 2) && scalar(context, 2) != 0) {
    throw Refused("training_mode is true; export the model in evaluation mode");
  }
  return input(context, 0);
}

OnnxMeaning Importer::identity(Context& context) {
  check_inputs(context, 1, 1);
  return input(context, 0);
}

}  // namespace offramp::net
