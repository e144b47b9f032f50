#include "net/models.h"

#include <gtest/gtest.h>

#include "base/expect_error.h"

namespace offramp::test {

using net::OnnxGraph;
using net::OnnxType;

std::vector<float> values(std::size_t count, unsigned seed) {
  std::vector<float> result;
  std::uint32_t state = seed * 2654435761U + 12345U;
  for (std::size_t i = 0; i < count; ++i) {
    state = state * 1664525U + 1013904223U;
    result.push_back(static_cast<float>(state >> 8) / 8388608.0F - 1.0F);
  }
  return result;
}

ModelBuilder::ModelBuilder(std::vector<net::OnnxDim> input_dims) {
  model.graph.name = "graph";
  model.graph.inputs = {{.name = "x", .dims = std::move(input_dims)}};
}

ModelBuilder& ModelBuilder::node(const std::string& op, const std::string& name,
                                 std::vector<std::string> more_inputs,
                                 std::vector<net::OnnxAttribute> attributes) {
  more_inputs.insert(more_inputs.begin(), current_);
  current_ = name + "_out";
  model.graph.nodes.push_back({.op = op,
                               .inputs = std::move(more_inputs),
                               .outputs = {current_},
                               .name = name,
                               .attributes = std::move(attributes)});
  return *this;
}

ModelBuilder& ModelBuilder::conv(const std::string& name, std::int64_t outputs, std::int64_t inputs,
                                 std::int64_t k, std::vector<net::OnnxAttribute> attributes, unsigned seed) {
  tensor(name + "_w", {outputs, inputs, k, k},
         values(static_cast<std::size_t>(outputs * inputs * k * k), seed));
  tensor(name + "_b", {outputs}, values(static_cast<std::size_t>(outputs), seed + 100));
  return node("Conv", name, {name + "_w", name + "_b"}, std::move(attributes));
}

ModelBuilder& ModelBuilder::classifier(const std::string& name, std::int64_t features, std::int64_t classes,
                                       unsigned seed) {
  tensor(name + "_w", {classes, features}, values(static_cast<std::size_t>(classes * features), seed));
  tensor(name + "_b", {classes}, values(static_cast<std::size_t>(classes), seed + 100));
  node("Flatten", name + "_flatten");
  return node("Gemm", name, {name + "_w", name + "_b"}, {{"transB", 1}});
}

ModelBuilder& ModelBuilder::output() {
  model.graph.outputs.push_back({.name = current_, .dims = {1, "classes"}});
  return *this;
}

ModelBuilder& ModelBuilder::from(const std::string& tensor) {
  current_ = tensor;
  return *this;
}

net::Network ModelBuilder::finish(std::int64_t features) {
  return classifier("fc", features).output().import();
}

net::Network ModelBuilder::import() const {
  return net::import_onnx_bytes(serialize(model), "model");
}

ModelBuilder two_exits() {
  ModelBuilder b;
  b.conv("conv1", 4, 2, 3).node("Relu", "relu1");
  b.classifier("exit0_fc", 4 * 6 * 6, 3, 7).output();
  b.from("relu1_out")
      .conv("conv2", 5, 4, 3, {}, 3)
      .node("Relu", "relu2")
      .classifier("fc2", 5 * 4 * 4)
      .output();
  return b;
}

net::OnnxModel two_exits_by_if(float level) {
  net::OnnxModel model = two_exits().model;
  OnnxGraph& graph = model.graph;
  // conv1, relu1, exit0_fc_flatten, exit0_fc stay outside; the rest moves into the else branch.
  OnnxGraph rest{
      .name = "rest", .nodes = {graph.nodes.begin() + 4, graph.nodes.end()}, .outputs = {graph.outputs[1]}};
  OnnxGraph taken{.name = "taken",
                  .nodes = {{.op = "Identity", .inputs = {"exit0_fc_out"}, .outputs = {"exit0_taken"}}},
                  .outputs = {{.name = "exit0_taken"}}};
  graph.nodes.resize(4);
  graph.tensors.push_back(net::onnx_scalar("level", level));
  graph.nodes.push_back({.op = "Softmax",
                         .inputs = {"exit0_fc_out"},
                         .outputs = {"p"},
                         .name = "softmax",
                         .attributes = {{"axis", 1}}});
  graph.nodes.push_back({.op = "ReduceMax",
                         .inputs = {"p"},
                         .outputs = {"top"},
                         .name = "top",
                         .attributes = {{"axes", {1}}, {"keepdims", 0}}});
  graph.nodes.push_back({.op = "Greater", .inputs = {"top", "level"}, .outputs = {"sure"}, .name = "sure"});
  graph.nodes.push_back({.op = "Cast",
                         .inputs = {"sure"},
                         .outputs = {"sure_bool"},
                         .name = "cast",
                         .attributes = {{"to", 9}}});
  graph.nodes.push_back({.op = "If",
                         .inputs = {"sure_bool"},
                         .outputs = {"logits"},
                         .name = "if",
                         .attributes = {{"then_branch", taken}, {"else_branch", rest}}});
  graph.outputs = {{.name = "logits", .dims = {1, 3}}};
  return model;
}

net::Node node_named(const net::Network& network, const std::string& name) {
  for (const net::Node& node : network.nodes) {
    if (node.name == name) return node;
  }
  throw std::runtime_error("the network has no node " + name);
}

void expect_refused(const net::OnnxModel& model, std::initializer_list<std::string> parts) {
  SCOPED_TRACE(parts.size() != 0 ? *parts.begin() : "");
  expect_error([&] { return net::import_onnx_bytes(serialize(model), "model"); }, parts);
  expect_error([&] { return net::import_onnx_bytes(serialize(model), "model"); }, {"'model': "});
}

}  // namespace offramp::test
