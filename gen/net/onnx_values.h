#pragma once
// What a name in an ONNX graph stands for while the graph is walked: a tensor of the network, a constant, or
// one of the stations of an exit's decision.
#include <onnx/onnx_pb.h>

#include <cstddef>
#include <string>
#include <variant>
#include <vector>

#include "net/network.h"

namespace offramp::net {

/// Output of a draft node, with zero padding that the layer reading it still has to take over.
struct Activation {
  int node = 0;
  int top = 0, left = 0, bottom = 0, right = 0;
  [[nodiscard]] bool padded() const { return top != 0 || left != 0 || bottom != 0 || right != 0; }
};

/// An initializer or the value of a Constant; owned by the model, or by the importer for values in
/// attributes. What a DequantizeLinear or Cast makes of it is computed where it is read.
struct Constant {
  const onnx::TensorProto* tensor = nullptr;
  /// Of a DequantizeLinear: one number, or one for each index along `axis`.
  const onnx::TensorProto* scale = nullptr;
  const onnx::TensorProto* zero_point = nullptr;
  std::size_t axis = 0;
  bool is_cast = false;  // to float32
};

/// Softmax (or its logarithm) of the logits that `node` makes.
struct Probabilities {
  int node = 0;
  bool logarithm = false;
};

/// The largest probability of an exit.
struct Confidence {
  int node = 0;
};

/// Largest probability compared with a level.
struct Condition {
  int node = 0;
  double level = 0;
  bool true_is_confident = true;
};

/// What an If gives: its exit and those of the nested ones, last exit at the end.
struct Classified {
  std::vector<Exit> exits = {};
};

/// An output that nothing may read, such as Dropout's mask.
struct Unusable {
  std::string what = {};
};

using OnnxMeaning =
    std::variant<Activation, Constant, Probabilities, Confidence, Condition, Classified, Unusable>;

/// "an activation", "a constant", ... for messages.
[[nodiscard]] std::string describe(const OnnxMeaning& meaning);

}  // namespace offramp::net
