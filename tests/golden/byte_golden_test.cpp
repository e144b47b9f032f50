// The byte engine against the plain reference, where sums are largest and shapes fit its kernels worst.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "expect_same.h"
#include "golden/byte_kernels.h"
#include "quant/check_network.h"
#include "single_layer.h"

namespace offramp::golden {
namespace {

using Kind = LayerCase::Kind;

class ByteGolden : public testing::Test {
 protected:
  void SetUp() override {
    if (!byte_kernels_available()) GTEST_SKIP() << "skipped: this CPU has no AVX-512 VNNI";
  }
  static void expect_bytes(const quant::QNetwork& net, std::size_t images = 3) {
    ASSERT_TRUE(FastGolden::runs_on_bytes(net)) << net.name;
    ASSERT_NO_FATAL_FAILURE(expect_same(net, 1, images));
  }
};

/// Gives every weight and bias of the tested layer the value that `choose` has for it, and puts its format
/// right.
template <typename Choose>
quant::QNetwork with_weights(quant::QNetwork net, Choose choose, std::int64_t bias) {
  quant::QLayer& layer = net.layers[1];
  auto& conv = std::get<quant::QConv>(layer.op);
  for (std::size_t i = 0; i < conv.weights.size(); ++i) conv.weights[i] = choose(i);
  std::fill(conv.bias.begin(), conv.bias.end(), bias);
  layer.acc_bits = fixed::bits_for(quant::accumulator_bounds(net, layer), true);
  return net;
}

TEST_F(ByteGolden, IsExactWhereEveryOperandAndWeightIsExtreme) {
  const LayerCase wide{.name = "wide", .in = {64, 6, 6}, .channels = 20, .window = {3, 3, 1, 1, 1, 1, 1, 1}};
  for (const bool is_signed : {false, true}) {
    const quant::QNetwork net = single_layer(wide, {.in_signed = is_signed, .out_signed = true}, 1);
    for (const std::int32_t w : {127, -127, -128}) {
      expect_bytes(with_weights(
          net, [&](std::size_t) { return w; }, 0));
      expect_bytes(with_weights(
          net, [&](std::size_t i) { return i % 2 == 0 ? w : 127; }, -1000));
    }
  }
}

TEST_F(ByteGolden, IsExactUpToTheLastBitOfTheAccumulator) {
  const quant::QNetwork net =
      single_layer({.name = "full", .in = {64, 5, 5}, .channels = 9, .window = {3, 3, 1, 1, 0, 0, 0, 0}},
                   {.out_bits = 8}, 1);
  constexpr std::int64_t kLargest = (std::int64_t{1} << 31) - 1;
  const std::int64_t products = std::int64_t{64} * 9 * 127 * 255;
  for (const std::int32_t w : {127, -127}) {
    const std::int64_t bias = w > 0 ? kLargest - products : products - kLargest - 1;
    quant::QNetwork full = with_weights(
        net, [&](std::size_t) { return w; }, bias);
    ASSERT_EQ(full.layers[1].acc_bits, 32);
    for (fixed::Requant& r : full.layers[1].requant) r = fixed::requant_for(100.0 / kLargest);
    expect_bytes(full);
    full.layers[1].requant.assign(9, {65535, 1});  // far beyond 32 bits before it saturates
    expect_bytes(full);
    full.layers[1].requant.assign(9, {65535, fixed::kMaxShift});
    expect_bytes(full);
  }
}

TEST_F(ByteGolden, IsExactWhereSumsOfOffsetOperandsLeaveTheAccumulatorOnTheWay) {
  // Signed operands get 128 more. Four bits never reach -128, so that the sum starts beyond 32 bits.
  const quant::QNetwork net =
      single_layer({.name = "offset", .in = {64, 5, 5}, .channels = 9, .window = {3, 3, 1, 1, 0, 0, 0, 0}},
                   {.in_bits = 4, .in_signed = true, .out_signed = true}, 1);
  const std::int64_t bias = std::int64_t{64} * 9 * 127 * 8 - (std::int64_t{1} << 31);
  quant::QNetwork full = with_weights(
      net, [](std::size_t) { return 127; }, bias);
  ASSERT_EQ(full.layers[1].acc_bits, 32);
  full.layers[1].requant.assign(9, fixed::requant_for(std::ldexp(1.0, -24)));
  expect_bytes(full);
}

TEST_F(ByteGolden, LeavesNetworksThatDoNotFitToThePlanes) {
  const LayerCase c{.name = "conv", .window = {3, 3, 1, 1, 0, 0, 0, 0}};
  EXPECT_TRUE(FastGolden::runs_on_bytes(single_layer(c, {}, 1)));
  EXPECT_FALSE(FastGolden::runs_on_bytes(single_layer(c, {.weight_bits = 9}, 1)));
  EXPECT_FALSE(FastGolden::runs_on_bytes(single_layer(c, {.in_bits = 9}, 1)));
  EXPECT_FALSE(FastGolden::runs_on_bytes(single_layer(c, {.out_bits = 9}, 1)));
  const quant::QNetwork beyond = with_weights(
      single_layer(c, {}, 1), [](std::size_t) { return 1; }, std::int64_t{1} << 31);
  ASSERT_EQ(beyond.layers[1].acc_bits, 33);
  EXPECT_FALSE(FastGolden::runs_on_bytes(beyond));
  EXPECT_THROW(FastGolden(beyond, FastGolden::Way::bytes), std::logic_error);
  expect_same(beyond, 1);
}

TEST_F(ByteGolden, EqualsThePlainReferenceForAnyNumberOfChannelsAndImages) {
  // Blocks of 16 channels, four of them in a call, tiles of 6 and 8 pixels, blocks of 16 images: none
  // divides.
  for (const int channels : {1, 2, 15, 16, 17, 33, 48, 49, 63, 64, 65, 130}) {
    expect_bytes(
        single_layer(
            {.name = "outputs", .in = {5, 4, 3}, .channels = channels, .window = {3, 3, 1, 1, 1, 1, 1, 1}},
            {.in_signed = channels % 2 == 0}, 2),
        channels < 50 ? 19 : 3);
    expect_bytes(single_layer(
        {.name = "inputs", .in = {channels, 3, 4}, .channels = 7, .window = {2, 3, 2, 1, 1, 0, 0, 2}},
        {.in_signed = channels % 2 == 1, .out_signed = true}, 3));
    expect_bytes(
        single_layer({.name = "dense", .in = {channels, 3, 2}, .channels = 35, .window = {3, 2}}, {}, 4), 18);
    for (const Kind kind : {Kind::add, Kind::max_pool}) {
      expect_bytes(single_layer(
          {.name = "elementwise", .in = {channels, 5, 4}, .window = {3, 2, 2, 1, 1, 1, 0, 0}, .kind = kind},
          {.in_signed = channels % 2 == 1, .out_signed = channels % 3 == 0}, 5));
    }
  }
}

TEST_F(ByteGolden, EqualsThePlainReferenceForGroupsOfAnySize) {
  struct Case {
    int groups, read, made;
  };
  for (const Case c : {Case{2, 4, 4}, {3, 4, 20}, {2, 1, 17}, {17, 1, 1}, {40, 1, 1}, {5, 3, 2}, {4, 6, 1}}) {
    for (const bool is_signed : {false, true}) {
      expect_bytes(single_layer({.name = "grouped",
                                 .in = {c.groups * c.read, 5, 6},
                                 .channels = c.groups * c.made,
                                 .window = {3, 3, 2, 1, 1, 1, 1, 0},
                                 .groups = c.groups},
                                {.in_signed = is_signed}, 6));
    }
  }
}

TEST_F(ByteGolden, EqualsThePlainReferenceOnRandomNetworksOfAtMostEightBits) {
  const quant::RandomNetworkOptions options{
      .max_channels = 40, .max_layers = 8, .max_weight_bits = 8, .max_activation_bits = 8};
  int on_bytes = 0;
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    const quant::QNetwork net = quant::random_network(seed, options);
    on_bytes += FastGolden::runs_on_bytes(net);
    ASSERT_NO_FATAL_FAILURE(expect_same(net, seed, 4)) << seed;
  }
  EXPECT_GT(on_bytes, 250);
}

}  // namespace
}  // namespace offramp::golden
