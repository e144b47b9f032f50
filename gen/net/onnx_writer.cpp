#include "net/onnx_writer.h"

#include <onnx/onnx_pb.h>

#include <cstring>
#include <stdexcept>

namespace offramp::net {
namespace {

/// The elements of `tensor` one by one, as type T.
template <typename T, typename Put>
void each_element(const OnnxTensor& tensor, Put put) {
  for (std::size_t at = 0; at + sizeof(T) <= tensor.bytes.size(); at += sizeof(T)) {
    T value;
    std::memcpy(&value, tensor.bytes.data() + at, sizeof(T));
    put(value);
  }
}

void put_fields(const OnnxTensor& tensor, onnx::TensorProto& out) {
  const auto small = [&](auto v) { out.add_int32_data(v); };
  switch (tensor.type) {
    case OnnxType::float32:
      return each_element<float>(tensor, [&](float v) { out.add_float_data(v); });
    case OnnxType::float64:
      return each_element<double>(tensor, [&](double v) { out.add_double_data(v); });
    case OnnxType::int64:
      return each_element<std::int64_t>(tensor, [&](std::int64_t v) { out.add_int64_data(v); });
    case OnnxType::int32:
      return each_element<std::int32_t>(tensor, small);
    case OnnxType::int8:
      return each_element<std::int8_t>(tensor, small);
    case OnnxType::uint8:
    case OnnxType::boolean:
      return each_element<std::uint8_t>(tensor, small);
    case OnnxType::float16:
    case OnnxType::bfloat16:
      return each_element<std::uint16_t>(tensor, small);
  }
  throw std::logic_error("onnx_writer: element type");
}

void put(const OnnxTensor& tensor, onnx::TensorProto& out) {
  out.set_name(tensor.name);
  out.set_data_type(static_cast<int>(tensor.type));
  for (const std::int64_t dim : tensor.dims) out.add_dims(dim);
  switch (tensor.storage) {
    case OnnxTensor::Storage::raw:
      out.set_raw_data(tensor.bytes);
      break;
    case OnnxTensor::Storage::fields:
      put_fields(tensor, out);
      break;
    case OnnxTensor::Storage::external:
      out.set_data_location(onnx::TensorProto::EXTERNAL);
      for (const auto& [key, value] : tensor.external) {
        auto* entry = out.add_external_data();
        entry->set_key(key);
        entry->set_value(value);
      }
      break;
  }
}

void put(const OnnxValue& value, onnx::ValueInfoProto& out) {
  out.set_name(value.name);
  auto* type = out.mutable_type()->mutable_tensor_type();
  type->set_elem_type(static_cast<int>(value.type));
  auto* shape = type->mutable_shape();
  for (const OnnxDim& dim : value.dims) {
    auto* d = shape->add_dim();
    if (const auto* number = std::get_if<std::int64_t>(&dim.value)) d->set_dim_value(*number);
    if (const auto* name = std::get_if<std::string>(&dim.value)) d->set_dim_param(*name);
  }
}

void put(const OnnxGraph& graph, onnx::GraphProto& out);

/// Writes an attribute's value together with its type tag.
struct PutAttribute {
  onnx::AttributeProto& out;
  void operator()(std::int64_t v) const {
    out.set_type(onnx::AttributeProto::INT);
    out.set_i(v);
  }
  void operator()(float v) const {
    out.set_type(onnx::AttributeProto::FLOAT);
    out.set_f(v);
  }
  void operator()(const std::string& v) const {
    out.set_type(onnx::AttributeProto::STRING);
    out.set_s(v);
  }
  void operator()(const std::vector<std::int64_t>& v) const {
    out.set_type(onnx::AttributeProto::INTS);
    for (const std::int64_t element : v) out.add_ints(element);
  }
  void operator()(const std::vector<float>& v) const {
    out.set_type(onnx::AttributeProto::FLOATS);
    for (const float element : v) out.add_floats(element);
  }
  void operator()(const OnnxTensor& v) const {
    out.set_type(onnx::AttributeProto::TENSOR);
    put(v, *out.mutable_t());
  }
  void operator()(const std::shared_ptr<const OnnxGraph>& v) const {
    out.set_type(onnx::AttributeProto::GRAPH);
    put(*v, *out.mutable_g());
  }
};

void put(const OnnxNode& node, onnx::NodeProto& out) {
  out.set_op_type(node.op);
  if (!node.name.empty()) out.set_name(node.name);
  if (!node.domain.empty()) out.set_domain(node.domain);
  for (const std::string& name : node.inputs) out.add_input(name);
  for (const std::string& name : node.outputs) out.add_output(name);
  for (const OnnxAttribute& attribute : node.attributes) {
    auto* a = out.add_attribute();
    a->set_name(attribute.name);
    std::visit(PutAttribute{*a}, attribute.value);
  }
}

void put(const OnnxGraph& graph, onnx::GraphProto& out) {
  out.set_name(graph.name);
  for (const OnnxNode& node : graph.nodes) put(node, *out.add_node());
  for (const OnnxTensor& tensor : graph.tensors) put(tensor, *out.add_initializer());
  for (const OnnxValue& value : graph.inputs) put(value, *out.add_input());
  for (const OnnxValue& value : graph.outputs) put(value, *out.add_output());
}

}  // namespace

OnnxAttribute::OnnxAttribute(std::string n, OnnxGraph v)
    : name(std::move(n)), value(std::make_shared<const OnnxGraph>(std::move(v))) {}

namespace detail {

OnnxTensor onnx_tensor_bytes(std::string name, OnnxType type, std::vector<std::int64_t> dims,
                             const void* data, std::size_t bytes) {
  OnnxTensor tensor{.name = std::move(name), .type = type, .dims = std::move(dims)};
  if (bytes != 0) tensor.bytes.assign(static_cast<const char*>(data), bytes);
  return tensor;
}

}  // namespace detail

std::string serialize(const OnnxModel& model) {
  onnx::ModelProto proto;
  proto.set_ir_version(8);  // of ONNX 1.12; every opset up to 18 may be used with it
  proto.set_producer_name("offramp");
  put(model.graph, *proto.mutable_graph());
  for (const auto& [key, value] : model.metadata) {
    auto* entry = proto.add_metadata_props();
    entry->set_key(key);
    entry->set_value(value);
  }
  for (const auto& [domain, version] : model.opsets) {
    auto* opset = proto.add_opset_import();
    opset->set_domain(domain);
    opset->set_version(version);
  }
  // ONNX has no map fields, and fields are written in the order of their numbers: the bytes are
  // deterministic.
  std::string bytes;
  if (!proto.SerializeToString(&bytes)) throw std::logic_error("onnx_writer: the model exceeds 2 GiB");
  return bytes;
}

}  // namespace offramp::net
