#pragma once
// ONNX models written as plain data, without protobuf in sight: fill the structs, call serialize(). The
// exports and the tests make their models so.
//
//   OnnxModel model;
//   model.graph.name = "tiny";
//   model.graph.inputs = {{"x", OnnxType::float32, {"N", 1, 8, 8}}};
//   model.graph.tensors.push_back(onnx_tensor("w", {4, 1, 3, 3}, weights));
//   model.graph.nodes.push_back({.op = "Conv", .inputs = {"x", "w"}, .outputs = {"y"}, .name = "conv",
//                                .attributes = {{"pads", {1, 1, 1, 1}}}});
//   model.graph.outputs = {{"y", OnnxType::float32, {"N", 4, 8, 8}}};
//   write_file("tiny.onnx", serialize(model));
#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace offramp::net {

/// Element types, with the numbers of TensorProto.DataType.
enum class OnnxType {
  float32 = 1,
  uint8 = 2,
  int8 = 3,
  int32 = 6,
  int64 = 7,
  boolean = 9,
  float16 = 10,
  float64 = 11,
  bfloat16 = 16,
};

/// A tensor with its data: an initializer, or a Constant's value.
struct OnnxTensor {
  /// Where the data lies: in raw_data (as exporters do), in the typed field (float_data, int32_data,
  /// int64_data, double_data), or in a file beside the model.
  enum class Storage { raw, fields, external };

  std::string name = {};
  OnnxType type = OnnxType::float32;
  std::vector<std::int64_t> dims = {};
  std::string bytes = {};  // elements, little endian, in row-major order
  Storage storage = Storage::raw;
  std::vector<std::pair<std::string, std::string>> external = {};  // location, offset, length
};

namespace detail {
[[nodiscard]] OnnxTensor onnx_tensor_bytes(std::string name, OnnxType type, std::vector<std::int64_t> dims,
                                           const void* data, std::size_t bytes);
template <typename T>
constexpr OnnxType onnx_type_of() {
  if constexpr (std::same_as<T, float>) return OnnxType::float32;
  if constexpr (std::same_as<T, double>) return OnnxType::float64;
  if constexpr (std::same_as<T, std::uint8_t>) return OnnxType::uint8;
  if constexpr (std::same_as<T, std::int8_t>) return OnnxType::int8;
  if constexpr (std::same_as<T, std::int32_t>) return OnnxType::int32;
  if constexpr (std::same_as<T, std::int64_t>) return OnnxType::int64;
}
}  // namespace detail

template <typename T>
concept OnnxElement = std::same_as<T, float> || std::same_as<T, double> || std::same_as<T, std::uint8_t> ||
    std::same_as<T, std::int8_t> || std::same_as<T, std::int32_t> || std::same_as<T, std::int64_t>;

/// A tensor of `values`; dims {} is a scalar. That dims and values agree is not checked (tests write what is
/// wrong on purpose).
template <OnnxElement T>
[[nodiscard]] OnnxTensor onnx_tensor(std::string name, std::vector<std::int64_t> dims,
                                     const std::vector<T>& values) {
  return detail::onnx_tensor_bytes(std::move(name), detail::onnx_type_of<T>(), std::move(dims), values.data(),
                                   values.size() * sizeof(T));
}

/// A scalar tensor.
template <OnnxElement T>
[[nodiscard]] OnnxTensor onnx_scalar(std::string name, T value) {
  return onnx_tensor(std::move(name), {}, std::vector<T>{value});
}

struct OnnxGraph;

/// A node's attribute: integer, float, string, list of either, tensor or subgraph.
struct OnnxAttribute {
  using Value = std::variant<std::int64_t, float, std::string, std::vector<std::int64_t>, std::vector<float>,
                             OnnxTensor, std::shared_ptr<const OnnxGraph>>;
  std::string name;
  Value value;

  template <std::integral T>
  OnnxAttribute(std::string n, T v) : name(std::move(n)), value(static_cast<std::int64_t>(v)) {}
  OnnxAttribute(std::string n, float v) : name(std::move(n)), value(v) {}
  OnnxAttribute(std::string n, const char* v) : name(std::move(n)), value(std::string(v)) {}
  OnnxAttribute(std::string n, std::string v) : name(std::move(n)), value(std::move(v)) {}
  OnnxAttribute(std::string n, std::initializer_list<std::int64_t> v)
      : name(std::move(n)), value(std::vector<std::int64_t>(v)) {}
  OnnxAttribute(std::string n, std::vector<std::int64_t> v) : name(std::move(n)), value(std::move(v)) {}
  OnnxAttribute(std::string n, std::vector<float> v) : name(std::move(n)), value(std::move(v)) {}
  OnnxAttribute(std::string n, OnnxTensor v) : name(std::move(n)), value(std::move(v)) {}
  OnnxAttribute(std::string n, OnnxGraph v);
};

struct OnnxNode {
  std::string op = {};
  std::vector<std::string> inputs = {};
  std::vector<std::string> outputs = {};
  std::string name = {};
  std::vector<OnnxAttribute> attributes = {};
  std::string domain = {};  // empty: ONNX's own
};

/// One dimension: a number, or a name where it is symbolic.
struct OnnxDim {
  std::variant<std::int64_t, std::string> value;
  template <std::integral T>
  OnnxDim(T v) : value(static_cast<std::int64_t>(v)) {}
  OnnxDim(const char* v) : value(std::string(v)) {}
};

/// A graph's input or output: name, element type and shape.
struct OnnxValue {
  std::string name = {};
  OnnxType type = OnnxType::float32;
  std::vector<OnnxDim> dims = {};
};

struct OnnxGraph {
  std::string name = {};
  std::vector<OnnxNode> nodes = {};  // in topological order, as ONNX demands
  std::vector<OnnxTensor> tensors = {};
  std::vector<OnnxValue> inputs = {};
  std::vector<OnnxValue> outputs = {};
};

struct OnnxModel {
  OnnxGraph graph;
  std::vector<std::pair<std::string, std::int64_t>> opsets = {{"", 13}};  // domain, version
  std::vector<std::pair<std::string, std::string>> metadata = {};
};

/// The model as bytes of an .onnx file; the same model gives the same bytes.
[[nodiscard]] std::string serialize(const OnnxModel& model);

}  // namespace offramp::net
