#pragma once
// Quantized networks of the shapes of ResNet-32 and VGG-19 for CIFAR-10, with random weights: how fast they
// run does not depend on what they have learned.
#include <random>
#include <string>

#include "quant/check_network.h"
#include "quant/qnetwork.h"

namespace offramp::bench {

/// Appends layers whose values stay spread over their range.
class NetworkMaker {
 public:
  explicit NetworkMaker(std::string name) {
    net_.name = std::move(name);
    net_.tensors.push_back({.name = "input", .shape = {3, 32, 32}});
  }

  int conv(int in, int channels, int kernel, int stride, bool relu = true) {
    const int pad = kernel / 2;
    const net::Window w{kernel, kernel, stride, stride, pad, pad, pad, pad};
    const int size = quant::window_outputs(shape(in).height, kernel, stride, pad, pad);
    return add_conv(in, {channels, size, size}, w, 1, !relu, 8);
  }

  int add(int a, int b) {
    const int out = tensor(shape(a), false, 8);
    quant::QLayer layer = layer_of({a, b}, out);
    layer.op = quant::QAdd{};
    return finish(std::move(layer), 0.5);
  }

  int max_pool(int in) {
    const net::Shape s = shape(in);
    const int out = tensor({s.channels, s.height / 2, s.width / 2}, false, 8);
    quant::QLayer layer = layer_of({in}, out);
    layer.op = quant::QMaxPool{{2, 2, 2, 2}};
    layer.requant.clear();
    layer.acc_bits = 9;
    net_.layers.push_back(layer);
    return out;
  }

  int global_average(int in) {
    const net::Shape s = shape(in);
    return add_conv(in, {s.channels, 1, 1}, {s.height, s.width}, s.channels, false, 8);
  }

  int dense(int in, int features, bool logits = false) {
    const net::Shape s = shape(in);
    return add_conv(in, {features, 1, 1}, {s.height, s.width}, 1, logits, logits ? 12 : 8);
  }

  quant::QNetwork finish(int logits) {
    net_.tensors[static_cast<std::size_t>(logits)].scale = 0.01;
    net_.exits = {{.name = "final", .logits = logits}};
    net_.decision = fixed::make_decision_tables(shape(logits).channels, 12, 0.01);
    quant::check_network(net_);
    return std::move(net_);
  }

 private:
  net::Shape shape(int t) const { return net_.tensors[static_cast<std::size_t>(t)].shape; }

  int tensor(net::Shape s, bool is_signed, int bits) {
    const auto number = static_cast<int>(net_.tensors.size());
    net_.tensors.push_back(
        {.name = "layer" + std::to_string(number), .shape = s, .bits = bits, .is_signed = is_signed});
    return number;
  }

  quant::QLayer layer_of(std::vector<int> inputs, int out) const {
    const quant::QTensor& t = net_.tensors[static_cast<std::size_t>(out)];
    return {.name = t.name,
            .op = quant::QAdd{},
            .inputs = std::move(inputs),
            .output = out,
            .requant = {},
            .clamp = fixed::range_of(t.bits, t.is_signed)};
  }

  int add_conv(int in, net::Shape out, const net::Window& window, int groups, bool is_signed, int bits) {
    const int made = tensor(out, is_signed, bits);
    quant::QConv conv{.window = window, .groups = groups, .weights = {}, .bias = {}};
    const int terms = shape(in).channels / groups * window.kernel_h * window.kernel_w;
    for (std::int64_t i = std::int64_t{out.channels} * terms; i > 0; --i) {
      conv.weights.push_back(groups > 1 ? 1 : static_cast<std::int32_t>(random_() % 255) - 127);
    }
    conv.bias.assign(static_cast<std::size_t>(out.channels), 0);
    quant::QLayer layer = layer_of({in}, made);
    layer.op = std::move(conv);
    return finish(std::move(layer), groups > 1 ? 1.0 / terms : 1 / (73 * std::sqrt(terms)));
  }

  int finish(quant::QLayer layer, double scale) {
    layer.requant.assign(static_cast<std::size_t>(shape(layer.output).channels), fixed::requant_for(scale));
    layer.acc_bits = fixed::bits_for(quant::accumulator_bounds(net_, layer), true);
    net_.layers.push_back(std::move(layer));
    return net_.layers.back().output;
  }

  quant::QNetwork net_;
  std::mt19937 random_{1};
};

inline quant::QNetwork resnet32() {
  NetworkMaker maker("resnet32");
  int at = maker.conv(0, 16, 3, 1);
  for (const int channels : {16, 32, 64}) {
    for (int block = 0; block < 5; ++block) {
      const bool narrows = block == 0 && channels > 16;
      const int stride = narrows ? 2 : 1;
      const int inner = maker.conv(at, channels, 3, stride);
      const int outer = maker.conv(inner, channels, 3, 1, false);
      at = maker.add(outer, narrows ? maker.conv(at, channels, 1, stride, false) : at);
    }
  }
  return maker.finish(maker.dense(maker.global_average(at), 10, true));
}

inline quant::QNetwork vgg19() {
  NetworkMaker maker("vgg19");
  int at = 0;
  int stage = 0;
  for (const int channels : {64, 128, 256, 512, 512}) {
    for (int i = 0; i < (stage < 2 ? 2 : 4); ++i) at = maker.conv(at, channels, 3, 1);
    at = maker.max_pool(at);
    ++stage;
  }
  return maker.finish(maker.dense(maker.dense(at, 512), 10, true));
}

}  // namespace offramp::bench
