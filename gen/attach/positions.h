#pragma once
// Where a branch can leave a backbone.
#include <string>
#include <vector>

#include "net/network.h"

namespace offramp::attach {

/// A place that a branch can tap: the end of a layer with the activation, normalization and pool that follow
/// it and that nobody else sees the middle of.
struct Position {
  int node = 0;      // that the branch reads
  std::string name;  // of the layer that begins here: conv1, or the Add of a residual block
  std::vector<std::string> layers = {};  // all nodes that end here; --at takes any of their names
  net::Shape shape = {};
  bool through = false;         // every path to the last exit goes through here
  std::int64_t parameters = 0;  // of the backbone up to here
  std::int64_t macs = 0;        // of the backbone up to here, for one image
};

/// The network without its early exits and their branches; the last exit's own nodes stay as they are.
[[nodiscard]] net::Network without_exits(const net::Network& network);

/// All positions of a backbone in its order; those after which no layer but the classifier has weights are
/// left out, since a branch there would be the last exit again. `through` marks those that are taken where
/// none is named.
[[nodiscard]] std::vector<Position> positions_of(const net::Network& backbone);

/// The positions that --at names (by any layer that ends there), in the backbone's order. Throws
/// offramp::Error that lists the candidates for an unknown name, and for one named twice.
[[nodiscard]] std::vector<Position> positions_at(const net::Network& backbone,
                                                 const std::vector<std::string>& names);

/// `count` of the positions that all paths go through, spread evenly over the backbone's MACs. Throws
/// offramp::Error where there are fewer.
[[nodiscard]] std::vector<Position> positions_spread(const net::Network& backbone, std::size_t count);

/// Weights and biases of a node.
[[nodiscard]] std::int64_t parameters_of(const net::Node& node);

}  // namespace offramp::attach
