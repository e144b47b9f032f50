#pragma once
// Networks put together layer by layer, for tests that need a certain structure. Weights are random; values
// stay alive: each layer's typical accumulator fills half of its output's range.
#include <algorithm>
#include <cmath>
#include <random>
#include <string>
#include <vector>

#include "quant/check_network.h"
#include "quant/qnetwork.h"

namespace offramp::test {

/// A tensor's numbers.
struct Format {
  int bits = 8;
  bool is_signed = false;
};

class NetworkMaker {
 public:
  NetworkMaker(const std::string& name, net::Shape input, std::uint64_t seed = 1) : random_(seed) {
    net_.name = name;
    net_.tensors.push_back(
        {.name = "input", .shape = input, .bits = 8, .is_signed = false, .scale = 1.0 / 255});
  }

  struct Conv {
    int kernel = 3;
    int stride = 1;
    int padding = 1;
    int groups = 1;
    int weight_bits = 8;
    Format out = {};
  };
  /// Each gives the tensor that it makes.
  int conv(int in, int channels, const Conv& c) {
    const net::Window window{.kernel_h = c.kernel,
                             .kernel_w = c.kernel,
                             .stride_h = c.stride,
                             .stride_w = c.stride,
                             .pad_top = c.padding,
                             .pad_left = c.padding,
                             .pad_bottom = c.padding,
                             .pad_right = c.padding};
    return push_conv(next_name("conv"), in, window, channels, c.groups, c.weight_bits, c.out);
  }
  int add(int a, int b, int weight_a = 1, int weight_b = 1, Format out = {}) {
    quant::QAdd op{.weight_bits = 8, .weight_a = weight_a, .weight_b = weight_b};
    const double size = std::hypot(weight_a * top(a), weight_b * top(b)) / 2;
    const auto channels = static_cast<std::size_t>(shape(a).channels);
    return push(next_name("add"), op, {a, b}, shape(a), out, std::vector<double>(channels, size));
  }
  int max_pool(int in, int kernel) {
    const net::Window window{.kernel_h = kernel, .kernel_w = kernel, .stride_h = kernel, .stride_w = kernel};
    quant::QTensor out = net_.tensors[static_cast<std::size_t>(in)];
    out.name = next_name("pool");
    out.shape = outputs(shape(in), window, shape(in).channels);
    net_.tensors.push_back(out);
    net_.layers.push_back({.name = out.name,
                           .op = quant::QMaxPool{window},
                           .inputs = {in},
                           .output = last_tensor(),
                           .requant = {},
                           .clamp = fixed::range_of(out.bits, out.is_signed),
                           .acc_bits = out.bits + 1});
    return last_tensor();
  }
  /// A classifier over the whole map; the last one made is the network's last exit.
  void exit(int tap, int weight_bits = 8) {
    const net::Window whole{.kernel_h = shape(tap).height, .kernel_w = shape(tap).width};
    const std::string name = "exit" + std::to_string(net_.exits.size());
    const int logits = push_conv(name + "_classifier", tap, whole, kClasses, 1, weight_bits,
                                 {.bits = kLogitBits, .is_signed = true});
    net_.tensors[static_cast<std::size_t>(logits)].scale = kLogitStep;
    net_.exits.push_back({.name = name, .logits = logits, .criterion = fixed::Criterion::max_softmax});
    net_.exits.back().level = 0.5;
    net_.exits.back().threshold = fixed::threshold_register(net_.exits.back().criterion, 0.5, 1);
  }
  /// The network so far, for what the methods above do not know.
  [[nodiscard]] quant::QNetwork& network() { return net_; }
  [[nodiscard]] quant::QNetwork make() {
    net_.decision = fixed::make_decision_tables(kClasses, kLogitBits, kLogitStep);
    quant::check_network(net_);
    return net_;
  }

 private:
  static constexpr int kClasses = 6;
  static constexpr int kLogitBits = 10;
  static constexpr double kLogitStep = 6.0 / 1024;

  [[nodiscard]] const net::Shape& shape(int tensor) const {
    return net_.tensors[static_cast<std::size_t>(tensor)].shape;
  }
  [[nodiscard]] double top(int tensor) const {
    const quant::QTensor& t = net_.tensors[static_cast<std::size_t>(tensor)];
    return static_cast<double>(fixed::range_of(t.bits, t.is_signed).hi);
  }
  [[nodiscard]] int last_tensor() const { return static_cast<int>(net_.tensors.size()) - 1; }
  std::string next_name(const std::string& kind) { return kind + std::to_string(net_.layers.size()); }

  static net::Shape outputs(net::Shape in, const net::Window& w, int channels) {
    return {channels, quant::window_outputs(in.height, w.kernel_h, w.stride_h, w.pad_top, w.pad_bottom),
            quant::window_outputs(in.width, w.kernel_w, w.stride_w, w.pad_left, w.pad_right)};
  }

  int push_conv(const std::string& name, int in, const net::Window& window, int channels, int groups,
                int weight_bits, Format out) {
    quant::QConv op{
        .window = window, .groups = groups, .weight_bits = weight_bits, .weights = {}, .bias = {}};
    const bool is_signed = net_.tensors[static_cast<std::size_t>(in)].is_signed;
    const double mean = is_signed ? 0 : 0.4 * top(in);
    const int terms = shape(in).channels / groups * window.kernel_h * window.kernel_w;
    const auto largest = static_cast<int>(fixed::range_of(weight_bits, true).hi);
    std::vector<double> sizes;
    for (int n = 0; n < channels; ++n) {
      double sum = 0;
      double squares = 0;
      for (int k = 0; k < terms; ++k) {
        const int w = static_cast<int>(random_() % static_cast<unsigned>(2 * largest + 1)) - largest;
        op.weights.push_back(w);
        sum += w;
        squares += w * w;
      }
      op.bias.push_back(static_cast<std::int64_t>(-sum * mean));
      sizes.push_back(std::sqrt(squares) * top(in) / 2);
    }
    const net::Shape map = outputs(shape(in), window, channels);
    return push(name, std::move(op), {in}, map, out, sizes);
  }

  /// `sizes`: typical accumulators of the channels.
  template <class Op>
  int push(const std::string& name, Op op, std::vector<int> inputs, net::Shape map, Format out,
           const std::vector<double>& sizes) {
    net_.tensors.push_back(
        {.name = name, .shape = map, .bits = out.bits, .is_signed = out.is_signed, .scale = 1});
    quant::QLayer layer{.name = name,
                        .op = std::move(op),
                        .inputs = std::move(inputs),
                        .output = last_tensor(),
                        .requant = {},
                        .clamp = fixed::range_of(out.bits, out.is_signed)};
    for (const double size : sizes)
      layer.requant.push_back(fixed::requant_for(top(layer.output) / 2 / std::max(1.0, size)));
    layer.acc_bits = fixed::bits_for(quant::accumulator_bounds(net_, layer), true);
    net_.layers.push_back(std::move(layer));
    return last_tensor();
  }

  quant::QNetwork net_;
  std::mt19937 random_;
};

}  // namespace offramp::test
