#include <gtest/gtest.h>

#include "net/float_run.h"
#include "net/models.h"

namespace offramp::net {
namespace {

using test::expect_refused;
using test::layer_named;
using test::ModelBuilder;
using test::values;

ModelBuilder scalar_steps(std::initializer_list<std::pair<const char*, float>> steps) {
  ModelBuilder b;
  for (const auto& [op, value] : steps) {
    const std::string name = std::string("n_") + op;
    b.tensor(name + "_c", {}, std::vector<float>{value}).node(op, name, {name + "_c"});
  }
  return b;
}

TEST(ImportNormalization, DivisionBy255MeansRawPixels) {
  for (const auto& step : {std::pair{"Div", 255.0F}, std::pair{"Mul", 1.0F / 255.0F}}) {
    ModelBuilder b = scalar_steps({step});
    b.conv("conv", 4, 2, 3, {{"pads", {1, 1, 1, 1}}});
    const Network network = b.finish(256);
    EXPECT_EQ(network.input_scale, 255.0);
    ASSERT_EQ(network.nodes.size(), 4U);
    EXPECT_EQ(layer_named<Conv>(network, "conv").weights, values(72, 1));
  }
}

TEST(ImportNormalization, ASmallDivisorStandsForAnInputOf0To1) {
  ModelBuilder b = scalar_steps({{"Div", 0.5F}});
  EXPECT_EQ(b.conv("conv", 4, 2, 3).finish(144).input_scale, 127.5);
}

TEST(ImportNormalization, AMeanIsMergedIntoTheFirstLayer) {
  // (x - 0.5) / 0.25 with x = pixel / 255.
  ModelBuilder b = scalar_steps({{"Sub", 0.5F}, {"Div", 0.25F}});
  const Network network = b.conv("conv", 4, 2, 3).finish(144);
  EXPECT_EQ(network.input_scale, 255.0 * 0.25);
  ASSERT_EQ(network.nodes.size(), 4U);
  const auto& conv = layer_named<Conv>(network, "conv");
  EXPECT_EQ(conv.weights, values(72, 1));
  for (std::size_t n = 0; n < 4; ++n) {
    double sum = 0;
    for (std::size_t k = 0; k < 18; ++k) sum += conv.weights[n * 18 + k];
    EXPECT_NEAR(conv.bias[n], values(4, 101)[n] - 2 * sum, 1e-5);
  }
}

TEST(ImportNormalization, MeanAndScalePerChannelGiveTheSameLogitsAsTheModelSays) {
  // Raw pixels: channel 0 (p - 100) / 50, channel 1 (p - 120) / 60; then a grouped convolution, and one dense
  // layer.
  for (const bool dense : {false, true}) {
    ModelBuilder b;
    b.tensor("mean", {2, 1, 1}, std::vector<float>{100, 120})
        .tensor("std", {1, 2, 1, 1}, std::vector<float>{50, 60});
    b.node("Sub", "sub", {"mean"}).node("Div", "div", {"std"});
    if (!dense) {
      b.tensor("w", {4, 1, 3, 3}, values(36, 4)).node("Conv", "conv", {"w"}, {{"group", 2}});
    }
    const Network network = b.finish(dense ? 128 : 144);
    EXPECT_EQ(network.input_scale, 50.0);
    std::vector<std::uint8_t> pixels(128);
    for (std::size_t i = 0; i < pixels.size(); ++i) pixels[i] = static_cast<std::uint8_t>(i * 37 % 256);
    const FloatOutputs out = run_float(network, pixels.data());
    // The same by hand.
    std::vector<double> x(128);
    for (std::size_t p = 0; p < 64; ++p) {
      x[p] = (pixels[2 * p] - 100.0) / 50;
      x[64 + p] = (pixels[2 * p + 1] - 120.0) / 60;
    }
    std::vector<double> features = x;
    if (!dense) {
      features.clear();
      for (std::size_t n = 0; n < 4; ++n) {
        for (std::size_t y = 0; y < 6; ++y) {
          for (std::size_t c = 0; c < 6; ++c) {
            double sum = 0;
            for (std::size_t k = 0; k < 9; ++k)
              sum += values(36, 4)[n * 9 + k] * x[n / 2 * 64 + (y + k / 3) * 8 + c + k % 3];
            features.push_back(sum);
          }
        }
      }
    }
    for (std::size_t n = 0; n < 3; ++n) {
      double sum = values(3, 102)[n];
      for (std::size_t k = 0; k < features.size(); ++k)
        sum += values(3 * features.size(), 2)[n * features.size() + k] * features[k];
      EXPECT_NEAR(out[static_cast<std::size_t>(network.exits[0].logits)][n], sum, 1e-3);
    }
  }
}

TEST(ImportNormalization, WhatNoLayerCanTakeStaysABatchNorm) {
  ModelBuilder b = scalar_steps({{"Sub", 128.0F}, {"Div", 128.0F}});
  const Network network = b.node("Relu", "relu").finish(128);
  EXPECT_EQ(network.input_scale, 128.0);
  EXPECT_EQ(layer_named<BatchNorm>(network, "n_Sub"), (BatchNorm{{1, 1}, {-1, -1}}));
  ASSERT_EQ(network.nodes.size(), 5U);
}

TEST(ImportNormalization, AMeanBeforeAPaddedConvolutionIsRefused) {
  ModelBuilder b = scalar_steps({{"Sub", 0.5F}, {"Div", 0.5F}});
  b.conv("conv", 4, 2, 3, {{"pads", {1, 1, 1, 1}}}).classifier("fc", 256).output();
  expect_refused(b.model, {"node 'n_Sub' (Sub)", "mean", "node 'conv' (Conv) pads"});
}

TEST(ImportNormalization, AnAmbiguousOrNegativeScaleIsRefused) {
  ModelBuilder b = scalar_steps({{"Div", 1.5F}});
  b.conv("conv", 4, 2, 3).classifier("fc", 144).output();
  expect_refused(b.model, {"node 'n_Div' (Div)", "1.5", "offramp.input_scale"});
  b.model.metadata = {{"offramp.input_scale", "255"}};
  EXPECT_EQ(b.import().input_scale, 255 * 1.5);
  ModelBuilder negative = scalar_steps({{"Mul", -1.0F}});
  negative.conv("conv", 4, 2, 3).classifier("fc", 144).output();
  expect_refused(negative.model, {"node 'n_Mul' (Mul)", "multiplies by -1"});
}

TEST(ImportNormalization, MetadataSaysWhatTheInputStandsFor) {
  ModelBuilder b;
  b.conv("conv", 4, 2, 3).classifier("fc", 144).output();
  b.model.metadata = {{"offramp.input_scale", "128"}};
  EXPECT_EQ(b.import().input_scale, 128.0);
  for (const char* bad : {"", "0", "-1", "nan", "inf", "12x"}) {
    b.model.metadata[0].second = bad;
    expect_refused(b.model, {"'offramp.input_scale'", std::string("'") + bad + "'"});
  }
}

}  // namespace
}  // namespace offramp::net
