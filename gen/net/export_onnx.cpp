#include "net/export_onnx.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <set>
#include <span>
#include <stdexcept>

#include "net/onnx_writer.h"
#include "net/shapes.h"

namespace offramp::net {
namespace {

/// Whether each node's output has rank 2 in ONNX. Dense and Flatten make vectors; other layers pass on what
/// they get; the input is a vector where a Dense reads it without a Flatten.
std::vector<bool> find_vectors(const Network& network) {
  const std::size_t count = network.nodes.size();
  const auto is_elementwise = [](const Layer& layer) {
    return std::holds_alternative<BatchNorm>(layer) || std::holds_alternative<Relu>(layer) ||
           std::holds_alternative<Add>(layer);
  };
  std::vector<bool> wanted(count, false);
  for (std::size_t i = count; i-- > 0;) {
    const Node& node = network.nodes[i];
    if (std::holds_alternative<Dense>(node.layer) || (is_elementwise(node.layer) && wanted[i])) {
      for (const int input : node.inputs) wanted[static_cast<std::size_t>(input)] = true;
    }
  }
  std::vector<bool> vectors(count, false);
  for (std::size_t i = 0; i < count; ++i) {
    const Node& node = network.nodes[i];
    if (std::holds_alternative<Input>(node.layer)) {
      vectors[i] = wanted[i] && node.shape.height == 1 && node.shape.width == 1;
    } else if (is_elementwise(node.layer)) {
      vectors[i] = vectors[static_cast<std::size_t>(node.inputs[0])];
    } else {
      vectors[i] = std::holds_alternative<Dense>(node.layer) || std::holds_alternative<Flatten>(node.layer);
    }
  }
  return vectors;
}

/// Weights as int8 times a scale for each output channel.
struct Int8Weights {
  std::vector<std::int8_t> values;
  std::vector<float> scales;
};

/// The int8 weights of one output channel, if some scale near largest / 127 gives back every bit.
bool append_channel(std::span<const float> weights, Int8Weights& result) {
  float largest = 0;
  for (const float w : weights) largest = std::max(largest, std::abs(w));
  // The product 127 * scale was rounded, so the quotient may be a neighbour of the scale.
  const float middle = largest / 127;
  for (const float scale : {middle, std::nextafter(middle, 0.0F), std::nextafter(middle, largest)}) {
    std::vector<std::int8_t> values;
    for (const float w : weights) {
      const float q = scale == 0 ? 0.0F : std::nearbyint(w / scale);
      if (!(std::abs(q) <= 127) || q * scale != w) break;
      values.push_back(static_cast<std::int8_t>(q));
    }
    if (values.size() != weights.size()) continue;
    result.values.insert(result.values.end(), values.begin(), values.end());
    result.scales.push_back(scale == 0 ? 1.0F : scale);
    return true;
  }
  return false;
}

std::optional<Int8Weights> as_int8(const std::vector<float>& weights, std::size_t channels) {
  Int8Weights result;
  const std::size_t each = weights.size() / channels;
  for (std::size_t n = 0; n < channels; ++n) {
    if (!append_channel(std::span(weights).subspan(n * each, each), result)) return std::nullopt;
  }
  return result;
}

class Exporter {
 public:
  /// `weights_file`: where weights go instead of the model, or nothing.
  explicit Exporter(const Network& network, std::optional<std::string> weights_file = {})
      : weights_file_(std::move(weights_file)), network_(network), vectors_(find_vectors(network)) {
    // Output names are the exits' names; every other tensor gets its node's name, made different where it
    // must.
    for (const Exit& exit : network.exits) taken_.insert(exit.name);
    for (const Node& node : network.nodes) names_.push_back(free_name(node.name));
    for (const Exit& exit : network.exits) names_[static_cast<std::size_t>(exit.logits)] = exit.name;
  }

  /// What external tensors refer to, after run().
  std::string take_weights() { return std::move(weights_); }

  OnnxModel run() {
    model_.graph.name = network_.name;
    for (std::size_t i = 0; i < network_.nodes.size(); ++i) {
      at_ = i;
      std::visit(*this, network_.nodes[i].layer);
    }
    for (const Exit& exit : network_.exits) {
      const Shape& shape = network_.nodes[static_cast<std::size_t>(exit.logits)].shape;
      model_.graph.outputs.push_back(
          value(exit.name, shape, vectors_[static_cast<std::size_t>(exit.logits)]));
      if (exit.level) {
        const auto criterion = exit.criterion.value_or(fixed::Criterion::max_softmax);
        model_.metadata.emplace_back("offramp.level." + exit.name,
                                     fmt::format("{} {}", fixed::name_of(criterion), *exit.level));
      }
    }
    if (network_.input_scale != 255) {
      model_.metadata.emplace_back("offramp.input_scale", fmt::format("{}", network_.input_scale));
    }
    return std::move(model_);
  }

  void operator()(const Input&) {
    // The input keeps its name, which import takes for the node's.
    names_[at_] = network_.nodes[at_].name;
    model_.graph.inputs.push_back(value(names_[at_], network_.nodes[at_].shape, vectors_[at_]));
  }
  void operator()(const Conv& conv) {
    const std::int64_t outputs = conv.out_channels;
    const Window& w = conv.window;
    const auto per_filter = static_cast<std::int64_t>(conv.weights.size()) / outputs;
    weights({outputs, per_filter / (std::int64_t{w.kernel_h} * w.kernel_w), w.kernel_h, w.kernel_w},
            conv.weights);
    tensor("bias", {outputs}, conv.bias);
    auto attributes = window(w);
    attributes.emplace_back("group", conv.groups);
    node("Conv", std::move(attributes));
  }
  void operator()(const Dense& dense) {
    const std::int64_t outputs = dense.out_features;
    weights({outputs, static_cast<std::int64_t>(dense.weights.size()) / outputs}, dense.weights);
    tensor("bias", {outputs}, dense.bias);
    auto& input = network_.nodes[at_].inputs[0];
    if (!vectors_[static_cast<std::size_t>(input)]) {  // a network built by hand may leave the Flatten out
      const std::string flat = free_name(names_[at_] + ".flat");
      model_.graph.nodes.push_back({.op = "Flatten",
                                    .inputs = {names_[static_cast<std::size_t>(input)]},
                                    .outputs = {flat},
                                    .name = flat});
      instead_ = flat;
    }
    node("Gemm", {{"transB", 1}});
  }
  void operator()(const MaxPool& pool) { node("MaxPool", window(pool.window)); }
  void operator()(const AveragePool& pool) {
    auto attributes = window(pool.window);
    attributes.emplace_back("count_include_pad", pool.count_include_pad ? 1 : 0);
    node("AveragePool", std::move(attributes));
  }
  void operator()(const BatchNorm& norm) {
    // With mean 0, variance 1 and epsilon 0 the scale and shift come back exactly.
    const auto channels = static_cast<std::int64_t>(norm.scale.size());
    tensor("scale", {channels}, norm.scale);
    tensor("shift", {channels}, norm.shift);
    tensor("mean", {channels}, std::vector<float>(norm.scale.size(), 0.0F));
    tensor("variance", {channels}, std::vector<float>(norm.scale.size(), 1.0F));
    node("BatchNormalization", {{"epsilon", 0.0F}});
  }
  void operator()(const Relu& relu) {
    if (!relu.limit) return node("Relu", {});
    model_.graph.tensors.push_back(onnx_scalar(constant_name("low"), 0.0F));
    model_.graph.tensors.push_back(onnx_scalar(constant_name("high"), *relu.limit));
    node("Clip", {});
  }
  void operator()(const Add&) { node("Add", {}); }
  void operator()(const Flatten&) { node("Flatten", {}); }

 private:
  std::string free_name(std::string name) {
    while (!taken_.insert(name).second) name += "_";
    return name;
  }
  static OnnxValue value(const std::string& name, const Shape& shape, bool vector) {
    if (vector) return {.name = name, .dims = {1, shape.channels}};
    return {.name = name, .dims = {1, shape.channels, shape.height, shape.width}};
  }
  static std::vector<OnnxAttribute> window(const Window& w) {
    return {{"kernel_shape", std::vector<std::int64_t>{w.kernel_h, w.kernel_w}},
            {"strides", std::vector<std::int64_t>{w.stride_h, w.stride_w}},
            {"pads", std::vector<std::int64_t>{w.pad_top, w.pad_left, w.pad_bottom, w.pad_right}}};
  }
  /// Names a constant input of the node at hand, in the order of the node's inputs.
  std::string constant_name(const char* role) {
    constants_.push_back(free_name(fmt::format("{}.{}", network_.nodes[at_].name, role)));
    return constants_.back();
  }
  void tensor(const char* role, std::vector<std::int64_t> dims, const std::vector<float>& values) {
    model_.graph.tensors.push_back(onnx_tensor(constant_name(role), std::move(dims), values));
  }
  /// The weights of a Conv or Dense, in the model or in the file beside it.
  void weights(std::vector<std::int64_t> dims, const std::vector<float>& values) {
    if (!weights_file_) return tensor("weight", std::move(dims), values);
    const auto int8 = as_int8(values, static_cast<std::size_t>(dims[0]));
    if (!int8) {
      const std::string name = constant_name("weight");
      model_.graph.tensors.push_back(moved_out(onnx_tensor(name, std::move(dims), values)));
      return;
    }
    const std::string name = constant_name("weight");
    const std::string stored = free_name(name + ".int8");
    const std::string scale = free_name(name + ".scale");
    const std::int64_t channels = dims[0];
    model_.graph.tensors.push_back(moved_out(onnx_tensor(stored, std::move(dims), int8->values)));
    model_.graph.tensors.push_back(onnx_tensor(scale, {channels}, int8->scales));
    model_.graph.nodes.push_back({.op = "DequantizeLinear",
                                  .inputs = {stored, scale},
                                  .outputs = {name},
                                  .name = name,
                                  .attributes = {{"axis", 0}}});
  }
  OnnxTensor moved_out(OnnxTensor tensor) {
    tensor.storage = OnnxTensor::Storage::external;
    tensor.external = {{"location", *weights_file_},
                       {"offset", fmt::format("{}", weights_.size())},
                       {"length", fmt::format("{}", tensor.bytes.size())}};
    weights_ += tensor.bytes;
    tensor.bytes.clear();
    return tensor;
  }
  void node(const char* op, std::vector<OnnxAttribute> attributes) {
    OnnxNode result{.op = op,
                    .inputs = {},
                    .outputs = {names_[at_]},
                    .name = network_.nodes[at_].name,
                    .attributes = std::move(attributes)};
    for (const int input : network_.nodes[at_].inputs) {
      result.inputs.push_back(instead_.empty() ? names_[static_cast<std::size_t>(input)] : instead_);
    }
    result.inputs.insert(result.inputs.end(), constants_.begin(), constants_.end());
    constants_.clear();
    instead_.clear();
    model_.graph.nodes.push_back(std::move(result));
  }

  std::optional<std::string> weights_file_;
  std::string weights_;
  const Network& network_;
  std::vector<bool> vectors_;
  std::set<std::string> taken_;
  std::vector<std::string> names_;  // of each node's output
  std::size_t at_ = 0;
  std::vector<std::string> constants_;
  std::string instead_;
  OnnxModel model_;
};

}  // namespace

std::string export_onnx(const Network& network) {
  if (network.nodes.empty() || network.exits.empty()) throw std::logic_error("export_onnx: an empty network");
  return serialize(Exporter(network).run());
}

OnnxFiles export_onnx_external(const Network& network, const std::string& weights_file) {
  if (network.nodes.empty() || network.exits.empty()) throw std::logic_error("export_onnx: an empty network");
  Exporter exporter(network, weights_file);
  OnnxFiles files{.model = serialize(exporter.run()), .weights = {}};
  files.weights = exporter.take_weights();
  return files;
}

}  // namespace offramp::net
