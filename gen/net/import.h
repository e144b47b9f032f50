#pragma once
#include <filesystem>
#include <string>
#include <string_view>

#include "net/network.h"

namespace offramp::net {

/// Reads an ONNX model (opset 9 to 18), float weights, exits as several outputs or as nested If. Every
/// refusal is an offramp::Error that names the file, the node with its op type, the value, and what to do.
///
/// Input scale: the model's input 1.0 stands for the pixel value 255, unless the model begins with a
/// normalization (Sub, Div, Mul or Add by constants) that divides by 2 or more or subtracts more than 1: then
/// it takes raw pixels. The metadata property "offramp.input_scale" of the model, where present, says it
/// instead. A normalization is merged into Network::input_scale and the layers that read the input.
[[nodiscard]] Network import_onnx(const std::filesystem::path& file);

/// The same from memory; `name` is the network's and stands in messages. External data is refused.
[[nodiscard]] Network import_onnx_bytes(std::string_view bytes, const std::string& name);

}  // namespace offramp::net
