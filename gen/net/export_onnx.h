#pragma once
#include <string>

#include "net/network.h"

namespace offramp::net {

/// The network as bytes of a float ONNX model (opset 13) with one graph output an exit, named like the exit.
/// Its input 1.0 stands for Network::input_scale; that, where it is not 255, and the exits' levels are
/// metadata properties ("offramp.input_scale", "offramp.level.EXIT"), so that import gives the same network
/// back.
[[nodiscard]] std::string export_onnx(const Network& network);

/// A model whose weights lie in a file beside it.
struct OnnxFiles {
  std::string model;
  std::string weights;
};

/// The same with the weights of Conv and Dense as external data in `weights_file`, a name in the model's
/// folder. Weights that are exactly int8 times one scale for each output channel, the largest being 127 (as a
/// model has them that was stored so), are written as int8 behind a DequantizeLinear and come back bit for
/// bit; others as float32.
[[nodiscard]] OnnxFiles export_onnx_external(const Network& network, const std::string& weights_file);

}  // namespace offramp::net
