#pragma once
// A network while it is being imported: nodes in the model's order, with what later passes need to know of
// them.
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "net/network.h"

namespace offramp::net {

struct DraftNode {
  Node node;
  bool vector = false;             // rank 2 in ONNX: (batch, features); else rank 4
  bool non_negative = false;       // no value is below 0, so that zero padding cannot win a maximum
  bool affine = false;             // a BatchNorm that stands for arithmetic with a constant
  std::vector<double> scale = {};  // of such a one, before rounding to float32
  std::vector<double> shift = {};
  bool constant_add = false;  // of these: scale 1, a bias that may belong to the layer before
  std::string op;             // ONNX op type, for messages
};

struct Draft {
  std::string name;
  std::vector<DraftNode> nodes;
  std::vector<Exit> exits;
  bool exits_are_ordered = false;     // by nested If; otherwise by where they leave the backbone
  std::optional<double> input_scale;  // the metadata property
};

/// Removes nodes that no exit needs (the input stays).
void drop_unused(Draft& draft);

/// Adds Add-by-constant nodes to the bias of the Conv or Dense that they alone read.
/// What they were is left unused.
void merge_biases(Draft& draft);

/// Moves the arithmetic that directly follows the input into the returned Network::input_scale and the layers
/// after it. Throws Refused naming the node where that is not exact.
[[nodiscard]] double fold_normalization(Draft& draft);

/// Finds backbone and branches, orders exits and nodes. Throws Refused naming the exit
/// where an exit does not come off the backbone.
[[nodiscard]] Network arrange(Draft draft, double input_scale);

}  // namespace offramp::net
