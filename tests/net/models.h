#pragma once
// Small ONNX models for the tests of import and export.
#include <cstdint>
#include <initializer_list>
#include <string>
#include <vector>

#include "net/import.h"
#include "net/onnx_writer.h"

namespace offramp::test {

/// `count` values in [-1, 1), always the same for a seed.
[[nodiscard]] std::vector<float> values(std::size_t count, unsigned seed);

/// A model that grows node by node. The current tensor is the input of the next node.
class ModelBuilder {
 public:
  explicit ModelBuilder(std::vector<net::OnnxDim> input_dims = {1, 2, 8, 8});
  /// Appends a node whose first input is the current tensor and makes its output the current one; the node is
  /// called `name`, its output `name`_out.
  ModelBuilder& node(const std::string& op, const std::string& name,
                     std::vector<std::string> more_inputs = {},
                     std::vector<net::OnnxAttribute> attributes = {});
  template <typename T>
  ModelBuilder& tensor(const std::string& name, std::vector<std::int64_t> dims, const std::vector<T>& data) {
    model.graph.tensors.push_back(net::onnx_tensor(name, std::move(dims), data));
    return *this;
  }
  /// Conv `name` with kernel k x k and weights of seed `seed`.
  ModelBuilder& conv(const std::string& name, std::int64_t outputs, std::int64_t inputs, std::int64_t k,
                     std::vector<net::OnnxAttribute> attributes = {}, unsigned seed = 1);
  /// Flatten and Gemm from `features` to `classes`.
  ModelBuilder& classifier(const std::string& name, std::int64_t features, std::int64_t classes = 3,
                           unsigned seed = 2);
  /// Makes the current tensor an output of the graph.
  ModelBuilder& output();
  /// Goes on from another tensor.
  ModelBuilder& from(const std::string& tensor);
  [[nodiscard]] std::string current() const { return current_; }
  /// Adds classifier and output behind a map or vector of `features`, then imports.
  [[nodiscard]] net::Network finish(std::int64_t features);
  [[nodiscard]] net::Network import() const;

  net::OnnxModel model;

 private:
  std::string current_ = "x";
};

/// Backbone conv1, relu1, conv2, relu2, fc2 with one exit exit0_fc after relu1, as two outputs.
[[nodiscard]] ModelBuilder two_exits();

/// The same as If; `level` is what the largest probability is compared with.
[[nodiscard]] net::OnnxModel two_exits_by_if(float level = 0.9F);

/// The node with this name; fails the test where there is none.
[[nodiscard]] net::Node node_named(const net::Network& network, const std::string& name);

template <typename L>
L layer_named(const net::Network& network, const std::string& name) {
  return std::get<L>(node_named(network, name).layer);
}

/// The model must be refused with all of `parts` in the message, and 'model' as the file.
void expect_refused(const net::OnnxModel& model, std::initializer_list<std::string> parts);

}  // namespace offramp::test
