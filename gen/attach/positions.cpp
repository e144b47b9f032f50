#include "attach/positions.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "base/error.h"
#include "base/text.h"
#include "net/shapes.h"

namespace offramp::attach {
namespace {

using net::Network;
using net::Node;

std::size_t index(int i) {
  return static_cast<std::size_t>(i);
}

bool has_weights(const net::Layer& layer) {
  return std::holds_alternative<net::Conv>(layer) || std::holds_alternative<net::Dense>(layer);
}
/// Layers that belong to the one before them.
bool continues(const net::Layer& layer) {
  return std::holds_alternative<net::Relu>(layer) || std::holds_alternative<net::BatchNorm>(layer) ||
         std::holds_alternative<net::MaxPool>(layer);
}
bool begins(const net::Layer& layer) {
  return has_weights(layer) || std::holds_alternative<net::Add>(layer);
}

std::vector<std::vector<int>> readers_of(const Network& network) {
  std::vector<std::vector<int>> readers(network.nodes.size());
  for (std::size_t i = 0; i < network.nodes.size(); ++i) {
    for (const int input : network.nodes[i].inputs) readers[index(input)].push_back(static_cast<int>(i));
  }
  return readers;
}

/// Whether all that is computed after node `at` reads nothing before it but `at` itself.
bool all_paths_meet(const Network& network, int at) {
  for (std::size_t i = index(at) + 1; i < network.nodes.size(); ++i) {
    for (const int input : network.nodes[i].inputs) {
      if (input < at) return false;
    }
  }
  return true;
}

std::string names_of(const std::vector<Position>& positions) {
  std::string text;
  for (const Position& p : positions) text += (text.empty() ? "" : ", ") + p.name;
  return text.empty() ? "none" : text;
}

}  // namespace

std::int64_t parameters_of(const Node& node) {
  if (const auto* conv = std::get_if<net::Conv>(&node.layer)) {
    return static_cast<std::int64_t>(conv->weights.size() + conv->bias.size());
  }
  if (const auto* dense = std::get_if<net::Dense>(&node.layer)) {
    return static_cast<std::int64_t>(dense->weights.size() + dense->bias.size());
  }
  if (const auto* norm = std::get_if<net::BatchNorm>(&node.layer)) {
    return static_cast<std::int64_t>(norm->scale.size() + norm->shift.size());
  }
  return 0;
}

Network without_exits(const Network& network) {
  std::vector<bool> needed(network.nodes.size(), false);
  needed[0] = true;
  needed[index(network.exits.back().logits)] = true;
  for (std::size_t i = network.nodes.size(); i-- > 0;) {
    if (!needed[i]) continue;
    for (const int input : network.nodes[i].inputs) needed[index(input)] = true;
  }
  Network result{.name = network.name, .nodes = {}, .exits = {network.exits.back()}};
  result.input_scale = network.input_scale;
  std::vector<int> moved(network.nodes.size(), -1);
  for (std::size_t i = 0; i < network.nodes.size(); ++i) {
    if (!needed[i]) continue;
    moved[i] = static_cast<int>(result.nodes.size());
    result.nodes.push_back(network.nodes[i]);
    for (int& input : result.nodes.back().inputs) input = moved[index(input)];
  }
  result.exits.back().logits = moved[index(network.exits.back().logits)];
  return result;
}

std::vector<Position> positions_of(const Network& backbone) {
  const auto readers = readers_of(backbone);
  int last_weights = 0;
  for (std::size_t i = 0; i < backbone.nodes.size(); ++i) {
    if (has_weights(backbone.nodes[i].layer)) last_weights = static_cast<int>(i);
  }
  std::vector<Position> positions;
  for (std::size_t i = 1; i < backbone.nodes.size(); ++i) {
    if (!begins(backbone.nodes[i].layer)) continue;
    Position p{.node = static_cast<int>(i), .name = backbone.nodes[i].name, .layers = {}, .shape = {}};
    p.layers.push_back(p.name);
    while (readers[index(p.node)].size() == 1) {
      const int next = readers[index(p.node)].front();
      if (!continues(backbone.nodes[index(next)].layer)) break;
      p.node = next;
      p.layers.push_back(backbone.nodes[index(next)].name);
    }
    // What an Add takes up at once is not an end; the Add is.
    const auto& after = readers[index(p.node)];
    const bool is_operand =
        after.size() == 1 && std::holds_alternative<net::Add>(backbone.nodes[index(after.front())].layer);
    if (is_operand || p.node >= last_weights) continue;
    p.shape = backbone.nodes[index(p.node)].shape;
    p.through = all_paths_meet(backbone, p.node);
    bool classifier_alone = true;  // nothing but the last weights follows
    for (std::size_t k = index(p.node) + 1; k < index(last_weights); ++k) {
      classifier_alone = classifier_alone && !has_weights(backbone.nodes[k].layer);
    }
    if (classifier_alone) continue;
    for (int k = 0; k <= p.node; ++k) {
      p.parameters += parameters_of(backbone.nodes[index(k)]);
      p.macs += net::macs(backbone, backbone.nodes[index(k)]);
    }
    positions.push_back(std::move(p));
  }
  std::sort(positions.begin(), positions.end(),
            [](const Position& a, const Position& b) { return a.node < b.node; });
  return positions;
}

std::vector<Position> positions_at(const Network& backbone, const std::vector<std::string>& names) {
  const std::vector<Position> all = positions_of(backbone);
  std::vector<std::string> taken_by(all.size());
  for (const std::string& name : names) {
    const auto found = std::find_if(all.begin(), all.end(), [&](const Position& p) {
      return std::find(p.layers.begin(), p.layers.end(), name) != p.layers.end();
    });
    if (found == all.end()) {
      const bool exists = std::any_of(backbone.nodes.begin(), backbone.nodes.end(),
                                      [&](const Node& node) { return node.name == name; });
      throw Error(fmt::format(
          "--at {}: network {} has no {}; the candidates are {}", in_quotes(name), in_quotes(backbone.name),
          exists ? "position for an exit at this layer" : "layer of this name", names_of(all)));
    }
    std::string& before = taken_by[static_cast<std::size_t>(found - all.begin())];
    if (!before.empty()) {
      throw Error(fmt::format("--at {} and {} are the same place, after {}; name each place once",
                              in_quotes(before), in_quotes(name),
                              in_quotes(backbone.nodes[index(found->node)].name)));
    }
    before = name;
  }
  std::vector<Position> chosen;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (!taken_by[i].empty()) chosen.push_back(all[i]);
  }
  return chosen;
}

std::vector<Position> positions_spread(const Network& backbone, std::size_t count) {
  std::vector<Position> all = positions_of(backbone);
  std::erase_if(all, [](const Position& p) { return !p.through; });
  if (count > all.size()) {
    throw Error(
        fmt::format("--exits {}: network {} has {} places for an early exit: {}; ask for at most so many",
                    count, in_quotes(backbone.name), all.size(), names_of(all)));
  }
  std::int64_t macs = 0;
  for (const Node& node : backbone.nodes) macs += net::macs(backbone, node);
  std::vector<Position> chosen;
  std::size_t first = 0;
  for (std::size_t e = 0; e < count; ++e) {
    // The nearest to its share of the work among those that leave enough for the exits to come.
    const double want =
        static_cast<double>(macs) * static_cast<double>(e + 1) / static_cast<double>(count + 1);
    std::size_t best = first;
    for (std::size_t i = first; i + (count - e) <= all.size(); ++i) {
      if (std::abs(static_cast<double>(all[i].macs) - want) <
          std::abs(static_cast<double>(all[best].macs) - want)) {
        best = i;
      }
    }
    chosen.push_back(all[best]);
    first = best + 1;
  }
  return chosen;
}

}  // namespace offramp::attach
