#pragma once
#include <string>

#include "quant/qnetwork.h"

namespace offramp::quant {

/// The network as bytes of an ONNX model (opset 13) in QDQ form that any ONNX runtime can run: one float
/// input (pixel / 255 as in the trained model), one output of float logits an exit. Weights up to 8 bits are
/// int8 with DequantizeLinear per output channel, wider ones float on their grid; every activation passes
/// QuantizeLinear and DequantizeLinear at its scale, behind a Clip to its range; wider ones than 8 bits pass
/// Round and Clip instead, for want of a type. Logits are left unrounded. What differs from the integers is
/// the runtime's float rounding: half to even instead of up. The metadata says what was written how.
[[nodiscard]] std::string export_qdq(const QNetwork& network);

}  // namespace offramp::quant
