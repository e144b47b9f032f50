#include "quant/qdq_export.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "net/onnx_writer.h"

namespace offramp::quant {
namespace {

using net::OnnxNode;
using net::OnnxType;

class Exporter {
 public:
  explicit Exporter(const QNetwork& network) : in_(network), values_(network.tensors.size()) {}

  std::string run() {
    graph_.name = in_.name;
    values_[0] = write_input();
    for (const QLayer& layer : in_.layers) write_layer(layer);
    for (const QExit& exit : in_.exits) {
      node("Identity", {values_[idx(exit.logits)]}, exit.name);
      graph_.outputs.push_back({exit.name, OnnxType::float32, {"N", in_.classes()}});
    }
    net::OnnxModel model;
    model.metadata = metadata();
    model.graph = std::move(graph_);
    return net::serialize(model);
  }

 private:
  static std::size_t idx(int i) { return static_cast<std::size_t>(i); }
  const QTensor& tensor(int t) const { return in_.tensors[idx(t)]; }

  std::string node(const std::string& op, std::vector<std::string> inputs, const std::string& output,
                   std::vector<net::OnnxAttribute> attributes = {}) {
    graph_.nodes.push_back({.op = op,
                            .inputs = std::move(inputs),
                            .outputs = {output},
                            .name = output + "_" + op,
                            .attributes = std::move(attributes)});
    return output;
  }
  template <typename T>
  std::string scalar(const std::string& name, T value) {
    graph_.tensors.push_back(net::onnx_scalar(name, value));
    return name;
  }

  /// The model takes pixel * scale, as the trained network did; on the grid of the raw pixels nothing is
  /// lost.
  std::string write_input() {
    const net::Shape s = tensor(0).shape;
    graph_.inputs.push_back({"input", OnnxType::float32, {"N", s.channels, s.height, s.width}});
    return quantized("input", "input", tensor(0), fixed::range_of(8, false));
  }

  /// `value` rounded to the tensor's grid and limited to `clamp`.
  std::string quantized(const std::string& value, const std::string& name, const QTensor& t,
                        fixed::Range clamp) {
    const auto scale = static_cast<float>(t.scale);
    const std::string low = scalar(name + "_lo", static_cast<float>(clamp.lo) * scale);
    const std::string high = scalar(name + "_hi", static_cast<float>(clamp.hi) * scale);
    const std::string step = scalar(name + "_scale", scale);
    if (t.bits > 8) {
      node("Div", {value, step}, name + "_steps");
      node("Round", {name + "_steps"}, name + "_rounded");
      node("Mul", {name + "_rounded", step}, name + "_real");
      wide_activations_ = true;
      return node("Clip", {name + "_real", low, high}, name + "_q");
    }
    const std::string zero =
        t.is_signed ? scalar(name + "_zero", std::int8_t{0}) : scalar(name + "_zero", std::uint8_t{0});
    node("Clip", {value, low, high}, name + "_clipped");
    node("QuantizeLinear", {name + "_clipped", step, zero}, name + "_int");
    return node("DequantizeLinear", {name + "_int", step, zero}, name + "_q");
  }

  static std::vector<std::int64_t> pads(const net::Window& w) {
    return {w.pad_top, w.pad_left, w.pad_bottom, w.pad_right};
  }
  static std::vector<net::OnnxAttribute> window_attributes(const net::Window& w) {
    return {
        {"kernel_shape", {w.kernel_h, w.kernel_w}}, {"strides", {w.stride_h, w.stride_w}}, {"pads", pads(w)}};
  }

  void write_layer(const QLayer& layer) {
    const std::string& name = layer.name;
    const QTensor& out = tensor(layer.output);
    std::string value;
    if (const auto* conv = std::get_if<QConv>(&layer.op)) {
      value = write_conv(layer, *conv);
    } else if (const auto* add = std::get_if<QAdd>(&layer.op)) {
      value = write_add(layer, *add);
    } else {
      // The largest of values on a grid is on it.
      values_[idx(layer.output)] = node("MaxPool", {values_[idx(layer.inputs[0])]}, name + "_max",
                                        window_attributes(std::get<QMaxPool>(layer.op).window));
      return;
    }
    const bool is_logits = std::any_of(in_.exits.begin(), in_.exits.end(),
                                       [&](const QExit& e) { return e.logits == layer.output; });
    if (!is_logits) {
      values_[idx(layer.output)] = quantized(value, name, out, layer.clamp);
      return;
    }
    if (layer.clamp.lo == 0) value = node("Relu", {value}, name + "_relu");
    values_[idx(layer.output)] = node("Flatten", {value}, name + "_logits");
  }

  /// What a layer's accumulator is worth in channel n: the requantization, as it is, times the output's
  /// scale.
  double step(const QLayer& layer, std::size_t n) const {
    const fixed::Requant r = layer.requant[n];
    return std::ldexp(static_cast<double>(r.multiplier), -r.shift) * tensor(layer.output).scale;
  }

  std::string write_conv(const QLayer& layer, const QConv& conv) {
    const std::string& name = layer.name;
    const auto channels = static_cast<std::int64_t>(conv.bias.size());
    const QTensor& in = tensor(layer.inputs[0]);
    const std::vector<std::int64_t> dims{channels, in.shape.channels / conv.groups, conv.window.kernel_h,
                                         conv.window.kernel_w};
    const std::size_t terms = conv.weights.size() / conv.bias.size();
    std::vector<float> scales;
    std::vector<float> bias;
    for (std::size_t n = 0; n < conv.bias.size(); ++n) {
      scales.push_back(static_cast<float>(step(layer, n) / in.scale));
      bias.push_back(static_cast<float>(static_cast<double>(conv.bias[n]) * step(layer, n)));
    }
    std::string weights = name + "_weights";
    if (conv.weight_bits <= 8) {
      graph_.tensors.push_back(net::onnx_tensor(
          name + "_weights_int", dims, std::vector<std::int8_t>(conv.weights.begin(), conv.weights.end())));
      graph_.tensors.push_back(net::onnx_tensor(name + "_weights_scale", {channels}, scales));
      graph_.tensors.push_back(
          net::onnx_tensor(name + "_weights_zero", {channels}, std::vector<std::int8_t>(scales.size(), 0)));
      node("DequantizeLinear", {name + "_weights_int", name + "_weights_scale", name + "_weights_zero"},
           weights, {{"axis", 0}});
    } else {
      std::vector<float> values;
      for (std::size_t i = 0; i < conv.weights.size(); ++i)
        values.push_back(static_cast<float>(conv.weights[i] * static_cast<double>(scales[i / terms])));
      graph_.tensors.push_back(net::onnx_tensor(weights, dims, values));
      wide_weights_.push_back(name);
    }
    graph_.tensors.push_back(net::onnx_tensor(name + "_bias", {channels}, bias));
    auto attributes = window_attributes(conv.window);
    attributes.emplace_back("group", conv.groups);
    return node("Conv", {values_[idx(layer.inputs[0])], weights, name + "_bias"}, name + "_acc", attributes);
  }

  std::string write_add(const QLayer& layer, const QAdd& add) {
    const std::string& name = layer.name;
    const auto term = [&](std::size_t k, std::int32_t weight, const char* which) {
      const double factor = weight * step(layer, 0) / tensor(layer.inputs[k]).scale;
      const std::string constant = scalar(name + "_weight_" + which, static_cast<float>(factor));
      return node("Mul", {values_[idx(layer.inputs[k])], constant}, name + "_" + which);
    };
    const std::string a = term(0, add.weight_a, "a");
    const std::string b = term(1, add.weight_b, "b");
    return node("Add", {a, b}, name + "_acc");
  }

  std::vector<std::pair<std::string, std::string>> metadata() const {
    std::vector<std::pair<std::string, std::string>> lines;
    const double input_scale = 1 / tensor(0).scale;
    if (std::abs(input_scale - 255.0) > 1e-9)
      lines.emplace_back("offramp.input_scale", fmt::format("{}", input_scale));
    for (std::size_t e = 0; e + 1 < in_.exits.size(); ++e) {
      const QExit& exit = in_.exits[e];
      // As import reads it.
      lines.emplace_back("offramp.level." + exit.name,
                         fmt::format("{} {}", fixed::name_of(exit.criterion), exit.level));
    }
    if (!wide_weights_.empty())
      lines.emplace_back("offramp.float_weights", fmt::format("{}", fmt::join(wide_weights_, ", ")));
    if (wide_activations_)
      lines.emplace_back("offramp.wide_activations", "activations above 8 bits are rounded in float");
    return lines;
  }

  const QNetwork& in_;
  net::OnnxGraph graph_;
  std::vector<std::string> values_;  // by tensor: the ONNX value that holds it
  std::vector<std::string> wide_weights_;
  bool wide_activations_ = false;
};

}  // namespace

std::string export_qdq(const QNetwork& network) {
  return Exporter(network).run();
}

}  // namespace offramp::quant
