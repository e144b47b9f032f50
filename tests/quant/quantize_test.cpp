#include "quant/quantize.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "float_networks.h"
#include "golden/golden.h"
#include "net/float_run.h"
#include "quant/check_network.h"
#include "quant/quantize_weights.h"

namespace offramp::quant {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;

const QLayer& layer(const QNetwork& n, const std::string& name) {
  for (const QLayer& l : n.layers) {
    if (l.name == name) return l;
  }
  throw std::logic_error("no layer " + name);
}
const QTensor& output(const QNetwork& n, const std::string& name) {
  return n.tensors[static_cast<std::size_t>(layer(n, name).output)];
}

/// Mean absolute error of the logits, in units of the logits' own deviation.
double logit_error(const net::Network& network, const QNetwork& quantized, const net::Split& images) {
  double error = 0;
  double size = 0;
  for (std::size_t i = 0; i < images.size(); ++i) {
    const auto want = net::run_float(network, images.image(i));
    const auto got =
        golden::run_simple(quantized, {images.image(i), static_cast<std::size_t>(images.shape.elements())});
    for (std::size_t e = 0; e < network.exits.size(); ++e) {
      const auto& w = want[static_cast<std::size_t>(network.exits[e].logits)];
      const auto& g = got.tensors[static_cast<std::size_t>(quantized.exits[e].logits)];
      for (std::size_t k = 0; k < w.size(); ++k) {
        error += std::abs(w[k] - g[k] * quantized.decision.logit_step);
        size += std::abs(w[k]);
      }
    }
  }
  return error / size;
}

TEST(QuantizeChannel, NeverUsesTheLowestNumberWhichHasNoOpposite) {
  const std::vector<float> lopsided{-1.0F, -0.999F, 0.01F, 0.3F, -1.0F};
  for (int bits = 2; bits <= 16; ++bits) {
    const auto top = static_cast<std::int32_t>(fixed::range_of(bits, true).hi);
    const std::vector<std::int32_t> values = quantize_channel(lopsided, 0.5F, bits, 0.01).values;
    EXPECT_EQ(*std::min_element(values.begin(), values.end()), -top) << bits;
    EXPECT_EQ(quantize_channel(std::vector<float>(4, -3.0F), 0, bits, 1).values[0], -1);
  }
}

TEST(QuantizeChannel, RoundsHalvesAwayFromZero) {
  // The largest weight makes a step of 1.
  const std::vector<float> weights{127, 0.5F, -0.5F, 1.5F, -2.5F, 0.49999997F, -0.49999997F, 126.5F, -126.5F};
  EXPECT_THAT(quantize_channel(weights, 0, 8, 1).values, ElementsAre(127, 1, -1, 2, -3, 0, 0, 127, -127));
}

TEST(Quantize, ComesCloserToTheFloatNetworkWithEveryBit) {
  const net::Network network = everything_network(3);
  const net::Split calibration = random_split({3, 12, 12}, 15, 1);
  // Other images could lie beyond the calibrated ranges, which no number of bits helps.
  const net::Split& images = calibration;
  const auto error = [&](int bits) {
    return logit_error(
        network, quantize(network, &calibration, {.bits = {bits, bits}, .layer_bits = {}, .logit_bits = 16}),
        images);
  };
  const double e4 = error(4);
  const double e6 = error(6);
  const double e8 = error(8);
  const double e12 = error(12);
  EXPECT_LT(e4, 0.6);
  EXPECT_LT(e6, e4 / 2);
  EXPECT_LT(e8, e6 / 2);
  EXPECT_LT(e12, e8 / 4);
  EXPECT_LT(e8, 0.03);
  EXPECT_LT(error(16), 1e-3);
}

TEST(Quantize, KeepsTheRulesThatHardwareReliesOn) {
  const net::Split calibration = random_split({3, 12, 12}, 20, 1);
  const QNetwork q = quantize(everything_network(), &calibration, {});
  ASSERT_NO_THROW(check_network(q));
  EXPECT_EQ(q.tensors[0].scale, 1.0 / 255);
  EXPECT_FALSE(output(q, "conv1").is_signed);  // ends in a Relu
  EXPECT_TRUE(output(q, "conv3").is_signed);
  EXPECT_FALSE(output(q, "add").is_signed);
  EXPECT_FALSE(output(q, "exit0_avg").is_signed);  // an average of what is never negative
  EXPECT_EQ(output(q, "pool1").scale, output(q, "conv1").scale);
  EXPECT_EQ(layer(q, "conv1").clamp, (fixed::Range{0, 255}));
  const auto limit = static_cast<std::int64_t>(std::round(6.0 / output(q, "conv2").scale));
  EXPECT_EQ(layer(q, "conv2").clamp, (fixed::Range{0, std::min<std::int64_t>(limit, 255)}));
  for (const QExit& e : q.exits) {
    const QTensor& t = q.tensors[static_cast<std::size_t>(e.logits)];
    EXPECT_TRUE(t.is_signed);
    EXPECT_EQ(t.bits, 12);
    EXPECT_EQ(t.scale, q.decision.logit_step);
  }
  EXPECT_THAT(layers_for_exit(q, 0), ElementsAre(0, 1, 2, 3));
  EXPECT_EQ(branch_of(q, 1), -1);
  EXPECT_EQ(branch_of(q, 2), 0);
  EXPECT_EQ(branch_of(q, 3), 0);
  EXPECT_EQ(branch_of(q, static_cast<int>(q.layers.size()) - 1), -1);
  EXPECT_EQ(q.exits[0].level, 0.9);
  EXPECT_EQ(q.exits[0].threshold, fixed::threshold_register(fixed::Criterion::max_softmax, 0.9, 1));
  EXPECT_EQ(q.calibration, "20 of 20 training images");
}

TEST(Quantize, NeverSaturatesALogitOfTheCalibrationImages) {
  const net::Split calibration = random_split({3, 12, 12}, 30, 4);
  const QNetwork q =
      quantize(everything_network(5), &calibration, {.bits = {8, 8}, .layer_bits = {}, .logit_bits = 8});
  std::int32_t largest = 0;
  for (std::size_t i = 0; i < calibration.size(); ++i) {
    const auto t = golden::run_simple(q, {calibration.image(i), 432});
    for (const QExit& e : q.exits) {
      for (const std::int32_t z : t.tensors[static_cast<std::size_t>(e.logits)])
        largest = std::max(largest, std::abs(z));
    }
  }
  EXPECT_LT(largest, 115);  // 127 / 1.25 and what quantization adds
  EXPECT_GT(largest, 80);
}

TEST(Quantize, GivesBothInputsOfAnAddOneScaleAndWeightsOfOne) {
  const net::Split calibration = random_split({3, 12, 12}, 20, 1);
  const QNetwork q = quantize(everything_network(), &calibration, {});
  const auto& add = std::get<QAdd>(layer(q, "add").op);
  EXPECT_EQ(add.weight_a, 1);
  EXPECT_EQ(add.weight_b, 1);
  EXPECT_EQ(output(q, "pool1").scale, output(q, "conv3").scale);
}

TEST(Quantize, AddsTheRawInputWithIntegerWeights) {
  NetBuilder b({2, 5, 5});
  const int sum = b.sum("add", 0, b.conv("c", 0, 2, square(3, 1, 1)));
  b.exit("end", b.dense("fc", b.flatten("f", sum), 4));
  const net::Split images = random_split({2, 5, 5}, 20, 1);
  const QNetwork q = quantize(b.network(), &images, {});
  const auto& add = std::get<QAdd>(layer(q, "add").op);
  EXPECT_EQ(std::max(add.weight_a, add.weight_b), 127);
  EXPECT_GT(std::min(add.weight_a, add.weight_b), 0);
  EXPECT_LT(logit_error(b.network(), q, images), 0.03);
}

TEST(Quantize, AveragesWithWeightOneAndTheDivisionInTheRequantization) {
  const net::Split calibration = random_split({3, 12, 12}, 20, 1);
  const QNetwork q = quantize(everything_network(), &calibration, {});
  const auto& average = std::get<QConv>(layer(q, "exit0_avg").op);
  EXPECT_THAT(average.weights, testing::Each(1));
  EXPECT_EQ(average.groups, 8);
  EXPECT_EQ(layer(q, "exit0_avg").acc_bits, 11);  // 4 * 255, signed
}

TEST(Quantize, ProvesAccumulatorsTight) {
  NetBuilder b({1, 1, 2});
  b.exit("end", b.dense("fc", 0, 2));
  auto& dense = std::get<net::Dense>(b.network().nodes[1].layer);
  dense.weights = {1, -1, 1, 0.5};
  dense.bias = {0, 0};
  const net::Split images = random_split({1, 1, 2}, 4, 1);
  const QNetwork q = quantize(b.network(), &images, {});
  // Row 0 is +-1: sums in [-255, 255]. Row 1 is 127 and 64: [0, 48705].
  EXPECT_EQ(accumulator_bounds(q, q.layers[0]), (fixed::Range{-255, 48705}));
  EXPECT_EQ(q.layers[0].acc_bits, 17);
}

TEST(Quantize, FollowsBitsPerLayerAndRefusesWhatDoesNotExist) {
  const net::Network network = everything_network();
  const QNetwork q =
      quantize(network, nullptr, {.bits = {8, 8}, .layer_bits = {{"conv2", {4, 6}}, {"fc2", {3, 5}}}});
  EXPECT_EQ(std::get<QConv>(layer(q, "conv2").op).weight_bits, 4);
  EXPECT_EQ(output(q, "conv2").bits, 6);
  EXPECT_EQ(std::get<QConv>(layer(q, "fc2").op).weight_bits, 3);
  EXPECT_EQ(output(q, "fc2").bits, 12);  // logits are logits
  EXPECT_EQ(output(q, "conv3").bits, 8);
  EXPECT_THAT(q.calibration, HasSubstr("synthetic"));
  const auto refuse = [&](QuantizeOptions options, const std::string& what) {
    EXPECT_THAT([&] { (void)quantize(network, nullptr, options); }, ThrowsMessage<Error>(HasSubstr(what)));
  };
  refuse({.bits = {}, .layer_bits = {{"conv9", {4, 6}}}}, "no such layer; its layers are conv1, exit0_avg");
  refuse({.bits = {1, 8}, .layer_bits = {}}, "weights of 1 bits");
  refuse({.bits = {8, 17}, .layer_bits = {}}, "activations of 17 bits");
  refuse({.bits = {}, .layer_bits = {{"conv2", {8, 1}}}}, "layer 'conv2': activations of 1 bits");
  refuse({.bits = {}, .layer_bits = {}, .logit_bits = 17}, "logits of 17 bits");
}

TEST(Quantize, TakesTheLevelFromAnIfForm) {
  net::Network network = everything_network();
  network.exits[0].level = 0.75;
  network.exits[1].criterion = fixed::Criterion::entropy;
  network.exits[1].level = 0.2;
  const QNetwork q = quantize(network, nullptr, {});
  EXPECT_EQ(q.exits[0].threshold, fixed::threshold_register(fixed::Criterion::max_softmax, 0.75, 1));
  EXPECT_EQ(q.exits[1].criterion, fixed::Criterion::entropy);
  EXPECT_EQ(q.exits[1].threshold, fixed::threshold_register(fixed::Criterion::entropy, 0.2, 1));
}

TEST(Quantize, RefusesImagesOfAnotherShape) {
  const net::Split other = random_split({3, 12, 11}, 3, 1);
  const net::Split none{.shape = {3, 12, 12}, .pixels = {}, .labels = {}};
  EXPECT_THAT([&] { (void)quantize(everything_network(), &other, {}); },
              ThrowsMessage<Error>(HasSubstr("3x12x11")));
  EXPECT_THAT([&] { (void)quantize(everything_network(), &none, {}); },
              ThrowsMessage<Error>(HasSubstr("no calibration images")));
}

TEST(Quantize, SurvivesDeadChannelsAndConstantNetworks) {
  net::Network network = everything_network(8);
  for (net::Node& n : network.nodes) {
    if (auto* conv = std::get_if<net::Conv>(&n.layer)) {
      const auto terms = conv->weights.size() / conv->bias.size();
      std::fill_n(conv->weights.begin(), terms, n.name == "conv2" ? 1e-20F : 0.0F);
      conv->bias[0] = n.name == "conv1" ? -3.0F : 0.7F;
    }
  }
  const net::Split images = random_split({3, 12, 12}, 10, 1);
  EXPECT_LT(logit_error(network, quantize(network, &images, {}), images), 0.05);
  for (net::Node& n : network.nodes) {
    if (auto* dense = std::get_if<net::Dense>(&n.layer)) {
      std::fill(dense->weights.begin(), dense->weights.end(), 0.0F);
      std::fill(dense->bias.begin(), dense->bias.end(), 0.0F);
    }
  }
  EXPECT_NO_THROW((void)quantize(network, &images, {}));
}

TEST(QuantizeChannel, IsTheNearestGridAndClipsBelowEightBitsWhereThatHelps) {
  std::mt19937_64 random(3);
  std::normal_distribution<float> normal(0, 1);
  std::vector<float> weights(200);
  for (float& w : weights) w = normal(random);
  weights[0] = 6;
  for (int bits = 2; bits <= 16; ++bits) {
    const ChannelWeights q = quantize_channel(weights, 0.5F, bits, 0.01);
    const std::int64_t top = fixed::range_of(bits, true).hi;
    double error = 0;
    double unclipped = 0;
    for (std::size_t i = 0; i < weights.size(); ++i) {
      ASSERT_LE(std::abs(q.values[i]), top);
      const double e = weights[i] - q.values[i] * q.scale;
      error += e * e;
      const double step = 6.0 / static_cast<double>(top);
      const double u = weights[i] - std::round(weights[i] / step) * step;
      unclipped += u * u;
    }
    EXPECT_LE(error, unclipped * 1.0000001) << bits;
    if (bits <= 4) {
      EXPECT_LT(error, unclipped * 0.9) << bits;
    }
    EXPECT_NEAR(static_cast<double>(q.bias) * q.scale * 0.01, 0.5, q.scale * 0.005001);
  }
}

}  // namespace
}  // namespace offramp::quant
