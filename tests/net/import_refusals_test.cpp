#include <gtest/gtest.h>

#include <limits>

#include "base/expect_error.h"
#include "base/files.h"
#include "base/temp_folder.h"
#include "net/models.h"

namespace offramp::net {
namespace {

using test::expect_error;
using test::expect_refused;
using test::ModelBuilder;
using test::TempFolder;
using test::two_exits;
using test::values;
using Ints = std::vector<std::int64_t>;

/// A model of one node `op` called 'it' behind the input, with `attributes`; no weights.
OnnxModel single(const std::string& op, std::vector<OnnxAttribute> attributes) {
  ModelBuilder b;
  b.node(op, "it", {}, std::move(attributes));
  return b.output().model;
}

/// A Conv 'it' with the given weight dimensions, filled, and attributes, on a 2x8x8 input.
OnnxModel conv_with(Ints dims, std::vector<OnnxAttribute> attributes = {}) {
  std::int64_t count = 1;
  for (const std::int64_t dim : dims) count *= dim;
  ModelBuilder b;
  b.tensor("w", std::move(dims), values(static_cast<std::size_t>(count), 1));
  return b.node("Conv", "it", {"w"}, std::move(attributes)).output().model;
}

TEST(ImportRefusals, MissingFile) {
  const TempFolder folder;
  expect_error([&] { return import_onnx(folder / "none.onnx"); }, {"none.onnx'", "no such file"});
}

TEST(ImportRefusals, Directory) {
  const TempFolder folder;
  expect_error([&] { return import_onnx(folder.path()); }, {folder.path().string(), "is a directory"});
}

TEST(ImportRefusals, FilesOfOtherKinds) {
  const TempFolder folder;
  const auto refuse = [&](const std::string& bytes, const std::string& part) {
    write_file(folder / "m.onnx", bytes);
    expect_error([&] { return import_onnx(folder / "m.onnx"); }, {"m.onnx'", part});
  };
  refuse("", "empty");
  refuse("# a text file\nwith lines\n", "not a complete ONNX model");
  refuse(std::string("\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x1c\0\0\0\x1c\x08\0\0\0\0", 29),
         "not a complete ONNX model");
  std::string random;
  for (const float v : values(5000, 3)) random += static_cast<char>(static_cast<int>(v * 128));
  refuse(random, "not a complete ONNX model");
}

TEST(ImportRefusals, EveryTruncationOfAModel) {
  const std::string whole = serialize(two_exits().model);
  EXPECT_NO_THROW(static_cast<void>(import_onnx_bytes(whole, "model")));
  for (std::size_t size = 1; size < whole.size();
       size = size < 200 || size + 200 > whole.size() ? size + 1 : size + 37) {
    SCOPED_TRACE(size);
    expect_error([&] { return import_onnx_bytes(whole.substr(0, size), "model"); },
                 {"'model'", "not a complete ONNX model", std::to_string(size) + " bytes"});
  }
}

TEST(ImportRefusals, OpsetsOutside9To18) {
  for (const std::int64_t version : {0, 8, 19}) {
    OnnxModel model = two_exits().model;
    model.opsets = {{"", version}};
    expect_refused(model, {"opset " + std::to_string(version), "from 9 to 18"});
  }
  for (const std::int64_t version : {9, 18}) {
    OnnxModel model = two_exits().model;
    model.opsets = {{"ai.onnx", version}};
    EXPECT_NO_THROW(static_cast<void>(import_onnx_bytes(serialize(model), "model")));
  }
  OnnxModel other = two_exits().model;
  other.opsets = {{"com.example", 1}};
  expect_refused(other, {"no version of ONNX's own opset"});
}

TEST(ImportRefusals, UnsupportedOps) {
  expect_refused(single("Sigmoid", {}),
                 {"node 'it' (Sigmoid)", "not supported", "supported are Add, AveragePool"});
  expect_refused(single("Transpose", {}), {"node 'it' (Transpose)", "NCHW"});
  expect_refused(single("DequantizeLinear", {}), {"node 'it' (DequantizeLinear)", "give the float model"});
  OnnxModel own = single("Conv", {});
  own.graph.nodes[0].domain = "com.example";
  expect_refused(own, {"node 'it' (Conv)", "domain 'com.example'"});
}

TEST(ImportRefusals, UnknownAttributes) {
  expect_refused(single("Relu", {{"slope", 0.1F}}), {"node 'it' (Relu)", "attribute 'slope'"});
  expect_refused(single("Flatten", {{"axis", 1.0F}}), {"attribute 'axis'", "FLOAT", "INT"});
  expect_refused(single("Flatten", {{"axis", 1}, {"axis", 1}}), {"attribute 'axis'", "twice"});
}

TEST(ImportRefusals, WeightsOfTheWrongShape) {
  expect_refused(conv_with({4, 3, 3, 3}), {"node 'it' (Conv)", "'w'", "[4, 3, 3, 3]", "2 channels"});
  expect_refused(conv_with({4, 8, 1, 1}), {"is the input NHWC?"});
  expect_refused(conv_with({4, 2, 3}), {"'w'", "[4, 2, 3]", "4 dimensions"});
  expect_refused(conv_with({4, 2, 1, 1, 1}), {"'w'", "4 dimensions"});
  expect_refused(conv_with({4, 2, 3, 3}, {{"kernel_shape", {5, 5}}}), {"kernel_shape is [5, 5]", "[3, 3]"});
  ModelBuilder gemm({1, 5});
  gemm.tensor("w", {3, 4}, values(12, 1)).node("Gemm", "fc", {"w"}, {{"transB", 1}}).output();
  expect_refused(gemm.model, {"node 'fc' (Gemm)", "'w'", "[3, 4]", "5 features"});
  ModelBuilder product({1, 5});
  product.tensor("w", {4, 3}, values(12, 1)).node("MatMul", "fc", {"w"}).output();
  expect_refused(product.model, {"node 'fc' (MatMul)", "[4, 3]", "5 features"});
  ModelBuilder bias;
  bias.conv("it", 4, 2, 3).tensor("short", {3}, values(3, 1));
  bias.model.graph.nodes[0].inputs[2] = "short";
  expect_refused(bias.output().model, {"node 'it' (Conv)", "'short'", "[3]", "4 output channels"});
  ModelBuilder norm;
  norm.tensor("p", {3}, values(3, 1)).node("BatchNormalization", "it", {"p", "p", "p", "p"}).output();
  expect_refused(norm.model, {"node 'it' (BatchNormalization)", "'p'", "[3]", "2 channels"});
  ModelBuilder map;
  map.tensor("w", {8, 3}, values(24, 1)).node("Gemm", "fc", {"w"}).output();
  expect_refused(map.model, {"node 'fc' (Gemm)", "2x8x8", "Flatten"});
}

TEST(ImportRefusals, WeightsThatAreNotFinite) {
  for (const float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(),
                          -std::numeric_limits<float>::infinity()}) {
    std::vector<float> weights = values(4 * 2 * 3 * 3, 1);
    weights[18 + 9 + 3 + 2] = bad;
    ModelBuilder b;
    b.tensor("w", {4, 2, 3, 3}, weights).node("Conv", "it", {"w"}).output();
    expect_refused(b.model, {"node 'it' (Conv)", "'w'", "[1, 1, 1, 2]", "finite"});
  }
  ModelBuilder large;
  large.tensor("w", {2, 2, 1, 1}, std::vector<double>{0, 0, 1e39, 0}).node("Conv", "it", {"w"}).output();
  expect_refused(large.model, {"'w'", "[1, 0, 0, 0]", "inf"});
  ModelBuilder zero;
  zero.tensor("p", {2}, std::vector<float>{1, 1}).tensor("v", {2}, std::vector<float>{1, -1});
  zero.node("BatchNormalization", "it", {"p", "p", "p", "v"}).output();
  expect_refused(zero.model, {"node 'it' (BatchNormalization)", "variance of channel 1 is -1"});
  ModelBuilder divide;
  divide.tensor("z", {}, std::vector<float>{0}).node("Div", "it", {"z"}).output();
  expect_refused(divide.model, {"node 'it' (Div)", "divides by 0", "'z'"});
}

TEST(ImportRefusals, DimensionsOutsideOneTo2Pow31) {
  for (const std::int64_t bad :
       {std::int64_t{0}, std::int64_t{-3}, std::int64_t{1} << 31, std::int64_t{1} << 62}) {
    ModelBuilder b({1, 2, bad, 8});
    expect_refused(b.node("Relu", "it").output().model,
                   {"input 'x'", std::to_string(bad), "from 1 to 2147483647"});
  }
  ModelBuilder open({1, 2, "H", 8});
  expect_refused(open.node("Relu", "it").output().model, {"input 'x'", "'H'", "must be a number"});
  ModelBuilder huge({1, 65536, 65536, 2});
  expect_refused(huge.node("Relu", "it").output().model, {"input 'x'", "65536x65536x2", "more than"});
  for (const std::int64_t bad : {std::int64_t{-1}, std::int64_t{1} << 31}) {
    OnnxModel model = conv_with({4, 2, 1, 1});
    model.graph.tensors[0].dims[0] = bad;
    expect_refused(model, {"node 'it' (Conv)", "'w'", std::to_string(bad)});
  }
  OnnxModel zero = conv_with({0, 2, 1, 1});
  expect_refused(zero, {"node 'it' (Conv)", "'w'", "[0, 2, 1, 1]", "a dimension is 0"});
  OnnxModel overflow = conv_with({4, 2, 1, 1});
  overflow.graph.tensors[0].dims = {65536, 65536, 65536, 65536};
  expect_refused(overflow, {"'w'", "65536x65536x65536x65536", "more than 2147483647 elements"});
}

TEST(ImportRefusals, DataThatDoesNotFillItsDimensions) {
  OnnxModel model = conv_with({4, 2, 1, 1});
  model.graph.tensors[0].bytes.pop_back();
  expect_refused(model, {"node 'it' (Conv)", "'w'", "raw_data has 31 bytes", "4x2x1x1 need 32"});
  model = conv_with({4, 2, 1, 1});
  model.graph.tensors[0].dims[0] = 2000000000;
  expect_refused(model, {"'w'", "more than 2147483647 elements"});
  model = conv_with({4, 2, 1, 1});
  model.graph.tensors[0].storage = OnnxTensor::Storage::fields;
  model.graph.tensors[0].dims[0] = 3;
  expect_refused(model, {"'w'", "holds 8 elements", "3x2x1x1 need 6"});
}

TEST(ImportRefusals, MoreWeightsThanMemoryShouldHold) {
  // 200,000,000 weights are said to lie in a file of a few bytes: refused before memory is taken.
  OnnxModel model = conv_with({4, 2, 1, 1});
  model.graph.tensors[0].dims = {100000000, 2, 1, 1};
  expect_refused(model, {"'w'", "raw_data has 32 bytes", "need 800000000"});
  model.graph.tensors[0].dims = {200000000, 2, 1, 1};
  expect_refused(model, {"'w'", "more than 268435456 weights"});
}

TEST(ImportRefusals, GroupThatDoesNotDivide) {
  expect_refused(conv_with({4, 1, 1, 1}, {{"group", 3}}),
                 {"node 'it' (Conv)", "group is 3", "2 input and the 4 output"});
  expect_refused(conv_with({3, 1, 1, 1}, {{"group", 2}}), {"group is 2", "3 output"});
  expect_refused(conv_with({4, 2, 1, 1}, {{"group", 0}}), {"group contains 0"});
}

TEST(ImportRefusals, WindowsThatAreNotValid) {
  expect_refused(conv_with({4, 2, 3, 3}, {{"strides", {0, 1}}}), {"node 'it' (Conv)", "strides contains 0"});
  expect_refused(conv_with({4, 2, 3, 3}, {{"strides", {1}}}), {"strides is [1]", "2 entries"});
  expect_refused(conv_with({4, 2, 3, 3}, {{"pads", {0, -1, 0, 0}}}), {"pads contains -1"});
  expect_refused(conv_with({4, 2, 3, 3}, {{"pads", {0, std::int64_t{1} << 40, 0, 0}}}),
                 {"pads contains 1099511627776"});
  expect_refused(conv_with({4, 2, 3, 3}, {{"dilations", {2, 2}}}), {"dilations is [2, 2]", "only 1"});
  expect_refused(conv_with({4, 2, 9, 1}), {"node 'it' (Conv)", "kernel size 9", "padded input of 8"});
  expect_refused(conv_with({4, 2, 3, 3}, {{"auto_pad", "SAME"}}), {"auto_pad is 'SAME'"});
  expect_refused(conv_with({4, 2, 3, 3}, {{"auto_pad", "SAME_UPPER"}, {"pads", {1, 1, 1, 1}}}),
                 {"SAME_UPPER", "one of"});
  expect_refused(single("MaxPool", {}), {"node 'it' (MaxPool)", "kernel_shape is []"});
  expect_refused(single("MaxPool", {{"kernel_shape", {0, 1}}}), {"the kernel contains 0"});
  expect_refused(single("MaxPool", {{"kernel_shape", {2, 2}}, {"pads", {2, 0, 0, 0}}}),
                 {"smaller than the kernel"});
  expect_refused(single("AveragePool", {{"kernel_shape", {3, 3}}, {"strides", {2, 2}}, {"ceil_mode", 1}}),
                 {"node 'it' (AveragePool)", "ceil_mode"});
}

TEST(ImportRefusals, ValuesThatLayersDoNotSupport) {
  expect_refused(single("Clip", {{"min", -1.0F}, {"max", 1.0F}}), {"node 'it' (Clip)", "lower limit is -1"});
  expect_refused(single("Clip", {{"max", 1.0F}}), {"lower limit is absent"});
  expect_refused(single("Clip", {{"min", 0.0F}, {"max", 0.0F}}), {"upper limit is 0"});
  expect_refused(single("Flatten", {{"axis", 2}}), {"node 'it' (Flatten)", "axis is 2"});
  expect_refused(single("Pad", {{"pads", {0, 1, 0, 0, 0, 0, 0, 0}}}), {"node 'it' (Pad)", "axis 1"});
  expect_refused(single("Pad", {{"pads", {0, 0, -1, 0, 0, 0, 0, 0}}}), {"pads contains -1"});
  expect_refused(single("Pad", {{"pads", {0, 0, 1, 0}}}), {"needs 8 entries"});
  expect_refused(single("Pad", {{"pads", {0, 0, 1, 0, 0, 0, 0, 0}}, {"mode", "reflect"}}),
                 {"mode is 'reflect'"});
  expect_refused(single("Pad", {{"pads", {0, 0, 1, 0, 0, 0, 0, 0}}, {"value", 1.0F}}), {"pads with 1"});
  expect_refused(single("Pad", {{"pads", {0, 0, 1, 0, 0, 0, 0, 0}}}), {"output 'it_out'", "output of a Pad"});
  ModelBuilder relu;
  relu.node("Pad", "pad", {}, {{"pads", {0, 0, 1, 0, 0, 0, 0, 0}}}).node("Relu", "it").output();
  expect_refused(relu.model, {"node 'it' (Relu)", "'pad_out'", "directly follows"});
  ModelBuilder pool;
  pool.conv("conv", 2, 2, 1).node("Pad", "pad", {}, {{"pads", {0, 0, 1, 0, 0, 0, 0, 0}}});
  pool.node("MaxPool", "it", {}, {{"kernel_shape", {2, 2}}}).output();
  expect_refused(pool.model, {"node 'it' (MaxPool)", "negative values of 'conv'"});
  ModelBuilder reshape;
  reshape.tensor("s", {3}, Ints{1, 2, 64}).node("Reshape", "it", {"s"}).output();
  expect_refused(reshape.model, {"node 'it' (Reshape)", "[1, 2, 64]", "2x8x8"});
  ModelBuilder sum;
  sum.conv("conv", 3, 2, 1).node("Add", "it", {"x"}).output();
  expect_refused(sum.model, {"node 'it' (Add)", "3x8x8", "2x8x8"});
  ModelBuilder map;
  map.tensor("c", {8}, values(8, 1)).node("Add", "it", {"c"}).output();
  expect_refused(map.model, {"node 'it' (Add)", "'c'", "[8]", "one number a channel"});
  ModelBuilder product;
  product.node("Relu", "relu").node("Mul", "it", {"x"}).output();
  expect_refused(product.model, {"node 'it' (Mul)", "two activations"});
  expect_refused(single("Cast", {{"to", 1}}), {"node 'it' (Cast)", "an activation"});
  expect_refused(single("Softmax", {}), {"node 'it' (Softmax)", "2x8x8"});
  expect_refused(single("Conv", {}), {"node 'it' (Conv)", "input 1 is missing"});
}

TEST(ImportRefusals, InputsThatAreNotOneFloatImage) {
  ModelBuilder several;
  several.model.graph.inputs.push_back({.name = "y", .dims = {1, 3}});
  expect_refused(several.node("Relu", "it").output().model, {"several inputs, 'x' and 'y'"});
  ModelBuilder none;
  none.model.graph.inputs.clear();
  expect_refused(none.output().model, {"no input"});
  ModelBuilder bytes;
  bytes.model.graph.inputs[0].type = OnnxType::uint8;
  expect_refused(bytes.output().model, {"input 'x'", "UINT8", "float32"});
  ModelBuilder batch({64, 2, 8, 8});
  expect_refused(batch.output().model, {"input 'x'", "[64, 2, 8, 8]", "batch of 64"});
  ModelBuilder rank({1, 8, 8});
  expect_refused(rank.output().model, {"input 'x'", "[1, 8, 8]", "[1, channels, height, width]"});
}

TEST(ImportRefusals, GraphsThatAreNotAcyclicAndNamed) {
  ModelBuilder dangling;
  expect_refused(dangling.from("nobody").node("Relu", "it").output().model,
                 {"node 'it' (Relu)", "nothing makes 'nobody'"});
  ModelBuilder output = two_exits();
  output.model.graph.outputs[0].name = "nobody";
  expect_refused(output.model, {"output 'nobody'", "nothing makes 'nobody'"});
  ModelBuilder cycle;
  cycle.from("b_out").node("Relu", "a").node("Relu", "b").output();
  expect_refused(cycle.model, {"node 'a' (Relu)", "'b_out'", "made only later, by node 'b' (Relu)", "cycle"});
  ModelBuilder twice;
  twice.node("Relu", "a").from("x").node("Relu", "b").output();
  twice.model.graph.nodes[1].outputs[0] = "a_out";
  expect_refused(twice.model, {"two things are named 'a_out'"});
  ModelBuilder same;
  same.node("Relu", "a").conv("b", 2, 2, 1).classifier("fc", 128).output();
  same.model.graph.nodes[1].name = "a";
  expect_refused(same.model, {"two layers have the name 'a'"});
  ModelBuilder silent;
  silent.node("Relu", "a").output();
  silent.model.graph.nodes[0].outputs.clear();
  expect_refused(silent.model, {"node 'a' (Relu)", "no output"});
}

TEST(ImportRefusals, NamesAreKeptAndEscapedInMessages) {
  const std::string evil = "endmodule\n`include \"x\"; \x1b[2J\xff";
  ModelBuilder b;
  b.node("Relu", evil);
  EXPECT_EQ(ModelBuilder(b).finish(128).nodes[1].name, evil);
  b.node("Sigmoid", "always\n").output();
  expect_refused(b.model, {"node 'always\\n' (Sigmoid)"});
  expect_refused(single("Op\nwith line", {}), {"('Op\\nwith line')"});
}

}  // namespace
}  // namespace offramp::net
