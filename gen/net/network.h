#pragma once
// A network: a graph of layers with float weights, as imported and made canonical. Nodes are in topological
// order; node i may only read nodes before it. What an import removes (Dropout, Identity, Softmax at an
// output) or merges (Pad into Conv, Constant into weights) does not appear here.
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "fixed/decision.h"

namespace offramp::net {

/// One sample's tensor: channels x height x width. A vector of n has channels = n, height = width = 1.
struct Shape {
  int channels = 0;
  int height = 1;
  int width = 1;
  bool operator==(const Shape&) const = default;
  [[nodiscard]] std::int64_t elements() const { return std::int64_t{channels} * height * width; }
};

/// A sliding window: kernel, stride and zero padding in pixels.
struct Window {
  int kernel_h = 1, kernel_w = 1;
  int stride_h = 1, stride_w = 1;
  int pad_top = 0, pad_left = 0, pad_bottom = 0, pad_right = 0;
  bool operator==(const Window&) const = default;
};

struct Input {
  bool operator==(const Input&) const = default;
};
/// weights[n][c][ky][kx], n = output channel, c = 0 .. in_channels / groups - 1; bias[n].
struct Conv {
  Window window;
  int groups = 1;
  int out_channels = 0;
  std::vector<float> weights;
  std::vector<float> bias;
  bool operator==(const Conv&) const = default;
};
/// Fully connected over the flattened input in ONNX order (channel, row, column); weights[n][k], bias[n].
struct Dense {
  int out_features = 0;
  std::vector<float> weights;
  std::vector<float> bias;
  bool operator==(const Dense&) const = default;
};
struct MaxPool {
  Window window;
  bool operator==(const MaxPool&) const = default;
};
/// Global average pooling is an AveragePool whose kernel is the whole map. count_include_pad as in ONNX.
struct AveragePool {
  Window window;
  bool count_include_pad = false;
  bool operator==(const AveragePool&) const = default;
};
/// y = x * scale[c] + shift[c]: inference-time batch normalization and any per-channel affine step.
struct BatchNorm {
  std::vector<float> scale;
  std::vector<float> shift;
  bool operator==(const BatchNorm&) const = default;
};
/// max(x, 0), and min(., limit) where a limit is given (Clip 0..6).
struct Relu {
  std::optional<float> limit;
  bool operator==(const Relu&) const = default;
};
struct Add {
  bool operator==(const Add&) const = default;
};
/// (channels, height, width) to a vector in ONNX order.
struct Flatten {
  bool operator==(const Flatten&) const = default;
};

using Layer = std::variant<Input, Conv, Dense, MaxPool, AveragePool, BatchNorm, Relu, Add, Flatten>;

struct Node {
  std::string name;  // unique; the ONNX node's name or, where it has none, its output's
  Layer layer;
  std::vector<int> inputs;  // node indices
  Shape shape;              // of the output
  bool operator==(const Node&) const = default;
};

/// A classifier's end: the node that holds its logits. The last exit is the end of the backbone.
struct Exit {
  std::string name;
  int logits = 0;
  /// From the `If` form of a model, where it is written into the graph.
  std::optional<fixed::Criterion> criterion;
  std::optional<double> level;
  bool operator==(const Exit&) const = default;
};

struct Network {
  std::string name;
  std::vector<Node> nodes;  // nodes[0] is the Input
  std::vector<Exit> exits;  // in the order a sample meets them
  /// Raw pixel value that float 1.0 stands for, i.e. the model was trained on pixel / input_scale (default
  /// 255).
  double input_scale = 255.0;
  bool operator==(const Network&) const = default;
  [[nodiscard]] int classes() const {
    return nodes[static_cast<std::size_t>(exits.back().logits)].shape.channels;
  }
};

}  // namespace offramp::net
