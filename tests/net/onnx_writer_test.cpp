#include "net/onnx_writer.h"

#include <gtest/gtest.h>
#include <onnx/onnx_pb.h>

#include "net/models.h"

namespace offramp::net {
namespace {

onnx::ModelProto parsed(const OnnxModel& model) {
  onnx::ModelProto proto;
  EXPECT_TRUE(proto.ParseFromString(serialize(model)));
  return proto;
}

TEST(OnnxWriter, WritesTheSameBytesEachTime) {
  EXPECT_EQ(serialize(test::two_exits_by_if()), serialize(test::two_exits_by_if()));
}

TEST(OnnxWriter, WritesTensorsOfEveryTypeInBothStorages) {
  OnnxModel model;
  for (const auto storage : {OnnxTensor::Storage::raw, OnnxTensor::Storage::fields}) {
    auto& tensors = model.graph.tensors;
    tensors = {onnx_tensor("f", {2}, std::vector<float>{1.5F, -2}),
               onnx_tensor("b", {2}, std::vector<std::int8_t>{-128, 127}),
               onnx_tensor("u", {2}, std::vector<std::uint8_t>{0, 255}),
               onnx_tensor("i", {2}, std::vector<std::int32_t>{-70000, 70000}),
               onnx_tensor("l", {2}, std::vector<std::int64_t>{-1, std::int64_t{1} << 40}),
               onnx_scalar("d", 0.1)};
    for (OnnxTensor& tensor : tensors) tensor.storage = storage;
    const auto proto = parsed(model);
    const auto& out = proto.graph().initializer();
    ASSERT_EQ(out.size(), 6);
    EXPECT_EQ(out[0].data_type(), onnx::TensorProto::FLOAT);
    EXPECT_EQ(out[1].data_type(), onnx::TensorProto::INT8);
    EXPECT_EQ(out[2].data_type(), onnx::TensorProto::UINT8);
    EXPECT_EQ(out[3].data_type(), onnx::TensorProto::INT32);
    EXPECT_EQ(out[4].data_type(), onnx::TensorProto::INT64);
    EXPECT_EQ(out[5].data_type(), onnx::TensorProto::DOUBLE);
    EXPECT_EQ(out[5].dims_size(), 0);
    if (storage == OnnxTensor::Storage::raw) {
      EXPECT_EQ(out[1].raw_data(), "\x80\x7f");
      EXPECT_EQ(out[3].raw_data().size(), 8U);
    } else {
      EXPECT_EQ(out[0].float_data(1), -2.0F);
      EXPECT_EQ(out[1].int32_data(0), -128);
      EXPECT_EQ(out[2].int32_data(1), 255);
      EXPECT_EQ(out[4].int64_data(1), std::int64_t{1} << 40);
      EXPECT_EQ(out[5].double_data(0), 0.1);
    }
  }
}

TEST(OnnxWriter, WritesAttributesOfEveryType) {
  OnnxModel model;
  model.graph.nodes.push_back({.op = "Op",
                               .attributes = {{"i", 3},
                                              {"f", 0.5F},
                                              {"s", "text"},
                                              {"is", {1, 2}},
                                              {"fs", std::vector<float>{1, 2}},
                                              {"t", onnx_scalar("t", 1.0F)},
                                              {"g", OnnxGraph{.name = "inner"}}},
                               .domain = "own"});
  const auto proto = parsed(model);
  const auto& node = proto.graph().node(0);
  EXPECT_EQ(node.domain(), "own");
  EXPECT_EQ(node.attribute(0).type(), onnx::AttributeProto::INT);
  EXPECT_EQ(node.attribute(0).i(), 3);
  EXPECT_EQ(node.attribute(1).f(), 0.5F);
  EXPECT_EQ(node.attribute(2).s(), "text");
  EXPECT_EQ(node.attribute(3).ints(1), 2);
  EXPECT_EQ(node.attribute(4).floats(1), 2.0F);
  EXPECT_EQ(node.attribute(5).t().name(), "t");
  EXPECT_EQ(node.attribute(6).g().name(), "inner");
}

TEST(OnnxWriter, WritesSymbolicDimensionsOpsetsAndMetadata) {
  OnnxModel model = test::ModelBuilder({"N", 1, 4, 4}).model;
  model.opsets = {{"", 12}, {"own", 1}};
  model.metadata = {{"key", "value"}};
  const auto proto = parsed(model);
  const auto& dims = proto.graph().input(0).type().tensor_type().shape().dim();
  EXPECT_EQ(dims[0].dim_param(), "N");
  EXPECT_EQ(dims[2].dim_value(), 4);
  EXPECT_EQ(proto.opset_import(0).version(), 12);
  EXPECT_EQ(proto.opset_import(1).domain(), "own");
  EXPECT_EQ(proto.metadata_props(0).value(), "value");
}

}  // namespace
}  // namespace offramp::net
