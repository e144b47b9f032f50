#include "net/shapes.h"

#include <gtest/gtest.h>

#include "base/expect_error.h"

namespace offramp::net {
namespace {

using test::expect_error;

TEST(Shapes, OutputSizeCountsWindowPositions) {
  EXPECT_EQ(output_size(28, 5, 1, 2, 2), 28);
  EXPECT_EQ(output_size(28, 2, 2, 0, 0), 14);
  EXPECT_EQ(output_size(5, 2, 2, 0, 0), 2);
  EXPECT_EQ(output_size(1, 3, 7, 1, 1), 1);
  expect_error([] { return output_size(4, 5, 1, 0, 0); }, {"kernel size 5", "input of 4"});
  expect_error([] { return output_size(4, 2, 0, 0, 0); }, {"stride is 0"});
  expect_error([] { return output_size(4, 0, 1, 0, 0); }, {"kernel size is 0"});
  expect_error([] { return output_size(4, 2, 1, -1, 0); }, {"padding is -1"});
  expect_error([] { return output_size(4, 2, 1, 1 << 25, 0); }, {"padding 33554432"});
}

TEST(Shapes, WritesVectorsAndMaps) {
  EXPECT_EQ(to_string(Shape{10, 1, 1}), "10");
  EXPECT_EQ(to_string(Shape{3, 32, 16}), "3x32x16");
  EXPECT_EQ(layer_type(Layer{Flatten{}}), "Flatten");
}

TEST(Shapes, RefusesWeightsThatDoNotFit) {
  Conv conv{.window = {3, 3},
            .groups = 2,
            .out_channels = 4,
            .weights = std::vector<float>(36),
            .bias = std::vector<float>(4)};
  EXPECT_EQ(output_shape(conv, {{2, 8, 8}}), (Shape{4, 6, 6}));
  expect_error([&] { return output_shape(conv, {{3, 8, 8}}); }, {"group is 2", "3 input"});
  conv.weights.pop_back();
  expect_error([&] { return output_shape(conv, {{2, 8, 8}}); }, {"35 weights", "36"});
  expect_error(
      [&] {
        return output_shape(Dense{2, std::vector<float>(7), {0, 0}}, {{2, 2, 1}});
      },
      {"7 weights", "8"});
  expect_error([] { return output_shape(BatchNorm{{1}, {1}}, {{2, 1, 1}}); }, {"1 scales", "2"});
  expect_error([] { return output_shape(Add{}, {{2, 1, 1}}); }, {"1 inputs", "2"});
}

TEST(Shapes, CountsMultiplyAccumulates) {
  Network network;
  network.nodes.push_back({.name = "x", .layer = Input{}, .inputs = {}, .shape = {2, 8, 8}});
  network.nodes.push_back({.name = "conv",
                           .layer = Conv{.window = {3, 3},
                                         .groups = 2,
                                         .out_channels = 4,
                                         .weights = std::vector<float>(36),
                                         .bias = std::vector<float>(4)},
                           .inputs = {0},
                           .shape = {4, 6, 6}});
  network.nodes.push_back({.name = "fc",
                           .layer = Dense{10, std::vector<float>(1440), std::vector<float>(10)},
                           .inputs = {1},
                           .shape = {10, 1, 1}});
  EXPECT_EQ(macs(network, network.nodes[0]), 0);
  EXPECT_EQ(macs(network, network.nodes[1]), 4 * 36 * 9);
  EXPECT_EQ(macs(network, network.nodes[2]), 1440);
}

}  // namespace
}  // namespace offramp::net
