#include <fmt/format.h>
#include <gtest/gtest.h>

#include "net/models.h"

namespace offramp::net {
namespace {

using fixed::Criterion;
using test::expect_refused;
using test::ModelBuilder;
using test::two_exits;
using test::two_exits_by_if;

std::vector<std::string> names(const Network& network) {
  std::vector<std::string> result;
  for (const Node& node : network.nodes) result.push_back(node.name);
  return result;
}

TEST(ImportExits, TakesSeveralOutputsAsExitsWithTheLongestPathLast) {
  ModelBuilder b = two_exits();
  const Network network = b.import();
  EXPECT_EQ(names(network), (std::vector<std::string>{"x", "conv1", "relu1", "exit0_fc_flatten", "exit0_fc",
                                                      "conv2", "relu2", "fc2_flatten", "fc2"}));
  ASSERT_EQ(network.exits.size(), 2U);
  EXPECT_EQ(network.exits[0], (Exit{"exit0_fc_out", 4, {}, {}}));
  EXPECT_EQ(network.exits[1], (Exit{"fc2_out", 8, {}, {}}));
  std::swap(b.model.graph.outputs[0], b.model.graph.outputs[1]);
  EXPECT_EQ(b.import(), network) << "the order of the outputs does not matter";
}

TEST(ImportExits, OrdersExitsByWhereTheyLeaveTheBackbone) {
  ModelBuilder b;
  b.conv("conv1", 4, 2, 3).conv("conv2", 4, 4, 3).conv("conv3", 4, 4, 3).classifier("last", 16).output();
  b.from("conv2_out").classifier("late", 64).output();
  b.from("conv1_out").classifier("early", 144).output();
  const Network network = b.import();
  ASSERT_EQ(network.exits.size(), 3U);
  EXPECT_EQ(network.exits[0].name, "early_out");
  EXPECT_EQ(network.exits[1].name, "late_out");
  EXPECT_EQ(network.exits[2].name, "last_out");
  EXPECT_EQ(names(network),
            (std::vector<std::string>{"x", "conv1", "early_flatten", "early", "conv2", "late_flatten", "late",
                                      "conv3", "last_flatten", "last"}))
      << "each branch directly after the layer it taps";
}

TEST(ImportExits, ReadsTheIfFormAsTheSameNetworkWithItsLevel) {
  Network by_if = import_onnx_bytes(serialize(two_exits_by_if(0.75F)), "model");
  ASSERT_EQ(by_if.exits.size(), 2U);
  EXPECT_EQ(by_if.exits[0].name, "exit0_taken");
  EXPECT_EQ(by_if.exits[1].name, "logits");
  EXPECT_EQ(by_if.exits[0].criterion, Criterion::max_softmax);
  EXPECT_EQ(by_if.exits[0].level, 0.75);
  EXPECT_FALSE(by_if.exits[1].level);
  EXPECT_EQ(by_if.nodes, two_exits().import().nodes);
}

/// The If form with its comparison replaced by `op` and its branches swapped where `swap`.
OnnxModel with_comparison(const std::string& op, bool level_first, bool swap, bool negate) {
  OnnxModel model = two_exits_by_if();
  auto& nodes = model.graph.nodes;
  OnnxNode& compare = nodes[nodes.size() - 3];
  compare.op = op;
  if (level_first) std::swap(compare.inputs[0], compare.inputs[1]);
  auto& branches = nodes.back().attributes;
  if (swap) std::swap(branches[0].name, branches[1].name);
  if (negate) {
    nodes.back().inputs = {"not"};
    nodes.insert(nodes.end() - 1, {.op = "Not", .inputs = {"sure_bool"}, .outputs = {"not"}});
  }
  return model;
}

TEST(ImportExits, FindsTheExitsSideOfEveryComparison) {
  const Network expected = import_onnx_bytes(serialize(two_exits_by_if()), "model");
  for (const char* greater : {"Greater", "GreaterOrEqual"}) {
    EXPECT_EQ(import_onnx_bytes(serialize(with_comparison(greater, false, false, false)), "model"), expected);
    EXPECT_EQ(import_onnx_bytes(serialize(with_comparison(greater, true, true, false)), "model"), expected);
    EXPECT_EQ(import_onnx_bytes(serialize(with_comparison(greater, false, true, true)), "model"), expected);
  }
  for (const char* less : {"Less", "LessOrEqual"}) {
    EXPECT_EQ(import_onnx_bytes(serialize(with_comparison(less, false, true, false)), "model"), expected);
    EXPECT_EQ(import_onnx_bytes(serialize(with_comparison(less, true, false, false)), "model"), expected);
  }
  // The wrong side round: what is taken when confident is not what was asked.
  expect_refused(with_comparison("Less", false, false, false),
                 {"node 'if' (If)", "its else_branch gives those of"});
}

/// conv0 .. conv(count): after each but the last an exit, all as nested If. The layers of an exit lie in the
/// branch.
OnnxGraph nested(int at, int count, OnnxModel& model) {
  const std::string n = std::to_string(at);
  const std::string in = at == 0 ? "x" : "conv" + std::to_string(at - 1) + "_out";
  OnnxGraph graph{.name = "level" + n};
  auto tensor = [&](const std::string& name, std::vector<std::int64_t> dims, std::size_t size) {
    model.graph.tensors.push_back(
        onnx_tensor(name, std::move(dims), test::values(size, static_cast<unsigned>(at))));
  };
  tensor("conv" + n + "_w", {2, 2, 1, 1}, 4);
  tensor("fc" + n + "_w", {3, 128}, 384);
  graph.nodes.push_back({.op = "Conv",
                         .inputs = {in, "conv" + n + "_w"},
                         .outputs = {"conv" + n + "_out"},
                         .name = "conv" + n});
  graph.nodes.push_back(
      {.op = "Flatten", .inputs = {"conv" + n + "_out"}, .outputs = {"flat" + n}, .name = "flat" + n});
  graph.nodes.push_back({.op = "Gemm",
                         .inputs = {"flat" + n, "fc" + n + "_w"},
                         .outputs = {"fc" + n + "_out"},
                         .name = "fc" + n,
                         .attributes = {{"transB", 1}}});
  if (at == count) {
    graph.outputs = {{.name = "fc" + n + "_out"}};
    return graph;
  }
  graph.nodes.push_back({.op = "Softmax", .inputs = {"fc" + n + "_out"}, .outputs = {"p" + n}});
  graph.nodes.push_back({.op = "ReduceMax", .inputs = {"p" + n}, .outputs = {"top" + n}});
  graph.nodes.push_back({.op = "Constant", .outputs = {"level" + n}, .attributes = {{"value_float", 0.5F}}});
  graph.nodes.push_back({.op = "Greater", .inputs = {"top" + n, "level" + n}, .outputs = {"sure" + n}});
  OnnxGraph taken{.name = "taken" + n,
                  .nodes = {{.op = "Identity", .inputs = {"fc" + n + "_out"}, .outputs = {"exit" + n}}},
                  .outputs = {{.name = "exit" + n}}};
  graph.nodes.push_back(
      {.op = "If",
       .inputs = {"sure" + n},
       .outputs = {"if" + n},
       .name = "if" + n,
       .attributes = {{"then_branch", taken}, {"else_branch", nested(at + 1, count, model)}}});
  graph.outputs = {{.name = "if" + n}};
  return graph;
}

OnnxModel nested_model(int count) {
  OnnxModel model;
  OnnxGraph graph = nested(0, count, model);
  graph.tensors = std::move(model.graph.tensors);
  graph.inputs = {{.name = "x", .dims = {1, 2, 8, 8}}};
  model.graph = std::move(graph);
  return model;
}

TEST(ImportExits, FollowsNestedIfs) {
  const Network network = import_onnx_bytes(serialize(nested_model(3)), "model");
  ASSERT_EQ(network.exits.size(), 4U);
  EXPECT_EQ(network.exits[1].name, "exit1");
  EXPECT_EQ(network.exits[2].level, 0.5);
  EXPECT_EQ(network.exits[3].name, "if0") << "the graph's output";
  EXPECT_EQ(network.nodes.size(), 1U + 4 * 3);
}

TEST(ImportExits, LimitsTheNestingOfIf) {
  EXPECT_EQ(import_onnx_bytes(serialize(nested_model(64)), "model").exits.size(), 65U);
  expect_refused(nested_model(65), {"node 'if64' (If)", "nested 65 deep", "up to 64"});
  // Deeper than the protobuf parser follows: still a message.
  expect_refused(nested_model(400), {"not a complete ONNX model"});
}

TEST(ImportExits, ReadsLevelsFromMetadata) {
  ModelBuilder b = two_exits();
  b.model.metadata = {{"offramp.level.exit0_fc_out", "entropy 0.025"}};
  const Network network = b.import();
  EXPECT_EQ(network.exits[0].criterion, Criterion::entropy);
  EXPECT_EQ(network.exits[0].level, 0.025);
  b.model.metadata[0].second = "margin 2";
  EXPECT_EQ(b.import().exits[0].criterion, Criterion::margin);
  for (const char* text : {"softness 2", "max"}) {
    b.model.metadata[0].second = text;
    expect_refused(b.model,
                   {fmt::format("'offramp.level.exit0_fc_out' is '{}'", text), "a criterion (max, "});
  }
  for (const char* text : {"max 0.5x", "max -1", "max "}) {
    b.model.metadata[0].second = text;
    expect_refused(b.model, {fmt::format("'{}'", text), "no number of at least 0"});
  }
}

TEST(ImportExits, RefusesAnOutputThatDoesNotDependOnTheInput) {
  ModelBuilder b = two_exits();
  b.tensor("fixed", {1, 3}, std::vector<float>{1, 2, 3}).from("fixed").output();
  expect_refused(b.model, {"output 'fixed'", "a constant", "does not depend on the input"});
}

TEST(ImportExits, RefusesABranchThatSharesNoLayerWithTheBackbone) {
  ModelBuilder b = two_exits();
  b.from("x").classifier("apart", 128).output();
  expect_refused(b.model, {"exit 'apart_out'", "does not come off the backbone", "'fc2_out'"});
}

TEST(ImportExits, RefusesABranchOfABranch) {
  ModelBuilder b = two_exits();
  b.from("exit0_fc_flatten_out")
      .tensor("w", {144, 3}, test::values(432, 4))
      .node("Gemm", "other", {"w"})
      .output();
  expect_refused(b.model, {"exit 'other_out'", "shares node 'exit0_fc_flatten'", "'exit0_fc_out'"});
}

TEST(ImportExits, RefusesABranchWithTwoTaps) {
  ModelBuilder b;
  b.conv("conv1", 2, 2, 1)
      .conv("conv2", 2, 2, 1)
      .conv("conv3", 2, 2, 1)
      .node("Relu", "relu")
      .classifier("last", 128)
      .output();
  b.from("conv1_out").node("Add", "sum", {"conv2_out"}).classifier("two", 128).output();
  expect_refused(b.model, {"exit 'two_out'", "two tensors of the backbone", "'conv1'", "'conv2'"});
}

TEST(ImportExits, RefusesAnExitInTheMiddleOfTheBackbone) {
  ModelBuilder b({1, 3});
  b.tensor("w", {3, 3}, test::values(9, 1))
      .node("Gemm", "a", {"w"})
      .output()
      .node("Gemm", "b", {"w"})
      .output();
  expect_refused(b.model, {"exit 'a_out'", "no branch of its own", "'b_out'"});
}

TEST(ImportExits, RefusesTwoOutputsWithTheSameLogits) {
  ModelBuilder b = two_exits();
  b.node("Softmax", "p").output();
  expect_refused(b.model, {"output 'p_out'", "also those of output 'fc2_out'"});
}

TEST(ImportExits, RefusesExitsWithDifferentClassCounts) {
  ModelBuilder b;
  b.conv("conv1", 4, 2, 3).classifier("early", 144, 4).output();
  b.from("conv1_out").conv("conv2", 4, 4, 3).classifier("last", 64, 3).output();
  expect_refused(b.model, {"'early_out' has 4 classes", "'last_out' has 3"});
}

TEST(ImportExits, RefusesLogitsThatAreNoVector) {
  ModelBuilder b;
  b.conv("conv", 3, 2, 3).output();
  expect_refused(b.model, {"exit 'conv_out' has the shape 3x6x6", "vector"});
  ModelBuilder one;
  one.classifier("fc", 128, 1).output();
  expect_refused(one.model, {"exit 'fc_out' has 1 class"});
}

TEST(ImportExits, RefusesAModelWithoutOutputOrLayer) {
  ModelBuilder b = two_exits();
  b.model.graph.outputs.clear();
  expect_refused(b.model, {"no output"});
  ModelBuilder empty({1, 3});
  expect_refused(empty.output().model, {"exit 'x' is the input itself"});
}

TEST(ImportExits, RefusesAnIfThatDecidesBySomethingElse) {
  OnnxModel other = two_exits_by_if();
  auto& nodes = other.graph.nodes;
  nodes[nodes.size() - 3].inputs[0] = "exit0_fc_out";
  expect_refused(other, {"node 'sure' (Greater)", "'exit0_fc_out'", "an activation"});
  OnnxModel level = two_exits_by_if(1.5F);
  expect_refused(level, {"node 'sure' (Greater)", "1.5", "at most 1"});
  OnnxModel condition = two_exits_by_if();
  condition.graph.nodes.back().inputs = {"top"};
  expect_refused(condition, {"node 'if' (If)", "'top'", "the largest probability"});
  OnnxModel incomplete = two_exits_by_if();
  incomplete.graph.nodes.back().attributes.pop_back();
  expect_refused(incomplete, {"node 'if' (If)", "then_branch and an else_branch"});
}

TEST(ImportExits, RefusesAnIfBesideOtherOutputs) {
  OnnxModel model = two_exits_by_if();
  model.graph.outputs.push_back({.name = "exit0_fc_out"});
  expect_refused(model, {"output 'logits'", "If beside other outputs"});
}

}  // namespace
}  // namespace offramp::net
