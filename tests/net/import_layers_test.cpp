#include <gtest/gtest.h>

#include <cmath>

#include "net/models.h"
#include "net/shapes.h"

namespace offramp::net {
namespace {

using test::layer_named;
using test::ModelBuilder;
using test::node_named;
using test::values;

using Ints = std::vector<std::int64_t>;

TEST(ImportLayers, ReadsAPlainClassifierWithoutExits) {
  ModelBuilder b;
  b.conv("conv", 4, 2, 3).node("Relu", "relu");
  const Network network = b.finish(4 * 6 * 6);
  EXPECT_EQ(network.name, "model");
  ASSERT_EQ(network.nodes.size(), 5U);
  EXPECT_EQ(network.nodes[0].name, "x");
  EXPECT_EQ(network.nodes[0].shape, (Shape{2, 8, 8}));
  EXPECT_EQ(network.nodes[1].shape, (Shape{4, 6, 6}));
  EXPECT_EQ(network.nodes[3].shape, (Shape{144, 1, 1}));
  EXPECT_EQ(network.nodes[4].inputs, std::vector<int>{3});
  ASSERT_EQ(network.exits.size(), 1U);
  EXPECT_EQ(network.exits[0].name, "fc_out");
  EXPECT_EQ(network.exits[0].logits, 4);
  EXPECT_EQ(network.classes(), 3);
  EXPECT_EQ(network.input_scale, 255.0);
}

TEST(ImportLayers, ReadsConvWithStridePaddingAndGroups) {
  ModelBuilder b;
  b.tensor("w", {6, 1, 3, 2}, values(36, 5));
  b.node("Conv", "conv", {"w"},
         {{"group", 2},
          {"strides", {2, 1}},
          {"pads", {1, 0, 2, 3}},
          {"kernel_shape", {3, 2}},
          {"dilations", {1, 1}}});
  const Network network = b.finish(6 * 5 * 10);
  const auto& conv = layer_named<Conv>(network, "conv");
  EXPECT_EQ(conv.window, (Window{3, 2, 2, 1, 1, 0, 2, 3}));
  EXPECT_EQ(conv.groups, 2);
  EXPECT_EQ(conv.weights, values(36, 5));
  EXPECT_EQ(conv.bias, std::vector<float>(6, 0.0F)) << "no bias is a bias of 0";
  EXPECT_EQ(node_named(network, "conv").shape, (Shape{6, 5, 10}));
}

TEST(ImportLayers, ResolvesAutoPad) {
  const auto window = [](const char* auto_pad, std::int64_t features) {
    ModelBuilder b;
    b.conv("conv", 1, 2, 4, {{"auto_pad", auto_pad}, {"strides", {3, 2}}});
    return layer_named<Conv>(b.finish(features), "conv").window;
  };
  // Rows: 8 pixels, stride 3 -> 3 outputs, (3-1)*3+4-8 = 2 of padding; columns: 4 outputs, (4-1)*2+4-8 = 2.
  EXPECT_EQ(window("SAME_UPPER", 12), (Window{4, 4, 3, 2, 1, 1, 1, 1}));
  EXPECT_EQ(window("VALID", 6), (Window{4, 4, 3, 2, 0, 0, 0, 0}));
  const auto odd = [](const char* auto_pad) {
    ModelBuilder b;
    b.conv("conv", 1, 2, 2, {{"auto_pad", auto_pad}});
    return layer_named<Conv>(b.finish(64), "conv").window;
  };
  EXPECT_EQ(odd("SAME_UPPER"), (Window{2, 2, 1, 1, 0, 0, 1, 1}));
  EXPECT_EQ(odd("SAME_LOWER"), (Window{2, 2, 1, 1, 1, 1, 0, 0}));
}

TEST(ImportLayers, ReadsPoolingLayers) {
  ModelBuilder b;
  b.node("MaxPool", "max", {}, {{"kernel_shape", {3, 2}}, {"strides", {2, 2}}, {"pads", {1, 0, 0, 0}}});
  b.node("AveragePool", "mean", {},
         {{"kernel_shape", {2, 2}}, {"pads", {0, 0, 1, 1}}, {"count_include_pad", 1}});
  b.node("GlobalAveragePool", "global");
  const Network network = b.finish(2);
  EXPECT_EQ(layer_named<MaxPool>(network, "max").window, (Window{3, 2, 2, 2, 1, 0, 0, 0}));
  EXPECT_EQ(layer_named<AveragePool>(network, "mean"), (AveragePool{Window{2, 2, 1, 1, 0, 0, 1, 1}, true}));
  EXPECT_EQ(layer_named<AveragePool>(network, "global"), (AveragePool{Window{4, 4}, false}));
  EXPECT_EQ(node_named(network, "global").shape, (Shape{2, 1, 1}));
}

TEST(ImportLayers, TurnsCeilModeOfMaxPoolIntoPaddingAtTheEnd) {
  ModelBuilder b({1, 2, 7, 8});
  b.node("MaxPool", "max", {}, {{"kernel_shape", {2, 2}}, {"strides", {2, 2}}, {"ceil_mode", 1}});
  const Network network = b.finish(2 * 4 * 4);
  EXPECT_EQ(layer_named<MaxPool>(network, "max").window, (Window{2, 2, 2, 2, 0, 0, 1, 0}));
}

TEST(ImportLayers, IgnoresCeilModeWhereItEqualsFloorOrAddsNoRealWindow) {
  ModelBuilder b;
  b.node("AveragePool", "mean", {}, {{"kernel_shape", {2, 2}}, {"strides", {2, 2}}, {"ceil_mode", 1}});
  // 4 pixels and 1 of padding before, kernel 2, stride 5: a second window would begin behind the map.
  b.node("MaxPool", "max", {},
         {{"kernel_shape", {2, 2}}, {"strides", {5, 5}}, {"pads", {1, 1, 1, 1}}, {"ceil_mode", 1}});
  const Network network = b.finish(2);
  EXPECT_EQ(layer_named<AveragePool>(network, "mean").window, (Window{2, 2, 2, 2}));
  EXPECT_EQ(layer_named<MaxPool>(network, "max").window, (Window{2, 2, 5, 5, 1, 1, 1, 1}));
}

TEST(ImportLayers, ReadsGemmWithTransposeAlphaAndBeta) {
  ModelBuilder b({1, 2});
  b.tensor("w", {2, 3}, std::vector<float>{1, 2, 3, 4, 5, 6})
      .tensor("c", {1, 3}, std::vector<float>{1, 2, 3});
  b.node("Gemm", "fc", {"w", "c"}, {{"alpha", 2.0F}, {"beta", 0.5F}}).output();
  const auto& dense = layer_named<Dense>(b.import(), "fc");
  EXPECT_EQ(dense.out_features, 3);
  EXPECT_EQ(dense.weights, (std::vector<float>{2, 8, 4, 10, 6, 12}));
  EXPECT_EQ(dense.bias, (std::vector<float>{0.5F, 1, 1.5F}));
}

TEST(ImportLayers, ReadsGemmWithoutBiasAndWithAScalarOne) {
  ModelBuilder b({1, 2});
  b.tensor("w", {3, 2}, values(6, 1))
      .tensor("v", {2, 3}, values(6, 2))
      .tensor("c", {1}, std::vector<float>{4});
  b.node("Gemm", "a", {"w"}, {{"transB", 1}}).node("Gemm", "b", {"v", "c"}, {{"transB", 1}}).output();
  const Network network = b.import();
  EXPECT_EQ(layer_named<Dense>(network, "a").weights, values(6, 1));
  EXPECT_EQ(layer_named<Dense>(network, "a").bias, std::vector<float>(3, 0.0F));
  EXPECT_EQ(layer_named<Dense>(network, "b").bias, std::vector<float>(2, 4.0F));
}

TEST(ImportLayers, MergesAnAddBehindMatMulIntoItsBias) {
  ModelBuilder b({1, 2});
  b.tensor("w", {2, 3}, std::vector<float>{1, 2, 3, 4, 5, 6}).tensor("c", {3}, std::vector<float>{1, 2, 3});
  b.node("MatMul", "fc", {"w"}).node("Add", "bias", {"c"}).output();
  const Network network = b.import();
  ASSERT_EQ(network.nodes.size(), 2U);
  EXPECT_EQ(layer_named<Dense>(network, "fc").weights, (std::vector<float>{1, 4, 2, 5, 3, 6}));
  EXPECT_EQ(layer_named<Dense>(network, "fc").bias, (std::vector<float>{1, 2, 3}));
  EXPECT_EQ(network.exits[0].logits, 1);
}

TEST(ImportLayers, KeepsAnAddWhoseProductIsAlsoReadElsewhere) {
  ModelBuilder b;
  b.conv("conv", 2, 2, 1).tensor("c", {2, 1, 1}, std::vector<float>{1, 2});
  b.node("Add", "bias", {"c"}).node("Add", "sum", {"conv_out"});
  const Network network = b.finish(128);
  EXPECT_EQ(layer_named<BatchNorm>(network, "bias"), (BatchNorm{{1, 1}, {1, 2}}));
  EXPECT_EQ(layer_named<Conv>(network, "conv").bias, values(2, 101));
  EXPECT_EQ(node_named(network, "sum").inputs, (std::vector<int>{2, 1}));
}

TEST(ImportLayers, ReadsArithmeticWithConstantsAsBatchNorm) {
  ModelBuilder b;
  b.node("Relu", "relu")
      .tensor("two", {}, std::vector<float>{2})
      .tensor("c", {1, 2, 1, 1}, std::vector<float>{4, 8});
  b.node("Mul", "mul", {"c"}).node("Div", "div", {"c"}).node("Sub", "sub", {"two"});
  b.model.graph.nodes.push_back(
      {.op = "Sub", .inputs = {"c", "sub_out"}, .outputs = {"back_out"}, .name = "back"});
  const Network network = b.from("back_out").finish(128);
  EXPECT_EQ(layer_named<BatchNorm>(network, "mul"), (BatchNorm{{4, 8}, {0, 0}}));
  EXPECT_EQ(layer_named<BatchNorm>(network, "div"), (BatchNorm{{0.25F, 0.125F}, {0, 0}}));
  EXPECT_EQ(layer_named<BatchNorm>(network, "sub"), (BatchNorm{{1, 1}, {-2, -2}}));
  EXPECT_EQ(layer_named<BatchNorm>(network, "back"), (BatchNorm{{-1, -1}, {4, 8}}));
}

TEST(ImportLayers, ReadsBatchNormalization) {
  ModelBuilder b;
  b.tensor("g", {2}, std::vector<float>{2, 3}).tensor("b", {2}, std::vector<float>{1, -1});
  b.tensor("m", {2}, std::vector<float>{0.5F, 4}).tensor("v", {2}, std::vector<float>{0.75F, 8.75F});
  b.node("BatchNormalization", "norm", {"g", "b", "m", "v"}, {{"epsilon", 0.25F}, {"momentum", 0.9F}});
  const auto& norm = layer_named<BatchNorm>(b.finish(128), "norm");
  EXPECT_EQ(norm.scale, (std::vector<float>{2, 1}));
  EXPECT_EQ(norm.shift, (std::vector<float>{0, -5}));
}

TEST(ImportLayers, ReadsClipByInputsAndByAttributes) {
  ModelBuilder b;
  b.tensor("zero", {}, std::vector<float>{0}).tensor("six", {1}, std::vector<float>{6});
  b.node("Clip", "new", {"zero", "six"}).node("Clip", "old", {}, {{"min", 0.0F}, {"max", 1.5F}});
  b.node("Clip", "open", {"zero"}).node("Clip", "huge", {}, {{"min", 0.0F}, {"max", 3.4028234663852886e38F}});
  const Network network = b.finish(128);
  EXPECT_EQ(layer_named<Relu>(network, "new").limit, 6.0F);
  EXPECT_EQ(layer_named<Relu>(network, "old").limit, 1.5F);
  EXPECT_EQ(layer_named<Relu>(network, "open").limit, std::nullopt);
  EXPECT_EQ(layer_named<Relu>(network, "huge").limit, std::nullopt);
}

TEST(ImportLayers, ReadsAResidualAdd) {
  ModelBuilder b;
  b.conv("conv", 2, 2, 3, {{"pads", {1, 1, 1, 1}}}).node("Add", "add", {"x"}).node("Relu", "relu");
  const Network network = b.finish(128);
  EXPECT_EQ(node_named(network, "add").inputs, (std::vector<int>{1, 0}));
  EXPECT_EQ(node_named(network, "add").shape, (Shape{2, 8, 8}));
}

TEST(ImportLayers, RemovesDropoutIdentityAndSoftmaxAtAnOutput) {
  for (const char* last : {"Softmax", "LogSoftmax"}) {
    ModelBuilder b;
    b.node("Identity", "same").node("Relu", "relu").node("Dropout", "drop", {}, {{"ratio", 0.3F}});
    b.model.graph.nodes.back().outputs.push_back("mask");
    b.classifier("fc", 128).node(last, "p").node("Identity", "end").output();
    const Network network = b.import();
    ASSERT_EQ(network.nodes.size(), 4U);
    EXPECT_EQ(network.nodes[1].name, "relu");
    EXPECT_EQ(network.exits[0].name, "end_out");
    EXPECT_EQ(network.nodes[static_cast<std::size_t>(network.exits[0].logits)].name, "fc");
  }
}

TEST(ImportLayers, ReadsReshapeToTwoDimensionsAsFlatten) {
  for (const Ints& shape : {Ints{1, 128}, Ints{1, -1}, Ints{-1, 128}, Ints{0, -1}}) {
    ModelBuilder b;
    b.node("Relu", "relu").tensor("shape", {2}, shape).node("Reshape", "flat", {"shape"});
    const Network network = b.finish(128);
    ASSERT_EQ(network.nodes.size(), 4U) << "the Flatten behind it has nothing to do";
    EXPECT_TRUE(std::holds_alternative<Flatten>(network.nodes[2].layer));
    EXPECT_EQ(network.nodes[2].shape, (Shape{128, 1, 1}));
  }
}

TEST(ImportLayers, TakesConstantsFromConstantNodes) {
  ModelBuilder b;
  auto constant = [&](const char* name, OnnxAttribute attribute) {
    b.model.graph.nodes.push_back({.op = "Constant",
                                   .outputs = {name},
                                   .attributes = std::vector<OnnxAttribute>{std::move(attribute)}});
  };
  constant("w", {"value", onnx_tensor("", {2, 2, 1, 1}, values(4, 9))});
  constant("low", {"value_float", 0.0F});
  constant("high", {"value_int", 6});
  constant("shape", {"value_ints", {1, -1}});
  constant("bias", {"value_floats", std::vector<float>{1, 2}});
  b.node("Conv", "conv", {"w", "bias"})
      .node("Clip", "clip", {"low", "high"})
      .node("Reshape", "flat", {"shape"});
  const Network network = b.finish(128);
  EXPECT_EQ(layer_named<Conv>(network, "conv").weights, values(4, 9));
  EXPECT_EQ(layer_named<Conv>(network, "conv").bias, (std::vector<float>{1, 2}));
  EXPECT_EQ(layer_named<Relu>(network, "clip").limit, 6.0F);
}

TEST(ImportLayers, ConvertsWeightsOfOtherFloatTypesAndStorages) {
  const std::vector<float> expected = {1.5F, -0.25F, 0.0F, 65504.0F};
  const auto import_with = [&](OnnxTensor tensor) {
    ModelBuilder b;
    tensor.name = "w";
    tensor.dims = {2, 2, 1, 1};
    b.model.graph.tensors.push_back(tensor);
    b.node("Conv", "conv", {"w"});
    return layer_named<Conv>(b.finish(128), "conv").weights;
  };
  const auto halves = [](std::initializer_list<std::uint16_t> bits, OnnxType type) {
    OnnxTensor tensor{.type = type};
    for (const std::uint16_t v : bits) {
      tensor.bytes += static_cast<char>(v & 255);
      tensor.bytes += static_cast<char>(v >> 8);
    }
    return tensor;
  };
  for (const auto storage : {OnnxTensor::Storage::raw, OnnxTensor::Storage::fields}) {
    for (OnnxTensor tensor :
         {onnx_tensor("", {}, expected), onnx_tensor("", {}, std::vector<double>{1.5, -0.25, 0, 65504}),
          halves({0x3e00, 0xb400, 0x0000, 0x7bff}, OnnxType::float16)}) {
      tensor.storage = storage;
      EXPECT_EQ(import_with(tensor), expected);
    }
    OnnxTensor tensor = halves({0x3fc0, 0xbe80, 0x0000, 0x4000}, OnnxType::bfloat16);
    tensor.storage = storage;
    EXPECT_EQ(import_with(tensor), (std::vector<float>{1.5F, -0.25F, 0, 2}));
  }
  EXPECT_EQ(import_with(halves({0x0001, 0x8001, 0x03ff, 0x0400}, OnnxType::float16)),
            (std::vector<float>{std::ldexp(1.0F, -24), -std::ldexp(1.0F, -24), std::ldexp(1023.0F, -24),
                                std::ldexp(1.0F, -14)}))
      << "denormal halves";
}

TEST(ImportLayers, MergesZeroPaddingIntoTheLayerBehindIt) {
  ModelBuilder b;
  b.tensor("pads", {8}, Ints{0, 0, 1, 2, 0, 0, 3, 0});
  b.node("Pad", "pad1", {"pads"}).conv("conv", 2, 2, 3, {{"pads", {1, 1, 1, 1}}});
  b.node("Relu", "relu").node("Pad", "pad2", {}, {{"pads", {0, 0, 1, 1, 0, 0, 0, 0}}, {"mode", "constant"}});
  b.node("MaxPool", "max", {}, {{"kernel_shape", {2, 2}}});
  b.node("Pad", "pad3", {"pads"}).node("AveragePool", "mean", {}, {{"kernel_shape", {4, 4}}});
  const Network network = b.finish(2 * 13 * 9);
  EXPECT_EQ(layer_named<Conv>(network, "conv").window, (Window{3, 3, 1, 1, 2, 3, 4, 1}));
  EXPECT_EQ(layer_named<MaxPool>(network, "max").window, (Window{2, 2, 1, 1, 1, 1, 0, 0}));
  EXPECT_EQ(layer_named<AveragePool>(network, "mean"), (AveragePool{Window{4, 4, 1, 1, 1, 2, 3, 0}, true}));
}

TEST(ImportLayers, TakesPadAxesOfOpset18) {
  ModelBuilder b;
  b.model.opsets = {{"", 18}};
  b.tensor("pads", {4}, Ints{1, 2, 3, 4})
      .tensor("zero", {}, std::vector<float>{0})
      .tensor("axes", {2}, Ints{-1, 2});
  b.node("Pad", "pad", {"pads", "zero", "axes"}).conv("conv", 2, 2, 1);
  const Network network = b.finish(2 * 14 * 12);
  EXPECT_EQ(layer_named<Conv>(network, "conv").window, (Window{1, 1, 1, 1, 2, 1, 4, 3}));
}

TEST(ImportLayers, NamesANodeWithoutNameAfterItsOutput) {
  ModelBuilder b;
  b.node("Relu", "relu");
  b.model.graph.nodes.back().name.clear();
  EXPECT_EQ(b.finish(128).nodes[1].name, "relu_out");
}

TEST(ImportLayers, AcceptsASymbolicOrOpenBatchAndVectorInputs) {
  for (const OnnxDim& batch : {OnnxDim(1), OnnxDim(-1), OnnxDim("N")}) {
    ModelBuilder b({batch, 2, 8, 8});
    EXPECT_EQ(b.node("Relu", "relu").finish(128).nodes[0].shape, (Shape{2, 8, 8}));
    ModelBuilder v({batch, 5});
    EXPECT_EQ(v.node("Relu", "relu").finish(5).nodes[0].shape, (Shape{5, 1, 1}));
  }
}

TEST(ImportLayers, AcceptsInitializersThatAreListedAsInputs) {
  ModelBuilder b;
  b.conv("conv", 2, 2, 1);
  b.model.graph.inputs.insert(b.model.graph.inputs.begin(), {.name = "conv_w", .dims = {2, 2, 1, 1}});
  EXPECT_EQ(b.finish(128).nodes[0].name, "x");
}

TEST(ImportLayers, DropsLayersThatNoOutputNeeds) {
  ModelBuilder b;
  b.conv("unused", 2, 2, 1).from("x").node("Relu", "relu");
  const Network network = b.finish(128);
  ASSERT_EQ(network.nodes.size(), 4U);
  EXPECT_EQ(network.nodes[1].name, "relu");
}

}  // namespace
}  // namespace offramp::net
