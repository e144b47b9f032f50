#pragma once
#include <string>

#include "net/network.h"

namespace offramp::net {

/// The network as bytes of a float ONNX model (opset 13) with one graph output an exit, named like the exit.
/// Its input 1.0 stands for Network::input_scale; that, where it is not 255, and the exits' levels are
/// metadata properties ("offramp.input_scale", "offramp.level.EXIT"), so that import gives the same network
/// back.
[[nodiscard]] std::string export_onnx(const Network& network);

}  // namespace offramp::net
