#include "quant/fold.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>

#include "base/error.h"

namespace offramp::quant {
namespace {

using net::Conv;
using net::Network;
using net::Node;

/// A node of the result with the activation at its end, which becomes a node of its own when all is done.
struct Item {
  Node node;
  bool active = false;
  net::Relu relu;
  std::string relu_name;
  int readers = 0;  // nodes and exits that read it
};

Conv depthwise(int channels, net::Window window, std::vector<float> weights, std::vector<float> bias) {
  return {.window = window,
          .groups = channels,
          .out_channels = channels,
          .weights = std::move(weights),
          .bias = std::move(bias)};
}

class Folder {
 public:
  explicit Folder(const Network& network)
      : in_(network), item_of_(network.nodes.size(), -1), affine_(network.nodes.size()) {}

  Network run() {
    count_readers();
    for (std::size_t i = 0; i < in_.nodes.size(); ++i) {
      if (needed_[i]) fold_node(static_cast<int>(i));
    }
    for (const net::Exit& exit : in_.exits) end_exit(exit);
    return emit();
  }

 private:
  /// y = x * scale + shift per element of a flattened map, waiting for the Dense layers that read it.
  struct Affine {
    std::vector<float> scale, shift;
  };

  [[noreturn]] void refuse(const Node& node, const std::string& what) const {
    throw Error(fmt::format("network '{}': node '{}': {}", in_.name, node.name, what));
  }

  const Node& original(int i) const { return in_.nodes[static_cast<std::size_t>(i)]; }
  Item& item(int i) { return items_[static_cast<std::size_t>(i)]; }
  /// The item that stands for an original node's value.
  int& item_of(int i) { return item_of_[static_cast<std::size_t>(i)]; }
  int input_item(const Node& node, std::size_t k = 0) { return item_of(node.inputs[k]); }
  /// Past the Flattens.
  int resolve(int i) const {
    while (std::holds_alternative<net::Flatten>(original(i).layer)) i = original(i).inputs[0];
    return i;
  }

  void count_readers() {
    needed_.assign(in_.nodes.size(), false);
    readers_.assign(in_.nodes.size(), 0);
    for (const net::Exit& exit : in_.exits) {
      needed_[static_cast<std::size_t>(exit.logits)] = true;
      ++readers_[static_cast<std::size_t>(resolve(exit.logits))];
    }
    for (std::size_t i = in_.nodes.size(); i-- > 0;) {
      if (!needed_[i]) continue;
      for (const int k : in_.nodes[i].inputs) {
        needed_[static_cast<std::size_t>(k)] = true;
        if (!std::holds_alternative<net::Flatten>(in_.nodes[i].layer))
          ++readers_[static_cast<std::size_t>(resolve(k))];
      }
    }
  }

  void push(int i, net::Layer layer, std::vector<int> inputs, net::Shape shape) {
    Item made;
    made.node = {
        .name = original(i).name, .layer = std::move(layer), .inputs = std::move(inputs), .shape = shape};
    made.readers = readers_[static_cast<std::size_t>(i)];
    items_.push_back(std::move(made));
    item_of(i) = static_cast<int>(items_.size()) - 1;
  }

  /// The original node i is one with the item of its input from now on.
  void merge_into(int i, int target) {
    item_of(i) = target;
    item(target).readers += readers_[static_cast<std::size_t>(i)] - 1;
  }

  void fold_node(int i) {
    const Node& node = original(i);
    std::visit([&](const auto& layer) { fold_layer(i, node, layer); }, node.layer);
  }

  void fold_layer(int i, const Node& node, const net::Input& layer) { push(i, layer, {}, node.shape); }
  void fold_layer(int i, const Node& node, const Conv& layer) {
    push(i, layer, {input_item(node)}, node.shape);
  }
  void fold_layer(int i, const Node& node, const net::MaxPool& layer) {
    push(i, layer, {input_item(node)}, node.shape);
  }
  void fold_layer(int i, const Node& node, const net::Flatten&) { item_of(i) = input_item(node); }

  void fold_layer(int i, const Node& node, const net::Dense& layer) {
    const int source = input_item(node);
    const net::Shape map = item(source).node.shape;
    Conv conv{.window = {},
              .groups = 1,
              .out_channels = layer.out_features,
              .weights = layer.weights,
              .bias = layer.bias};
    conv.window.kernel_h = map.height;
    conv.window.kernel_w = map.width;
    if (const auto& affine = affine_[static_cast<std::size_t>(resolve(node.inputs[0]))]) {
      const std::size_t terms = affine->scale.size();
      for (std::size_t n = 0; n < conv.bias.size(); ++n) {
        double shift = 0;
        for (std::size_t k = 0; k < terms; ++k) {
          shift += static_cast<double>(conv.weights[n * terms + k]) * static_cast<double>(affine->shift[k]);
          conv.weights[n * terms + k] *= affine->scale[k];
        }
        conv.bias[n] += static_cast<float>(shift);
      }
    }
    push(i, std::move(conv), {source}, node.shape);
  }

  void fold_layer(int i, const Node& node, const net::AveragePool& layer) {
    const net::Window& w = layer.window;
    if (!layer.count_include_pad && (w.pad_top | w.pad_left | w.pad_bottom | w.pad_right) != 0) {
      refuse(node,
             "average pooling with padding that is not counted divides by a different number at each border; "
             "export it with count_include_pad=1 or without padding");
    }
    const int source = input_item(node);
    const int channels = item(source).node.shape.channels;
    const int pixels = w.kernel_h * w.kernel_w;
    const std::vector<float> weights(static_cast<std::size_t>(channels) * static_cast<std::size_t>(pixels),
                                     1.0F / static_cast<float>(pixels));
    push(i, depthwise(channels, w, weights, std::vector<float>(static_cast<std::size_t>(channels), 0.0F)),
         {source}, node.shape);
  }

  void fold_layer(int i, const Node& node, const net::Add&) {
    const int a = input_item(node, 0);
    const int b = input_item(node, 1);
    if (item(a).node.shape != item(b).node.shape) {
      refuse(node,
             "an Add of two differently shaped maps is not supported; add them before they are flattened");
    }
    push(i, net::Add{}, {a, b}, item(a).node.shape);
  }

  void fold_layer(int i, const Node& node, const net::BatchNorm& layer) {
    const int source = input_item(node);
    const net::Shape map = item(source).node.shape;
    net::BatchNorm per_channel = layer;
    if (static_cast<std::int64_t>(layer.scale.size()) != map.channels &&
        !reduce_to_channels(per_channel, map)) {
      wait_for_dense(i, node, layer, source);
      return;
    }
    auto* conv = std::get_if<Conv>(&item(source).node.layer);
    if (conv != nullptr && !item(source).active && item(source).readers == 1) {
      const std::size_t terms = conv->weights.size() / conv->bias.size();
      for (std::size_t n = 0; n < conv->bias.size(); ++n) {
        for (std::size_t k = 0; k < terms; ++k) conv->weights[n * terms + k] *= per_channel.scale[n];
        conv->bias[n] = conv->bias[n] * per_channel.scale[n] + per_channel.shift[n];
      }
      merge_into(i, source);
      return;
    }
    push(i, depthwise(map.channels, {}, per_channel.scale, per_channel.shift), {source}, map);
  }

  /// True where a flattened map's steps are the same for all pixels of a channel; they are one a channel
  /// then.
  static bool reduce_to_channels(net::BatchNorm& norm, net::Shape map) {
    const auto pixels = static_cast<std::size_t>(map.height) * static_cast<std::size_t>(map.width);
    net::BatchNorm reduced;
    for (std::size_t k = 0; k < norm.scale.size(); ++k) {
      const std::size_t first = k / pixels * pixels;
      if (norm.scale[k] != norm.scale[first] || norm.shift[k] != norm.shift[first]) return false;
      if (k == first) {
        reduced.scale.push_back(norm.scale[k]);
        reduced.shift.push_back(norm.shift[k]);
      }
    }
    norm = std::move(reduced);
    return true;
  }

  void wait_for_dense(int i, const Node& node, const net::BatchNorm& layer, int source) {
    for (const Node& reader : in_.nodes) {
      const bool reads =
          std::any_of(reader.inputs.begin(), reader.inputs.end(), [&](int k) { return resolve(k) == i; });
      if (reads && !std::holds_alternative<net::Dense>(reader.layer) &&
          !std::holds_alternative<net::Flatten>(reader.layer)) {
        refuse(node,
               fmt::format("a batch normalization of a flattened map can only be read by Gemm or MatMul, but "
                           "'{}' reads it; put it before the Flatten",
                           reader.name));
      }
    }
    for (const net::Exit& exit : in_.exits) {
      if (resolve(exit.logits) == i)
        refuse(node, "a batch normalization of a flattened map cannot be an exit's end");
    }
    affine_[static_cast<std::size_t>(i)] = Affine{layer.scale, layer.shift};
    merge_into(i, source);
  }

  void fold_layer(int i, const Node& node, const net::Relu& layer) {
    const int source = input_item(node);
    if (affine_[static_cast<std::size_t>(resolve(node.inputs[0]))])
      refuse(node, "it reads a batch normalization of a flattened map");
    // A pool passes the activation on to what it pools, as long as nothing else sees the difference.
    int target = source;
    while (std::holds_alternative<net::MaxPool>(item(target).node.layer) && item(target).readers == 1) {
      target = item(target).node.inputs[0];
    }
    Item& end = item(target);
    const bool is_input = std::holds_alternative<net::Input>(end.node.layer);
    const bool within =
        is_input ? !layer.limit || *layer.limit >= 255.0 / in_.input_scale
                 : end.active && (!layer.limit || (end.relu.limit && *end.relu.limit <= *layer.limit));
    if (within) {  // it changes nothing
      merge_into(i, source);
      return;
    }
    const bool can_end =
        std::holds_alternative<Conv>(end.node.layer) || std::holds_alternative<net::Add>(end.node.layer);
    if (can_end && end.readers == 1) {
      if (!end.active) end.relu_name = node.name;
      end.active = true;
      end.relu.limit = layer.limit ? layer.limit : end.relu.limit;  // the tighter, see `within`
      merge_into(i, source);
      return;
    }
    const net::Shape map = item(source).node.shape;
    const auto channels = static_cast<std::size_t>(map.channels);
    push(i,
         depthwise(map.channels, {}, std::vector<float>(channels, 1.0F), std::vector<float>(channels, 0.0F)),
         {source}, map);
    Item& made = items_.back();
    made.active = true;
    made.relu = layer;
    made.relu_name = node.name + "_max";
  }

  /// Gives the exit a Conv of its own to end in: the logits of all exits share a scale that no other layer
  /// wants.
  void end_exit(const net::Exit& exit) {
    const int logits = item_of(exit.logits);
    const net::Shape shape = item(logits).node.shape;
    if (shape.height != 1 || shape.width != 1) {
      refuse(original(exit.logits),
             fmt::format("exit '{}' ends in a {}x{}x{} map; end it in a Gemm, or pool it to 1x1", exit.name,
                         shape.channels, shape.height, shape.width));
    }
    if (std::holds_alternative<Conv>(item(logits).node.layer) && item(logits).readers == 1) {
      ends_.push_back(logits);
      return;
    }
    const auto channels = static_cast<std::size_t>(shape.channels);
    Item made;
    made.node = {.name = exit.name + "_logits",
                 .layer = depthwise(shape.channels, {}, std::vector<float>(channels, 1.0F),
                                    std::vector<float>(channels, 0.0F)),
                 .inputs = {logits},
                 .shape = shape};
    made.readers = 1;
    items_.push_back(std::move(made));
    ends_.push_back(static_cast<int>(items_.size()) - 1);
  }

  /// Items in execution order: the backbone, with each branch behind the last backbone item that it reads.
  std::vector<int> execution_order() {
    const std::size_t count = items_.size();
    const int last = static_cast<int>(ends_.size()) - 1;
    constexpr int kNobody = -2;
    constexpr int kBackbone = -1;
    std::vector<int> owner(count, kNobody);
    for (int e = 0; e <= last; ++e) {
      std::vector<int> open{ends_[static_cast<std::size_t>(e)]};
      std::set<int> seen;
      while (!open.empty()) {
        const int i = open.back();
        open.pop_back();
        if (!seen.insert(i).second) continue;
        int& o = owner[static_cast<std::size_t>(i)];
        o = e == last || o != kNobody ? kBackbone : e;
        open.insert(open.end(), item(i).node.inputs.begin(), item(i).node.inputs.end());
      }
    }
    owner[0] = kBackbone;

    std::vector<std::vector<int>> branches(count);  // by the item they follow: exits
    int tap_before = 0;
    for (int e = 0; e < last; ++e) {
      int tap = 0;
      for (std::size_t i = 0; i < count; ++i) {
        if (owner[i] != e) continue;
        for (const int k : items_[i].node.inputs) {
          if (owner[static_cast<std::size_t>(k)] == kBackbone) tap = std::max(tap, k);
        }
      }
      if (tap < tap_before) {
        throw Error(fmt::format(
            "network '{}': exit '{}' is listed after exit '{}' but leaves the backbone before it, at '{}'; "
            "list the outputs in the order in which a sample meets them",
            in_.name, in_.exits[static_cast<std::size_t>(e)].name,
            in_.exits[static_cast<std::size_t>(e) - 1].name, item(tap).node.name));
      }
      tap_before = tap;
      branches[static_cast<std::size_t>(tap)].push_back(e);
    }

    std::vector<int> order;
    for (std::size_t i = 0; i < count; ++i) {
      if (owner[i] != kBackbone) continue;
      order.push_back(static_cast<int>(i));
      for (const int e : branches[i]) {
        for (std::size_t k = 0; k < count; ++k) {
          if (owner[k] == e) order.push_back(static_cast<int>(k));
        }
      }
    }
    return order;
  }

  Network emit() {
    Network out;
    out.name = in_.name;
    out.input_scale = in_.input_scale;
    std::vector<int> node_of(items_.size(), -1);
    for (const int i : execution_order()) {
      Item& from = item(i);
      for (int& k : from.node.inputs) k = node_of[static_cast<std::size_t>(k)];
      const net::Shape shape = from.node.shape;
      out.nodes.push_back(std::move(from.node));
      if (from.active) {
        const int target = static_cast<int>(out.nodes.size()) - 1;
        out.nodes.push_back({.name = from.relu_name, .layer = from.relu, .inputs = {target}, .shape = shape});
      }
      node_of[static_cast<std::size_t>(i)] = static_cast<int>(out.nodes.size()) - 1;
    }
    for (std::size_t e = 0; e < in_.exits.size(); ++e) {
      out.exits.push_back(in_.exits[e]);
      out.exits.back().logits = node_of[static_cast<std::size_t>(ends_[e])];
    }
    return out;
  }

  const Network& in_;
  std::vector<bool> needed_;
  std::vector<int> readers_;
  std::vector<Item> items_;
  std::vector<int> item_of_;
  std::vector<std::optional<Affine>> affine_;
  std::vector<int> ends_;  // by exit: item
};

}  // namespace

Network fold(const Network& network) {
  return Folder(network).run();
}

}  // namespace offramp::quant
