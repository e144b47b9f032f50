#include "net/onnx_attributes.h"

#include <fmt/format.h>

#include "base/text.h"
#include "net/refused.h"

namespace offramp::net {

using onnx::AttributeProto;

OnnxAttributes::OnnxAttributes(const onnx::NodeProto& node) : node_(node) {
  std::set<std::string> names;
  for (const AttributeProto& attribute : node.attribute()) {
    if (!names.insert(attribute.name()).second) {
      throw Refused(fmt::format("the attribute {} is given twice", in_quotes(attribute.name())));
    }
  }
}

const AttributeProto* OnnxAttributes::find(const std::string& name, AttributeProto::AttributeType type) {
  for (const AttributeProto& attribute : node_.attribute()) {
    if (attribute.name() != name) continue;
    read_.insert(name);
    // Very old exporters left the type out; the field that is set then speaks for itself.
    if (attribute.type() != type && attribute.type() != AttributeProto::UNDEFINED) {
      throw Refused(fmt::format("the attribute {} has the type {} where {} is needed", in_quotes(name),
                                AttributeProto::AttributeType_Name(attribute.type()),
                                AttributeProto::AttributeType_Name(type)));
    }
    return &attribute;
  }
  return nullptr;
}

std::int64_t OnnxAttributes::integer(const std::string& name, std::int64_t otherwise) {
  const auto* a = find(name, AttributeProto::INT);
  return a != nullptr ? a->i() : otherwise;
}

float OnnxAttributes::real(const std::string& name, float otherwise) {
  const auto* a = find(name, AttributeProto::FLOAT);
  return a != nullptr ? a->f() : otherwise;
}

std::string OnnxAttributes::text(const std::string& name, const std::string& otherwise) {
  const auto* a = find(name, AttributeProto::STRING);
  return a != nullptr ? a->s() : otherwise;
}

std::vector<std::int64_t> OnnxAttributes::integers(const std::string& name) {
  const auto* a = find(name, AttributeProto::INTS);
  return a != nullptr ? std::vector<std::int64_t>(a->ints().begin(), a->ints().end())
                      : std::vector<std::int64_t>();
}

std::vector<float> OnnxAttributes::reals(const std::string& name) {
  const auto* a = find(name, AttributeProto::FLOATS);
  return a != nullptr ? std::vector<float>(a->floats().begin(), a->floats().end()) : std::vector<float>();
}

const onnx::TensorProto* OnnxAttributes::tensor(const std::string& name) {
  const auto* a = find(name, AttributeProto::TENSOR);
  return a != nullptr ? &a->t() : nullptr;
}

const onnx::GraphProto* OnnxAttributes::graph(const std::string& name) {
  const auto* a = find(name, AttributeProto::GRAPH);
  return a != nullptr ? &a->g() : nullptr;
}

bool OnnxAttributes::has(const std::string& name) const {
  for (const AttributeProto& attribute : node_.attribute()) {
    if (attribute.name() == name) return true;
  }
  return false;
}

void OnnxAttributes::check_all_read() const {
  for (const AttributeProto& attribute : node_.attribute()) {
    if (!read_.contains(attribute.name())) {
      throw Refused(
          fmt::format("the attribute {} is not supported; export without it", in_quotes(attribute.name())));
    }
  }
}

}  // namespace offramp::net
