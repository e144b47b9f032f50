#include "quant/qnetwork.h"

#include <algorithm>
#include <stdexcept>
#include <string>

namespace offramp::quant {
namespace {

/// Layer that makes each tensor, -1 for the input.
std::vector<int> producers(const QNetwork& network) {
  std::vector<int> producer(network.tensors.size(), -1);
  for (std::size_t i = 0; i < network.layers.size(); ++i) {
    producer[static_cast<std::size_t>(network.layers[i].output)] = static_cast<int>(i);
  }
  return producer;
}

/// For each layer, whether exit `e` depends on it.
std::vector<bool> needed_by(const QNetwork& network, int e) {
  const std::vector<int> producer = producers(network);
  std::vector<bool> needed(network.layers.size(), false);
  std::vector<int> open{network.exits[static_cast<std::size_t>(e)].logits};
  while (!open.empty()) {
    const int layer = producer[static_cast<std::size_t>(open.back())];
    open.pop_back();
    if (layer < 0 || needed[static_cast<std::size_t>(layer)]) continue;
    needed[static_cast<std::size_t>(layer)] = true;
    const auto& inputs = network.layers[static_cast<std::size_t>(layer)].inputs;
    open.insert(open.end(), inputs.begin(), inputs.end());
  }
  return needed;
}

}  // namespace

std::int64_t macs(const QNetwork& network, const QLayer& layer) {
  const std::int64_t outputs = network.tensors[static_cast<std::size_t>(layer.output)].shape.elements();
  if (const auto* conv = std::get_if<QConv>(&layer.op)) {
    const int channels = network.tensors[static_cast<std::size_t>(layer.inputs[0])].shape.channels;
    return outputs * (channels / conv->groups) * conv->window.kernel_h * conv->window.kernel_w;
  }
  return 0;  // an addition or a pool is no multiply-accumulate of the network
}

std::vector<int> layers_for_exit(const QNetwork& network, int e) {
  const std::vector<bool> needed = needed_by(network, e);
  std::vector<int> layers;
  for (std::size_t i = 0; i < needed.size(); ++i) {
    if (needed[i]) layers.push_back(static_cast<int>(i));
  }
  return layers;
}

int branch_of(const QNetwork& network, int layer) {
  int branch = -1;
  const int last = static_cast<int>(network.exits.size()) - 1;
  for (int e = 0; e <= last; ++e) {
    if (!needed_by(network, e)[static_cast<std::size_t>(layer)]) continue;
    if (e == last || branch >= 0) return -1;
    branch = e;
  }
  return branch;
}

bool has_skip_rules(const QNetwork& network) {
  return std::any_of(network.exits.begin(), network.exits.end(),
                     [](const QExit& e) { return e.skip.skips_any(); });
}

int tap_of(const QNetwork& network, int e) {
  const std::vector<int> producer = producers(network);
  for (std::size_t i = 0; i < network.layers.size(); ++i) {
    if (branch_of(network, static_cast<int>(i)) != e) continue;
    for (const int tensor : network.layers[i].inputs) {
      const int layer = producer[static_cast<std::size_t>(tensor)];
      if (layer < 0 || branch_of(network, layer) != e) return tensor;
    }
  }
  throw std::logic_error("tap_of: exit " + std::to_string(e) + " has no branch");
}

}  // namespace offramp::quant
