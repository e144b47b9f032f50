#pragma once
// A network of one layer under test and a classifier behind it, with every weight drawn from its whole range.
#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

#include "quant/check_network.h"
#include "quant/qnetwork.h"

namespace offramp::golden {

struct LayerCase {
  const char* name = "";
  net::Shape in{3, 9, 7};
  int channels = 4;  // of the output
  net::Window window;
  int groups = 1;
  enum class Kind { conv, add, max_pool } kind = Kind::conv;
};

struct Formats {
  int weight_bits = 8;
  int in_bits = 8;
  bool in_signed = false;
  int out_bits = 8;
  bool out_signed = false;
  bool extreme = false;  // weights only at the ends of their range
};

inline void finish_layer(quant::QNetwork& net, quant::QLayer layer, double spread) {
  const quant::QTensor& out = net.tensors[static_cast<std::size_t>(layer.output)];
  layer.clamp = fixed::range_of(out.bits, out.is_signed);
  const double scale = std::min(static_cast<double>(layer.clamp.hi) / std::max(1.0, spread), 20000.0);
  layer.requant.assign(static_cast<std::size_t>(out.shape.channels), fixed::requant_for(scale));
  net.layers.push_back(layer);
  net.layers.back().acc_bits = fixed::bits_for(quant::accumulator_bounds(net, layer), true);
}

inline quant::QConv random_conv(std::mt19937_64& random, const net::Window& window, int groups, int channels,
                                int in_channels, const Formats& f) {
  quant::QConv conv{
      .window = window, .groups = groups, .weight_bits = f.weight_bits, .weights = {}, .bias = {}};
  const fixed::Range w = fixed::range_of(f.weight_bits, true);
  for (int i = channels * (in_channels / groups) * window.kernel_h * window.kernel_w; i > 0; --i) {
    const auto any = w.lo + static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(w.hi - w.lo + 1));
    conv.weights.push_back(static_cast<std::int32_t>(f.extreme ? (random() % 4 ? w.hi : w.lo) : any));
  }
  for (int n = 0; n < channels; ++n) conv.bias.push_back(static_cast<std::int64_t>(random() % 20001) - 10000);
  return conv;
}

/// input -> widened to the wanted format (1x1, depthwise) -> the layer -> classifier.
inline quant::QNetwork single_layer(const LayerCase& c, const Formats& f, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  quant::QNetwork net;
  net.name = c.name;
  net.tensors.push_back({.name = "input", .shape = c.in, .bits = 8, .is_signed = false, .scale = 1});
  net.tensors.push_back(
      {.name = "operand", .shape = c.in, .bits = f.in_bits, .is_signed = f.in_signed, .scale = 1});
  quant::QConv widen{.window = {}, .groups = c.in.channels, .weight_bits = 8, .weights = {}, .bias = {}};
  widen.weights.assign(static_cast<std::size_t>(c.in.channels), 1);
  widen.bias.assign(static_cast<std::size_t>(c.in.channels), f.in_signed ? -128 : 0);
  finish_layer(net, {.name = "operand", .op = widen, .inputs = {0}, .output = 1, .requant = {}, .clamp = {}},
               f.in_signed ? 127 : 250);

  const int channels = c.kind == LayerCase::Kind::conv ? c.channels : c.in.channels;
  net::Shape out = c.in;
  if (c.kind != LayerCase::Kind::add) {
    out = {channels,
           quant::window_outputs(c.in.height, c.window.kernel_h, c.window.stride_h, c.window.pad_top,
                                 c.window.pad_bottom),
           quant::window_outputs(c.in.width, c.window.kernel_w, c.window.stride_w, c.window.pad_left,
                                 c.window.pad_right)};
  }
  net.tensors.push_back(
      {.name = "tested", .shape = out, .bits = f.out_bits, .is_signed = f.out_signed, .scale = 1});
  quant::QLayer layer{.name = "tested",
                      .op = quant::QMaxPool{c.window},
                      .inputs = {1},
                      .output = 2,
                      .requant = {},
                      .clamp = {}};
  const double top_w = static_cast<double>(fixed::range_of(f.weight_bits, true).hi);
  const double top_x = static_cast<double>(fixed::range_of(f.in_bits, f.in_signed).hi);
  switch (c.kind) {
    case LayerCase::Kind::conv: {
      auto conv = random_conv(random, c.window, c.groups, channels, c.in.channels, f);
      const double terms = static_cast<double>(conv.weights.size()) / channels;
      layer.op = conv;
      finish_layer(net, layer, top_w * top_x * std::sqrt(terms));
      break;
    }
    case LayerCase::Kind::add: {
      const auto limit = static_cast<std::int32_t>(fixed::range_of(f.weight_bits, true).hi);
      layer.op =
          quant::QAdd{.weight_bits = f.weight_bits, .weight_a = limit, .weight_b = -std::max(1, limit / 2)};
      layer.inputs = {1, 1};
      finish_layer(net, layer, top_w * top_x / 2);
      break;
    }
    case LayerCase::Kind::max_pool: {
      net.tensors[2].bits = f.in_bits;
      net.tensors[2].is_signed = f.in_signed;
      layer.clamp = fixed::range_of(f.in_bits, f.in_signed);
      net.layers.push_back(layer);
      break;
    }
  }

  net.decision = fixed::make_decision_tables(5, 12, 0.01);
  net.tensors.push_back({.name = "logits", .shape = {5, 1, 1}, .bits = 12, .is_signed = true, .scale = 0.01});
  net::Window whole;
  whole.kernel_h = out.height;
  whole.kernel_w = out.width;
  finish_layer(net,
               {.name = "logits",
                .op = random_conv(random, whole, 1, 5, channels, {.weight_bits = 6}),
                .inputs = {2},
                .output = 3,
                .requant = {},
                .clamp = {}},
               30 * static_cast<double>(fixed::range_of(net.tensors[2].bits, net.tensors[2].is_signed).hi));
  net.exits.push_back({.name = "end", .logits = 3});
  quant::check_network(net);
  return net;
}

}  // namespace offramp::golden
