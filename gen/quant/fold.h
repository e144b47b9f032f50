#pragma once
// The float network in the shape that integer hardware has: sums of products with an activation, additions
// and max pools, nothing else.
#include "net/network.h"

namespace offramp::quant {

/// The same function from fewer kinds of layers: Input, Conv, Add, MaxPool and Relu, where a Relu is the only
/// reader of the Conv or Add before it. What happens to the others:
///   Dense         a Conv whose kernel is the whole map (its weights are already in that order)
///   Flatten       nothing: a map in ONNX order is the vector
///   BatchNorm     into the Conv before it, or into the Dense layers after a Flatten, else a depthwise 1x1
///   Conv AveragePool   a depthwise Conv with equal weights Relu          moved before a MaxPool (equal: the
///   maximum is monotone); alone: a depthwise 1x1 Conv with weight 1
/// Every exit ends in a Conv of its own. Nodes no exit needs are dropped; each exit's branch comes directly
/// after the node that it taps. Throws offramp::Error naming the node for what cannot be said this way.
[[nodiscard]] net::Network fold(const net::Network& network);

}  // namespace offramp::quant
