#include "net/export_onnx.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "base/files.h"
#include "base/temp_folder.h"
#include "net/models.h"

namespace offramp::net {
namespace {

using test::ModelBuilder;

void expect_round_trip(const Network& network) {
  const std::string bytes = export_onnx(network);
  EXPECT_EQ(export_onnx(network), bytes);
  const Network again = import_onnx_bytes(bytes, network.name);
  EXPECT_EQ(again, network);
  ASSERT_EQ(again.nodes.size(), network.nodes.size());
  for (std::size_t i = 0; i < network.nodes.size(); ++i) EXPECT_EQ(again.nodes[i], network.nodes[i]) << i;
}

TEST(ExportOnnx, GivesBackEveryLayerType) {
  ModelBuilder b;
  b.tensor("w", {4, 1, 3, 2}, test::values(24, 5)).tensor("g", {4}, test::values(4, 6));
  b.tensor("v", {4}, std::vector<float>{1, 2, 3, 4});
  b.node("Conv", "conv", {"w"}, {{"group", 2}, {"strides", {1, 2}}, {"pads", {1, 0, 1, 0}}});
  b.node("BatchNormalization", "norm", {"g", "g", "g", "v"})
      .node("Clip", "clip", {}, {{"min", 0.0F}, {"max", 6.0F}});
  b.conv("same", 4, 4, 1).node("Add", "add", {"clip_out"}).node("Relu", "relu");
  b.node("MaxPool", "max", {}, {{"kernel_shape", {2, 2}}, {"pads", {1, 1, 0, 0}}});
  b.node("AveragePool", "mean", {},
         {{"kernel_shape", {2, 2}}, {"pads", {0, 1, 0, 1}}, {"count_include_pad", 1}});
  b.node("GlobalAveragePool", "global");
  expect_round_trip(b.finish(4));
}

TEST(ExportOnnx, GivesBackExitsLevelsAndInputScale) {
  expect_round_trip(test::two_exits().import());
  expect_round_trip(import_onnx_bytes(serialize(test::two_exits_by_if(0.9F)), "model"));
  Network network = test::two_exits().import();
  network.input_scale = 63.7;
  network.exits[0].criterion = fixed::Criterion::entropy;
  network.exits[0].level = 0.025;
  expect_round_trip(network);
}

TEST(ExportOnnx, GivesBackVectorNetworks) {
  ModelBuilder b({1, 6});
  b.tensor("w", {6, 3}, test::values(18, 1)).node("Relu", "relu").node("MatMul", "fc", {"w"}).output();
  expect_round_trip(b.import());
  ModelBuilder flat({1, 6, 1, 1});
  expect_round_trip(flat.finish(6));
}

TEST(ExportOnnx, KeepsNamesApartThatCollide) {
  Network network = test::two_exits().import();
  // An exit named like a layer that is not its logits, and a layer named like a constant of another.
  network.exits[0].name = "conv2";
  network.nodes[2].name = "conv1.weight";
  expect_round_trip(network);
}

TEST(ExportOnnx, PutsAFlattenBeforeADenseThatReadsAMap) {
  Network network;
  network.nodes.push_back({.name = "x", .layer = Input{}, .inputs = {}, .shape = {1, 2, 2}});
  network.nodes.push_back(
      {.name = "fc", .layer = Dense{2, test::values(8, 1), {0, 0}}, .inputs = {0}, .shape = {2, 1, 1}});
  network.exits.push_back({.name = "out", .logits = 1, .criterion = {}, .level = {}});
  const Network again = import_onnx_bytes(export_onnx(network), "model");
  ASSERT_EQ(again.nodes.size(), 3U);
  EXPECT_EQ(again.nodes[2].layer, network.nodes[1].layer);
}

class ExportBeside : public testing::Test {
 protected:
  /// Writes both files and reads the model back.
  Network again(const Network& network) {
    files_ = export_onnx_external(network, "net.weights");
    write_file(folder_ / "net.weights", files_.weights);
    write_file(folder_ / "net.onnx", files_.model);
    Network result = import_onnx(folder_ / "net.onnx");
    result.name = network.name;
    return result;
  }
  test::TempFolder folder_;
  OnnxFiles files_;
};

TEST_F(ExportBeside, GivesBackFloatWeights) {
  const Network network = test::two_exits().import();
  EXPECT_EQ(again(network), network);
  std::size_t weights = 0;
  for (const Node& node : network.nodes) {
    if (const auto* conv = std::get_if<Conv>(&node.layer)) weights += conv->weights.size();
    if (const auto* dense = std::get_if<Dense>(&node.layer)) weights += dense->weights.size();
  }
  EXPECT_EQ(files_.weights.size(), weights * sizeof(float));
}

TEST_F(ExportBeside, GivesBackEveryBitOfWeightsThatAreInt8TimesAScale) {
  Network network = test::two_exits().import();
  std::mt19937 random(5);
  std::size_t bytes = 0;
  for (Node& node : network.nodes) {
    const auto spread = [&](std::vector<float>& weights, std::size_t channels) {
      const std::size_t each = weights.size() / channels;
      for (std::size_t n = 0; n < channels; ++n) {
        // One channel of zeros; the others have a 127 somewhere and a scale with all its bits.
        const float scale = std::ldexp(1.0F + static_cast<float>(random() % 8388608) / 8388608, -9);
        for (std::size_t k = 0; k < each; ++k) {
          const int q = k == 0 ? 127 : static_cast<int>(random() % 255) - 127;
          weights[n * each + k] = n == 1 ? 0.0F : static_cast<float>(q) * scale;
        }
      }
      bytes += weights.size();
    };
    if (auto* conv = std::get_if<Conv>(&node.layer))
      spread(conv->weights, static_cast<std::size_t>(conv->out_channels));
    if (auto* dense = std::get_if<Dense>(&node.layer))
      spread(dense->weights, static_cast<std::size_t>(dense->out_features));
  }
  EXPECT_EQ(again(network), network);
  EXPECT_EQ(files_.weights.size(), bytes);
}

}  // namespace
}  // namespace offramp::net
