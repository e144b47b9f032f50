#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <unordered_set>

#include "base/text.h"
#include "net/draft.h"
#include "net/refused.h"
#include "net/shapes.h"

namespace offramp::net {
namespace {

using NodeSet = std::vector<bool>;

const DraftNode& node_at(const Draft& draft, int i) {
  return draft.nodes[static_cast<std::size_t>(i)];
}

/// Everything that `node` needs, itself included. Nodes are in topological order, so one sweep back finds it.
NodeSet ancestors(const Draft& draft, int node) {
  NodeSet result(draft.nodes.size(), false);
  result[static_cast<std::size_t>(node)] = true;
  for (std::size_t i = static_cast<std::size_t>(node) + 1; i-- > 0;) {
    if (!result[i]) continue;
    for (const int input : draft.nodes[i].node.inputs) result[static_cast<std::size_t>(input)] = true;
  }
  return result;
}

/// The exit whose logits are the most layers away from the input; of equals, the one written last.
std::size_t find_last_exit(const Draft& draft) {
  std::vector<int> depth(draft.nodes.size(), 0);
  for (std::size_t i = 0; i < draft.nodes.size(); ++i) {
    for (const int input : draft.nodes[i].node.inputs) {
      depth[i] = std::max(depth[i], depth[static_cast<std::size_t>(input)] + 1);
    }
  }
  std::size_t last = 0;
  for (std::size_t e = 0; e < draft.exits.size(); ++e) {
    if (depth[static_cast<std::size_t>(draft.exits[e].logits)] >=
        depth[static_cast<std::size_t>(draft.exits[last].logits)]) {
      last = e;
    }
  }
  return last;
}

/// A side classifier: its nodes outside the backbone and the one backbone node that they read.
struct Branch {
  Exit exit;
  int tap = 0;
  std::vector<int> nodes = {};
};

Branch find_branch(const Draft& draft, const Exit& exit, const NodeSet& backbone, const std::string& last) {
  const std::string what = "exit " + in_quotes(exit.name);
  if (backbone[static_cast<std::size_t>(exit.logits)]) {
    throw Refused(
        fmt::format("{} has no branch of its own: its logits, of node {}, are a tensor on the way to the "
                    "last exit {}; give it a classifier that the backbone does not go through",
                    what, in_quotes(node_at(draft, exit.logits).node.name), in_quotes(last)));
  }
  Branch branch{.exit = exit, .tap = -1};
  const NodeSet needed = ancestors(draft, exit.logits);
  for (std::size_t i = 0; i < needed.size(); ++i) {
    if (!needed[i] || backbone[i]) continue;
    branch.nodes.push_back(static_cast<int>(i));
    for (const int input : draft.nodes[i].node.inputs) {
      if (!backbone[static_cast<std::size_t>(input)] || input == branch.tap) continue;
      if (branch.tap >= 0) {
        throw Refused(
            fmt::format("{} reads two tensors of the backbone, of nodes {} and {}; a branch may leave the "
                        "backbone at one place only",
                        what, in_quotes(node_at(draft, branch.tap).node.name),
                        in_quotes(node_at(draft, input).node.name)));
      }
      branch.tap = input;
    }
  }
  if (branch.tap == 0) {
    throw Refused(
        fmt::format("{} does not come off the backbone: it shares no layer with the last exit {}; a branch "
                    "must read the output of a backbone layer",
                    what, in_quotes(last)));
  }
  return branch;
}

void check_branches_are_separate(const Draft& draft, const std::vector<Branch>& branches) {
  std::vector<int> owner(draft.nodes.size(), -1);
  for (std::size_t b = 0; b < branches.size(); ++b) {
    for (const int node : branches[b].nodes) {
      int& before = owner[static_cast<std::size_t>(node)];
      if (before >= 0) {
        throw Refused(
            fmt::format("exit {} does not come off the backbone: it shares node {} with the branch of exit "
                        "{}; every branch must have its own layers",
                        in_quotes(branches[b].exit.name), in_quotes(node_at(draft, node).node.name),
                        in_quotes(branches[static_cast<std::size_t>(before)].exit.name)));
      }
      before = static_cast<int>(b);
    }
  }
}

void check_classes(const Draft& draft) {
  for (const Exit& exit : draft.exits) {
    const Shape& shape = node_at(draft, exit.logits).node.shape;
    if (shape.height != 1 || shape.width != 1) {
      throw Refused(
          fmt::format("exit {} has the shape {}; logits must be a vector, so pool and flatten before",
                      in_quotes(exit.name), to_string(shape)));
    }
    const Shape& first = node_at(draft, draft.exits[0].logits).node.shape;
    if (shape.channels != first.channels) {
      throw Refused(
          fmt::format("exit {} has {} classes and exit {} has {}; all exits must have the same classes",
                      in_quotes(draft.exits[0].name), first.channels, in_quotes(exit.name), shape.channels));
    }
    if (shape.channels < 2) {
      throw Refused(fmt::format("exit {} has 1 class; a classifier needs at least 2", in_quotes(exit.name)));
    }
  }
}

}  // namespace

Network arrange(Draft draft, double input_scale) {
  check_classes(draft);
  const std::size_t last = draft.exits_are_ordered ? draft.exits.size() - 1 : find_last_exit(draft);
  const Exit& last_exit = draft.exits[last];
  if (last_exit.logits == 0) {
    throw Refused(
        fmt::format("exit {} is the input itself: the network has no layer", in_quotes(last_exit.name)));
  }
  const NodeSet backbone = ancestors(draft, last_exit.logits);

  std::vector<Branch> branches;
  for (std::size_t e = 0; e < draft.exits.size(); ++e) {
    if (e != last) branches.push_back(find_branch(draft, draft.exits[e], backbone, last_exit.name));
  }
  check_branches_are_separate(draft, branches);
  const auto leaves_before = [](const Branch& a, const Branch& b) { return a.tap < b.tap; };
  if (draft.exits_are_ordered && !std::is_sorted(branches.begin(), branches.end(), leaves_before)) {
    throw Refused(
        "the nested If nodes ask the exits in another order than the one in which they leave the backbone");
  }
  std::stable_sort(branches.begin(), branches.end(), leaves_before);

  // Backbone in the model's order, each branch directly after the node it taps.
  Network network;
  network.name = draft.name;
  network.input_scale = input_scale;
  std::vector<int> index(draft.nodes.size(), -1);
  std::unordered_set<std::string> names;
  const auto emit = [&](int i) {
    Node node = std::move(draft.nodes[static_cast<std::size_t>(i)].node);  // each is emitted once
    if (!names.insert(node.name).second) {
      throw Refused(
          fmt::format("two layers have the name {}; give each node a name of its own", in_quotes(node.name)));
    }
    for (int& input : node.inputs) input = index[static_cast<std::size_t>(input)];
    index[static_cast<std::size_t>(i)] = static_cast<int>(network.nodes.size());
    network.nodes.push_back(std::move(node));
  };
  auto branch = branches.cbegin();
  for (std::size_t i = 0; i < draft.nodes.size(); ++i) {
    if (backbone[i]) emit(static_cast<int>(i));
    for (; branch != branches.cend() && branch->tap == static_cast<int>(i); ++branch) {
      for (const int node : branch->nodes) emit(node);
      network.exits.push_back(branch->exit);
    }
  }
  network.exits.push_back(last_exit);
  for (Exit& exit : network.exits) exit.logits = index[static_cast<std::size_t>(exit.logits)];
  return network;
}

}  // namespace offramp::net
