// Weights that are stored as integers or half floats, with a DequantizeLinear or Cast before the layer that
// reads them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "net/models.h"

namespace offramp::net {
namespace {

using test::expect_refused;
using test::layer_named;
using test::ModelBuilder;
using testing::ElementsAre;

/// A node that makes `name` of other tensors, beside the model's chain.
void add_node(ModelBuilder& b, const std::string& op, const std::string& name,
              std::vector<std::string> inputs, std::vector<OnnxAttribute> attributes = {}) {
  b.model.graph.nodes.push_back({.op = op,
                                 .inputs = std::move(inputs),
                                 .outputs = {name},
                                 .name = name + "_maker",
                                 .attributes = std::move(attributes)});
}

/// Six weights of a 1x1 convolution from 2 to 3 channels, as int8 behind a DequantizeLinear.
ModelBuilder quantized_conv(std::vector<float> scale, std::vector<std::int8_t> zero_point = {},
                            std::vector<OnnxAttribute> attributes = {{"axis", 0}}) {
  ModelBuilder b;
  const auto dims = [](std::size_t n) {
    return n == 1 ? std::vector<std::int64_t>{} : std::vector{std::int64_t(n)};
  };
  b.tensor("w8", {3, 2, 1, 1}, std::vector<std::int8_t>{-127, 1, 2, -3, 100, 127});
  b.tensor("s", dims(scale.size()), scale);
  std::vector<std::string> inputs{"w8", "s"};
  if (!zero_point.empty()) {
    b.tensor("z", dims(zero_point.size()), zero_point);
    inputs.push_back("z");
  }
  add_node(b, "DequantizeLinear", "w", inputs, std::move(attributes));
  b.node("Conv", "conv", {"w"});
  return b;
}

std::vector<float> conv_weights(ModelBuilder b) {
  return layer_named<Conv>(b.finish(3 * 64), "conv").weights;
}

TEST(ImportConstants, DequantizesWeightsWithAScaleForEachOutputChannel) {
  EXPECT_THAT(conv_weights(quantized_conv({0.5F, 0.1F, 2})),
              ElementsAre(-63.5F, 0.5F, 2 * 0.1F, -3 * 0.1F, 200, 254));
  EXPECT_THAT(conv_weights(quantized_conv({0.5F, 0.1F, 2}, {}, {{"axis", -4}})),
              ElementsAre(-63.5F, 0.5F, 2 * 0.1F, -3 * 0.1F, 200, 254));
}

TEST(ImportConstants, DequantizesWeightsWithOneScaleOrOneForEachInputChannel) {
  EXPECT_THAT(conv_weights(quantized_conv({0.25F}, {}, {})),
              ElementsAre(-31.75F, 0.25F, 0.5F, -0.75F, 25, 31.75F));
  EXPECT_THAT(conv_weights(quantized_conv({0.5F, 2}, {}, {{"axis", 1}})),
              ElementsAre(-63.5F, 2, 1, -6, 50, 254));
  EXPECT_THAT(conv_weights(quantized_conv({0.5F, 2}, {}, {})), ElementsAre(-63.5F, 2, 1, -6, 50, 254))
      << "the axis is 1 where nothing else is said";
}

TEST(ImportConstants, SubtractsZeroPointsWithoutOverflow) {
  EXPECT_THAT(conv_weights(quantized_conv({1, 1, 0.5F}, {0, 0, 0})), ElementsAre(-127, 1, 2, -3, 50, 63.5F));
  EXPECT_THAT(conv_weights(quantized_conv({1, 1, 0.5F}, {127, 1, -128})),
              ElementsAre(-254, -126, 1, -4, 114, 127.5F));
}

TEST(ImportConstants, DequantizesTheWeightsOfAGemmInEitherOrder) {
  const auto dense = [](bool transposed) {
    ModelBuilder b({1, 2});
    const std::vector<std::int64_t> dims =
        transposed ? std::vector<std::int64_t>{3, 2} : std::vector<std::int64_t>{2, 3};
    b.tensor("w8", dims, std::vector<std::int8_t>{1, 2, 3, 4, 5, 6});
    b.tensor("s", {3}, std::vector<float>{1, 10, 100});
    b.tensor("b8", {3}, std::vector<std::int32_t>{1, -1, 70000});
    b.tensor("bs", {}, std::vector<float>{0.5F});
    add_node(b, "DequantizeLinear", "w", {"w8", "s"}, {{"axis", transposed ? 0 : 1}});
    add_node(b, "DequantizeLinear", "bias", {"b8", "bs"});
    b.node("Gemm", "fc", {"w", "bias"}, {{"transB", transposed ? 1 : 0}}).output();
    return layer_named<Dense>(b.import(), "fc");
  };
  EXPECT_THAT(dense(true).weights, ElementsAre(1, 2, 30, 40, 500, 600));
  EXPECT_THAT(dense(false).weights, ElementsAre(1, 4, 20, 50, 300, 600));
  EXPECT_THAT(dense(true).bias, ElementsAre(0.5F, -0.5F, 35000));
}

TEST(ImportConstants, CastsHalfFloatsAndIntegersToFloat) {
  ModelBuilder b;
  // 1, -2, 65504, the smallest positive number, 0.333251953125, -0
  b.model.graph.tensors.push_back(
      {.name = "w16",
       .type = OnnxType::float16,
       .dims = {3, 2, 1, 1},
       .bytes = std::string("\x00\x3c\x00\xc0\xff\x7b\x01\x00\x55\x35\x00\x80", 12)});
  b.tensor("b64", {3}, std::vector<std::int64_t>{1, -2, 3});
  add_node(b, "Cast", "w", {"w16"}, {{"to", 1}});
  add_node(b, "Cast", "bias", {"b64"}, {{"to", 1}});
  b.node("Conv", "conv", {"w", "bias"});
  const auto conv = layer_named<Conv>(b.finish(3 * 64), "conv");
  EXPECT_THAT(conv.weights, ElementsAre(1, -2, 65504, 5.9604644775390625e-8F, 0.333251953125F, 0));
  EXPECT_THAT(conv.bias, ElementsAre(1, -2, 3));
}

TEST(ImportConstants, RefusesWhatItCannotDequantize) {
  const auto refuse = [](ModelBuilder b, std::initializer_list<std::string> parts) {
    expect_refused(b.classifier("fc", 3 * 64).output().model, parts);
  };
  refuse(quantized_conv({1, 2, 3, 4}),
         {"'w_maker' (DequantizeLinear)", "scale 's' has 4 elements", "list of 3"});
  refuse(quantized_conv({1, 2, 3}, {}, {}), {"scale 's' has 3 elements", "list of 2"});
  refuse(quantized_conv({1, 2, 3}, {}, {{"axis", 4}}), {"scale 's' has 3 elements", "one number is needed"});
  refuse(quantized_conv({1, 2, 3}, {0, 0}), {"zero point 'z' has 2 elements"});
  refuse(quantized_conv({1, 2, 3}, {}, {{"axis", 0}, {"block_size", 2}}), {"block_size"});
  refuse(quantized_conv({1, 2, 3.4e38F}), {"'w8'", "one of its elements is inf"});

  ModelBuilder other_type = quantized_conv({1, 2, 3}, {0, 0, 0});
  other_type.model.graph.tensors[2].type = OnnxType::uint8;
  refuse(other_type, {"zero point 'z' has the element type UINT8 and the weights INT8"});

  ModelBuilder half_scale = quantized_conv({1, 2, 3});
  half_scale.model.graph.tensors[1] = {
      .name = "s", .type = OnnxType::float16, .dims = {3}, .bytes = std::string(6, '\x3c')};
  refuse(half_scale, {"the scale 's' has the element type FLOAT16"});

  ModelBuilder real = quantized_conv({1, 2, 3});
  real.model.graph.tensors[0] = onnx_tensor("w8", {3, 2, 1, 1}, test::values(6, 1));
  refuse(real, {"'w8', which does not hold integers"});

  ModelBuilder twice = quantized_conv({1, 2, 3});
  add_node(twice, "DequantizeLinear", "w2", {"w", "s"}, {{"axis", 0}});
  refuse(twice, {"'w2_maker'", "'w', which does not hold integers"});

  ModelBuilder activation;
  activation.tensor("s", {}, std::vector<float>{1}).node("DequantizeLinear", "it", {"s"});
  expect_refused(activation.classifier("fc", 128).output().model,
                 {"node 'it' (DequantizeLinear)", "it dequantizes an activation", "give the float model"});

  ModelBuilder cast = quantized_conv({1, 2, 3});
  add_node(cast, "Cast", "half", {"w"}, {{"to", 10}});
  refuse(cast, {"'half_maker' (Cast)", "casts a constant to element type 10", "to FLOAT alone"});
}

}  // namespace
}  // namespace offramp::net
