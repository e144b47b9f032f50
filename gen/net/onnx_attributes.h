#pragma once
#include <onnx/onnx_pb.h>

#include <cstdint>
#include <set>
#include <string>
#include <vector>

namespace offramp::net {

/// A node's attributes by name and type. Each read marks its attribute as understood; check_all_read() then
/// refuses the node if it says something that import did not look at.
class OnnxAttributes {
 public:
  /// Throws Refused for an attribute that is given twice.
  explicit OnnxAttributes(const onnx::NodeProto& node);

  [[nodiscard]] std::int64_t integer(const std::string& name, std::int64_t otherwise);
  [[nodiscard]] float real(const std::string& name, float otherwise);
  [[nodiscard]] std::string text(const std::string& name, const std::string& otherwise);
  [[nodiscard]] std::vector<std::int64_t> integers(const std::string& name);
  [[nodiscard]] std::vector<float> reals(const std::string& name);
  [[nodiscard]] const onnx::TensorProto* tensor(const std::string& name);
  [[nodiscard]] const onnx::GraphProto* graph(const std::string& name);
  [[nodiscard]] bool has(const std::string& name) const;
  /// Marks an attribute that has no effect on inference.
  void ignore(const std::string& name) { read_.insert(name); }
  void check_all_read() const;

 private:
  const onnx::AttributeProto* find(const std::string& name, onnx::AttributeProto::AttributeType type);
  const onnx::NodeProto& node_;
  std::set<std::string> read_;
};

}  // namespace offramp::net
