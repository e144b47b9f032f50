#include "attach/branch.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <set>
#include <stdexcept>

#include "base/error.h"
#include "base/text.h"
#include "net/shapes.h"

namespace offramp::attach {
namespace {

using net::Network;
using net::Node;
using net::Shape;
using Pool = Structure::Pool;
using Mixer = Structure::Mixer;

constexpr int kMaxGrid = 32;
constexpr int kMaxChannels = 1024;
/// Features of a dense layer in the usual structures; beyond, its weights are no longer cheap.
constexpr std::int64_t kDenseFeatures = 2048;
/// Elements of the grid that a convolution of the usual structures reads: what training keeps of each image.
constexpr std::int64_t kMixerElements = 8192;

[[noreturn]] void refuse(std::string_view word, const std::string& why) {
  throw Error(
      fmt::format("branch {}: {}; the forms are avgG and maxG (a G x G grid), avgG-pwN (1x1 convolution to N "
                  "channels), avgG-dw (depthwise 3x3) and avgG-convN (3x3 convolution), the last two with s2 "
                  "for stride 2, for example avg1, max2, avg4-pw32, avg8-conv32s2",
                  in_quotes(word), why));
}

/// Takes a prefix off a word.
bool take(std::string_view& rest, std::string_view prefix) {
  if (!rest.starts_with(prefix)) return false;
  rest.remove_prefix(prefix.size());
  return true;
}

std::optional<int> take_number(std::string_view& rest) {
  int value = 0;
  const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), value);
  if (error != std::errc()) return std::nullopt;
  rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
  return value;
}

/// Stride and kernel of windows that cover `size` exactly by `count` windows.
std::pair<int, int> cover(int size, int count) {
  const int stride = size / count;
  return {stride, size - stride * (count - 1)};
}

std::size_t index(int i) {
  return static_cast<std::size_t>(i);
}

/// Adds nodes to a network under construction.
class Grower {
 public:
  explicit Grower(Network& network) : network_(network) {
    for (const Node& node : network.nodes) names_.insert(node.name);
  }
  void reserve(const std::string& name) { names_.insert(name); }
  int add(std::string name, net::Layer layer, int input) {
    while (!names_.insert(name).second) name += "_";
    const Shape shape = net::output_shape(layer, {network_.nodes[index(input)].shape});
    network_.nodes.push_back(
        {.name = std::move(name), .layer = std::move(layer), .inputs = {input}, .shape = shape});
    return static_cast<int>(network_.nodes.size()) - 1;
  }

 private:
  Network& network_;
  std::set<std::string> names_;
};

/// Whether a node's output is a vector in ONNX, which a Dense can read without a Flatten.
bool is_vector(const Network& network, int at) {
  const Node& node = network.nodes[index(at)];
  if (std::holds_alternative<net::Dense>(node.layer) || std::holds_alternative<net::Flatten>(node.layer))
    return true;
  const bool passes = std::holds_alternative<net::Relu>(node.layer) ||
                      std::holds_alternative<net::BatchNorm>(node.layer) ||
                      std::holds_alternative<net::Add>(node.layer);
  return passes && is_vector(network, node.inputs[0]);
}

int grow(Grower& grower, const Network& network, int tap, const Branch& branch, const std::string& exit) {
  const Structure& s = branch.structure;
  const Shape map = network.nodes[index(tap)].shape;
  int at = tap;
  if (const auto window = pool_window(s, map)) {
    at = s.pool == Pool::average ? grower.add(exit + "_pool", net::AveragePool{.window = *window}, at)
                                 : grower.add(exit + "_pool", net::MaxPool{.window = *window}, at);
  }
  if (s.mixer != Mixer::none) {
    if (is_vector(network, at)) {
      const net::Dense dense{
          .out_features = s.channels, .weights = branch.mixer_weights, .bias = branch.mixer_bias};
      at = grower.add(exit + "_relu", net::Relu{}, grower.add(exit + "_hidden", dense, at));
    } else {
      net::Conv conv{.window = mixer_window(s), .weights = branch.mixer_weights, .bias = branch.mixer_bias};
      conv.groups = s.mixer == Mixer::depthwise ? map.channels : 1;
      conv.out_channels = branch_shapes(s, map).mixed.channels;
      at = grower.add(exit + "_relu", net::Relu{}, grower.add(exit + "_conv", std::move(conv), at));
    }
  }
  if (!is_vector(network, at)) at = grower.add(exit + "_flat", net::Flatten{}, at);
  return grower.add(exit + "_fc",
                    net::Dense{.out_features = static_cast<int>(branch.dense_bias.size()),
                               .weights = branch.dense_weights,
                               .bias = branch.dense_bias},
                    at);
}

}  // namespace

std::string to_string(const Structure& s) {
  std::string text = fmt::format("{}{}", s.pool == Pool::average ? "avg" : "max", s.grid);
  if (s.mixer == Mixer::pointwise) text += fmt::format("-pw{}", s.channels);
  if (s.mixer == Mixer::depthwise) text += "-dw";
  if (s.mixer == Mixer::full) text += fmt::format("-conv{}", s.channels);
  if (s.stride == 2) text += "s2";
  return text;
}

Structure parse_structure(std::string_view word) {
  Structure s;
  std::string_view rest = word;
  if (take(rest, "max")) {
    s.pool = Pool::maximum;
  } else if (!take(rest, "avg")) {
    refuse(word, "it begins with neither avg nor max");
  }
  const auto grid = take_number(rest);
  if (!grid || *grid < 1 || *grid > kMaxGrid)
    refuse(word, fmt::format("the grid is a number from 1 to {}", kMaxGrid));
  s.grid = *grid;
  if (rest.empty()) return s;
  if (take(rest, "-dw")) {
    s.mixer = Mixer::depthwise;
  } else {
    if (take(rest, "-pw")) {
      s.mixer = Mixer::pointwise;
    } else if (take(rest, "-conv")) {
      s.mixer = Mixer::full;
    } else {
      refuse(word, "after the grid comes nothing, -pwN, -dw or -convN");
    }
    const auto channels = take_number(rest);
    if (!channels || *channels < 1 || *channels > kMaxChannels) {
      refuse(word, fmt::format("the convolution has 1 to {} channels", kMaxChannels));
    }
    s.channels = *channels;
  }
  if (s.mixer != Mixer::pointwise && take(rest, "s2")) s.stride = 2;
  if (!rest.empty()) refuse(word, fmt::format("{} at its end means nothing", in_quotes(rest)));
  return s;
}

Structure fitted(Structure s, const Shape& map) {
  const int side = std::max(map.height, map.width);
  s.grid = std::min(s.grid, side);
  if (s.grid == side) s.pool = Pool::average;  // nothing is pooled
  if (side == 1) {
    // Of a 3x3 window the middle alone is there, and a depthwise one is a scale that the dense layer has
    // anyway.
    if (s.mixer == Mixer::full) s.mixer = Mixer::pointwise;
    if (s.mixer == Mixer::depthwise) s.mixer = Mixer::none;
    s.stride = 1;
  }
  return s;
}

std::optional<net::Window> pool_window(const Structure& s, const Shape& map) {
  if (s.grid >= map.height && s.grid >= map.width) return std::nullopt;
  net::Window w;
  std::tie(w.stride_h, w.kernel_h) = cover(map.height, std::min(s.grid, map.height));
  std::tie(w.stride_w, w.kernel_w) = cover(map.width, std::min(s.grid, map.width));
  return w;
}

net::Window mixer_window(const Structure& s) {
  if (s.mixer == Mixer::pointwise) return {};
  return {.kernel_h = 3,
          .kernel_w = 3,
          .stride_h = s.stride,
          .stride_w = s.stride,
          .pad_top = 1,
          .pad_left = 1,
          .pad_bottom = 1,
          .pad_right = 1};
}

BranchShapes branch_shapes(const Structure& s, const Shape& map) {
  BranchShapes shapes;
  shapes.pooled = {map.channels, std::min(s.grid, map.height), std::min(s.grid, map.width)};
  shapes.mixed = shapes.pooled;
  if (s.mixer == Mixer::none) return shapes;
  if (s.mixer != Mixer::depthwise) shapes.mixed.channels = s.channels;
  const net::Window w = mixer_window(s);
  shapes.mixed.height =
      net::output_size(shapes.pooled.height, w.kernel_h, w.stride_h, w.pad_top, w.pad_bottom);
  shapes.mixed.width = net::output_size(shapes.pooled.width, w.kernel_w, w.stride_w, w.pad_left, w.pad_right);
  return shapes;
}

BranchCost branch_cost(const Structure& s, const Shape& map, int classes) {
  const BranchShapes shapes = branch_shapes(s, map);
  const auto window = pool_window(s, map);
  BranchCost cost;
  if (window && s.pool == Pool::average) {
    cost.macs += shapes.pooled.elements() * window->kernel_h * window->kernel_w;
  }
  if (s.mixer != Mixer::none) {
    const net::Window w = mixer_window(s);
    const std::int64_t terms =
        std::int64_t{w.kernel_h} * w.kernel_w * (s.mixer == Mixer::depthwise ? 1 : shapes.pooled.channels);
    cost.parameters += (terms + 1) * shapes.mixed.channels;
    cost.macs += terms * shapes.mixed.elements();
  }
  cost.parameters += (shapes.mixed.elements() + 1) * classes;
  cost.macs += shapes.mixed.elements() * classes;
  return cost;
}

Network with_branches(const Network& backbone, const std::vector<AttachedBranch>& branches) {
  Network result{.name = backbone.name, .nodes = {}, .exits = {}};
  result.input_scale = backbone.input_scale;
  Grower grower(result);
  for (const Node& node : backbone.nodes) grower.reserve(node.name);
  std::vector<int> moved;
  auto branch = branches.begin();
  for (std::size_t i = 0; i < backbone.nodes.size(); ++i) {
    moved.push_back(static_cast<int>(result.nodes.size()));
    result.nodes.push_back(backbone.nodes[i]);
    for (int& input : result.nodes.back().inputs) input = moved[index(input)];
    for (; branch != branches.end() && branch->tap == static_cast<int>(i); ++branch) {
      std::string name = fmt::format("exit{}", branch - branches.begin());
      while (name == backbone.exits.back().name) name += "_";
      const int logits = grow(grower, result, moved.back(), branch->branch, name);
      result.exits.push_back({.name = name,
                              .logits = logits,
                              .criterion = fixed::Criterion::max_softmax,
                              .level = branch->level});
    }
  }
  if (branch != branches.end())
    throw std::logic_error("with_branches: branches are not in the order of their taps");
  result.exits.push_back(backbone.exits.back());
  result.exits.back().logits = moved[index(backbone.exits.back().logits)];
  return result;
}

std::vector<Structure> usual_structures(const Shape& map, int classes) {
  std::vector<Structure> structures;
  const int side = std::max(map.height, map.width);
  const auto elements = [&](int grid) { return branch_shapes({.grid = grid}, map).pooled.elements(); };
  int finest = 1;
  for (const int grid : {1, 2, 4}) {
    if (grid > 1 && (side < grid || elements(grid) > kDenseFeatures)) break;
    structures.push_back({.grid = grid});
    finest = grid;
  }
  if (side > finest) structures.push_back({.pool = Pool::maximum, .grid = finest});
  // Finer grids than 4 x 4 made convolutions on CIFAR-10 no better and dearer. A depthwise one was never
  // worth its place.
  int mixed = 1;
  for (const int grid : {2, 4}) {
    if (side >= grid && elements(grid) <= kMixerElements) mixed = grid;
  }
  if (mixed > 1) {
    structures.push_back({.grid = mixed, .mixer = Mixer::pointwise, .channels = 16});
    structures.push_back({.grid = mixed, .mixer = Mixer::full, .channels = 32});
  } else if (map.channels >= 64) {
    structures.push_back({.grid = 1, .mixer = Mixer::pointwise, .channels = 32});
  }
  std::stable_sort(structures.begin(), structures.end(), [&](const Structure& a, const Structure& b) {
    return branch_cost(a, map, classes).parameters < branch_cost(b, map, classes).parameters;
  });
  return structures;
}

}  // namespace offramp::attach
