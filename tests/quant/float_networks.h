#pragma once
// Float networks for tests, put together node by node with random weights.
#include <cmath>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "net/dataset.h"
#include "net/network.h"
#include "quant/check_network.h"

namespace offramp::quant {

class NetBuilder {
 public:
  explicit NetBuilder(net::Shape input, std::uint64_t seed = 1) : random_(seed) {
    net_.name = "net";
    net_.nodes.push_back({.name = "input", .layer = net::Input{}, .inputs = {}, .shape = input});
  }

  int conv(const std::string& name, int in, int channels, net::Window w = {}, int groups = 1) {
    const net::Shape s = shape(in);
    net::Conv conv{.window = w, .groups = groups, .out_channels = channels, .weights = {}, .bias = {}};
    const int terms = s.channels / groups * w.kernel_h * w.kernel_w;
    conv.weights = values(channels * terms, 1.5 / std::sqrt(terms));
    conv.bias = values(channels, 0.2);
    return add(name, conv, {in}, windowed(s, w, channels));
  }
  int dense(const std::string& name, int in, int features) {
    const auto terms = static_cast<int>(shape(in).elements());
    return add(name,
               net::Dense{features, values(features * terms, 1.5 / std::sqrt(terms)), values(features, 0.2)},
               {in}, {features, 1, 1});
  }
  int max_pool(const std::string& name, int in, net::Window w) {
    return add(name, net::MaxPool{w}, {in}, windowed(shape(in), w, shape(in).channels));
  }
  int average_pool(const std::string& name, int in, net::Window w, bool count_include_pad = false) {
    return add(name, net::AveragePool{w, count_include_pad}, {in},
               windowed(shape(in), w, shape(in).channels));
  }
  int batch_norm(const std::string& name, int in) {
    const int n = shape(in).channels;
    auto scale = values(n, 0.5);
    for (float& v : scale) v += v < 0 ? -0.3F : 0.3F;
    return add(name, net::BatchNorm{scale, values(n, 0.3)}, {in}, shape(in));
  }
  int relu(const std::string& name, int in, std::optional<float> limit = {}) {
    return add(name, net::Relu{limit}, {in}, shape(in));
  }
  int sum(const std::string& name, int a, int b) { return add(name, net::Add{}, {a, b}, shape(a)); }
  int flatten(const std::string& name, int in) {
    return add(name, net::Flatten{}, {in}, {static_cast<int>(shape(in).elements()), 1, 1});
  }
  NetBuilder& exit(const std::string& name, int logits) {
    net_.exits.push_back({.name = name, .logits = logits, .criterion = {}, .level = {}});
    return *this;
  }

  [[nodiscard]] net::Shape shape(int node) const { return net_.nodes[static_cast<std::size_t>(node)].shape; }
  net::Network& network() { return net_; }
  std::mt19937_64& random() { return random_; }

 private:
  static net::Shape windowed(net::Shape s, const net::Window& w, int channels) {
    return {channels, window_outputs(s.height, w.kernel_h, w.stride_h, w.pad_top, w.pad_bottom),
            window_outputs(s.width, w.kernel_w, w.stride_w, w.pad_left, w.pad_right)};
  }
  int add(const std::string& name, net::Layer layer, std::vector<int> inputs, net::Shape out) {
    net_.nodes.push_back(
        {.name = name, .layer = std::move(layer), .inputs = std::move(inputs), .shape = out});
    return static_cast<int>(net_.nodes.size()) - 1;
  }
  std::vector<float> values(int count, double size) {
    std::normal_distribution<float> normal(0, static_cast<float>(size));
    std::vector<float> v(static_cast<std::size_t>(count));
    for (float& x : v) x = normal(random_);
    return v;
  }

  net::Network net_;
  std::mt19937_64 random_;
};

inline net::Window square(int kernel, int stride = 1, int pad = 0) {
  return {kernel, kernel, stride, stride, pad, pad, pad, pad};
}

inline net::Split random_split(net::Shape shape, std::size_t images, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  net::Split split{.shape = shape, .pixels = {}, .labels = std::vector<std::uint16_t>(images, 0)};
  split.pixels.resize(images * static_cast<std::size_t>(shape.elements()));
  for (auto& p : split.pixels) p = static_cast<std::uint8_t>(random() >> 56);
  return split;
}

/// Every kind of layer and a residual sum, three exits: folding and quantization have to deal with all of it.
inline net::Network everything_network(std::uint64_t seed = 1) {
  NetBuilder b({3, 12, 12}, seed);
  int x = b.conv("conv1", 0, 8, square(3, 1, 1));
  x = b.batch_norm("bn1", x);
  x = b.max_pool("pool1", x, square(2, 2));
  x = b.relu("relu1", x);
  const int tap = x;
  const int e0 =
      b.dense("exit0_fc", b.flatten("exit0_flat", b.average_pool("exit0_avg", tap, square(2, 2))), 5);
  int y = b.relu("relu2", b.batch_norm("bn2", b.conv("conv2", x, 8, square(3, 1, 1), 2)), 6.0F);
  y = b.conv("conv3", y, 8, square(1));
  x = b.relu("relu3", b.sum("add", x, y));
  const int e1 = b.dense(
      "exit1_fc", b.relu("exit1_relu", b.flatten("exit1_flat", b.conv("exit1_conv", x, 4, square(3, 2)))), 5);
  x = b.batch_norm("bn3", b.max_pool("pool2", x, square(3, 2, 1)));
  x = b.relu("relu4", b.dense("fc1", b.flatten("flat", x), 20));
  const int last = b.dense("fc2", x, 5);
  b.exit("exit0", e0).exit("exit1", e1).exit("final", last);
  return b.network();
}

}  // namespace offramp::quant
