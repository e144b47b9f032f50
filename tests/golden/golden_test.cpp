#include "golden/golden.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>

#include "expect_same.h"
#include "golden/gemm.h"
#include "quant/random_network.h"
#include "single_layer.h"

namespace offramp::golden {
namespace {

using quant::QNetwork;
using testing::ElementsAre;

/// One layer over raw pixels, with a 16-bit output so that nothing saturates.
QNetwork tiny(net::Shape in, quant::QLayer layer, net::Shape out, bool out_signed = true) {
  QNetwork net;
  net.tensors.push_back({.name = "input", .shape = in, .bits = 8, .is_signed = false, .scale = 1});
  net.tensors.push_back({.name = "out", .shape = out, .bits = 16, .is_signed = out_signed, .scale = 1});
  layer.name = "layer";
  layer.inputs.assign(std::holds_alternative<quant::QAdd>(layer.op) ? 2 : 1, 0);
  layer.output = 1;
  if (layer.requant.empty() && !std::holds_alternative<quant::QMaxPool>(layer.op)) {
    layer.requant.assign(static_cast<std::size_t>(out.channels), fixed::requant_for(1));
  }
  layer.clamp = fixed::range_of(16, out_signed);
  net.layers.push_back(layer);
  // A network ends in an exit: two classes that nothing decides between.
  quant::QConv end{.window = {}, .groups = 1, .weight_bits = 8, .weights = {}, .bias = {0, 0}};
  end.window.kernel_h = out.height;
  end.window.kernel_w = out.width;
  end.weights.assign(static_cast<std::size_t>(2 * out.elements()), 0);
  net.tensors.push_back({.name = "logits", .shape = {2, 1, 1}, .bits = 12, .is_signed = true, .scale = 0.01});
  net.layers.push_back({.name = "end",
                        .op = end,
                        .inputs = {1},
                        .output = 2,
                        .requant = {fixed::requant_for(1), fixed::requant_for(1)},
                        .clamp = fixed::range_of(12, true)});
  net.exits.push_back({.name = "end", .logits = 2});
  net.decision = fixed::make_decision_tables(2, 12, 0.01);
  return net;
}

Tensor output(const QNetwork& net, const std::vector<std::uint8_t>& pixels) {
  return run_simple(net, pixels).tensors[1];
}

TEST(SimpleGolden, ConvolvesAsWorkedOutByHand) {
  // 3x3 image, 2x2 kernel, one row of padding above: [1 2 3; 4 5 6; 7 8 9].
  quant::QConv conv{.window = {2, 2, 1, 1, 1, 0, 0, 0},
                    .groups = 1,
                    .weight_bits = 8,
                    .weights = {1, -2, 3, 4},
                    .bias = {10}};
  const QNetwork net = tiny(
      {1, 3, 3}, {.name = "", .op = conv, .inputs = {}, .output = 1, .requant = {}, .clamp = {}}, {1, 3, 2});
  EXPECT_THAT(output(net, {1, 2, 3, 4, 5, 6, 7, 8, 9}),
              ElementsAre(10 + 3 * 1 + 4 * 2, 10 + 3 * 2 + 4 * 3,      //
                          10 + 1 - 4 + 12 + 20, 10 + 2 - 6 + 15 + 24,  //
                          10 + 4 - 10 + 21 + 32, 10 + 5 - 12 + 24 + 36));
}

TEST(SimpleGolden, ReadsWeightsInChannelRowColumnOrderAndPixelsInRowColumnChannelOrder) {
  // A dense layer over 2 channels x 1 row x 2 columns: weight k = (channel, row, column).
  quant::QConv dense{.window = {1, 2, 1, 1, 0, 0, 0, 0},
                     .groups = 1,
                     .weight_bits = 16,
                     .weights = {1, 10, 100, 1000},
                     .bias = {0}};
  const QNetwork net = tiny(
      {2, 1, 2}, {.name = "", .op = dense, .inputs = {}, .output = 1, .requant = {}, .clamp = {}}, {1, 1, 1});
  EXPECT_THAT(output(net, {1, 2, 3, 4}), ElementsAre(1 * 1 + 3 * 10 + 2 * 100 + 4 * 1000));
}

TEST(SimpleGolden, KeepsGroupsApart) {
  quant::QConv conv{.window = {}, .groups = 2, .weight_bits = 8, .weights = {1, 2, 3, 4}, .bias = {0, 0}};
  const QNetwork net = tiny(
      {4, 1, 1}, {.name = "", .op = conv, .inputs = {}, .output = 1, .requant = {}, .clamp = {}}, {2, 1, 1});
  EXPECT_THAT(output(net, {1, 10, 100, 200}), ElementsAre(1 + 20, 300 + 800));
}

TEST(SimpleGolden, PoolsOverlappingWindowsAndPaddingNeverWins) {
  const QNetwork net = tiny({1, 3, 3},
                            {.name = "",
                             .op = quant::QMaxPool{{2, 2, 1, 1, 1, 1, 0, 0}},
                             .inputs = {},
                             .output = 1,
                             .requant = {},
                             .clamp = {}},
                            {1, 3, 3});
  EXPECT_THAT(output(net, {9, 1, 2, 3, 4, 5, 6, 7, 8}), ElementsAre(9, 9, 2, 9, 9, 5, 6, 7, 8));
  // Behind a layer that makes only negative values, zero padding would win.
  QNetwork negative = single_layer({.name = "pool",
                                    .in = {1, 4, 4},
                                    .channels = 1,
                                    .window = {3, 3, 2, 2, 1, 1, 1, 1},
                                    .groups = 1,
                                    .kind = LayerCase::Kind::max_pool},
                                   {.in_signed = true}, 1);
  const Trace trace = run_simple(negative, std::vector<std::uint8_t>(16, 3));
  for (const std::int32_t v : trace.tensors[2]) EXPECT_LT(v, 0);
}

TEST(SimpleGolden, AddsWithIntegerWeightsAndSaturates) {
  QNetwork net =
      tiny({1, 1, 3},
           {.name = "", .op = quant::QAdd{8, 3, -1}, .inputs = {}, .output = 1, .requant = {}, .clamp = {}},
           {1, 1, 3});
  EXPECT_THAT(output(net, {0, 7, 255}), ElementsAre(0, 14, 510));
  net.layers[0].clamp = {5, 300};
  EXPECT_THAT(output(net, {0, 7, 255}), ElementsAre(5, 14, 300));
  net.layers[0].requant[0] = {1, 2};  // quarter, halves up: 14/4 = 3.5 -> 4
  net.layers[0].clamp = {-300, 300};
  EXPECT_THAT(output(net, {0, 7, 255}), ElementsAre(0, 4, 128));
}

TEST(SimpleGolden, TakesTheFirstConfidentExitElseTheLast) {
  quant::RandomNetworkOptions options;
  int early = 0;
  int last = 0;
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    const QNetwork net = quant::random_network(seed, options);
    const Trace t = run_simple(net, quant::random_image(net, seed));
    const int exits = static_cast<int>(net.exits.size());
    ASSERT_EQ(t.decisions.size(), net.exits.size());
    for (int e = 0; e < t.exit; ++e) EXPECT_FALSE(t.decisions[static_cast<std::size_t>(e)].confident);
    EXPECT_TRUE(t.exit + 1 == exits || t.decisions[static_cast<std::size_t>(t.exit)].confident);
    EXPECT_EQ(t.predicted, t.decisions[static_cast<std::size_t>(t.exit)].top_class);
    (t.exit + 1 < exits ? early : last)++;
  }
  EXPECT_GT(early, 5);
  EXPECT_GT(last, 5);
}

class FastGoldenOnLayers : public testing::TestWithParam<LayerCase> {};

TEST_P(FastGoldenOnLayers, EqualsTheSimpleOneInEveryNumberFormat) {
  int alive = 0;
  for (const int weight_bits : {2, 3, 5, 7, 8, 9, 12, 16}) {
    for (const int in_bits : {2, 4, 7, 8, 9, 16}) {
      for (const bool is_signed : {false, true}) {
        const Formats f{.weight_bits = weight_bits,
                        .in_bits = in_bits,
                        .in_signed = is_signed,
                        .out_bits = 2 + (weight_bits + in_bits) % 15,
                        .out_signed = !is_signed,
                        .extreme = in_bits % 2 == 0};
        const QNetwork net =
            single_layer(GetParam(), f, static_cast<std::uint64_t>(weight_bits * 100 + in_bits));
        expect_same(net, 1);
        const Trace t = run_simple(net, quant::random_image(net, 7));
        const auto [lo, hi] = std::minmax_element(t.tensors[2].begin(), t.tensors[2].end());
        alive += *lo != *hi;
      }
    }
  }
  EXPECT_GT(alive, 60) << "the test's own networks are mostly constant";
}

using Kind = LayerCase::Kind;
INSTANTIATE_TEST_SUITE_P(
    Kinds, FastGoldenOnLayers,
    testing::Values(
        LayerCase{.name = "conv", .window = {3, 3, 1, 1, 0, 0, 0, 0}},
        LayerCase{.name = "padded", .window = {3, 3, 1, 1, 1, 1, 1, 1}},
        LayerCase{.name = "lopsided", .window = {5, 2, 2, 3, 3, 1, 0, 0}},
        LayerCase{.name = "strided", .window = {2, 3, 3, 2, 0, 2, 1, 0}},
        LayerCase{.name = "pointwise", .channels = 7, .window = {}},
        LayerCase{.name = "gapped", .window = {1, 1, 2, 3, 0, 0, 0, 0}},
        LayerCase{.name = "grouped",
                  .in = {6, 5, 5},
                  .channels = 4,
                  .window = {3, 3, 1, 1, 1, 1, 1, 1},
                  .groups = 2},
        LayerCase{.name = "depthwise",
                  .in = {5, 6, 6},
                  .channels = 5,
                  .window = {3, 3, 2, 2, 1, 1, 1, 1},
                  .groups = 5},
        LayerCase{.name = "multiplied_depthwise",
                  .in = {3, 6, 6},
                  .channels = 6,
                  .window = {3, 3, 1, 1, 0, 0, 0, 0},
                  .groups = 3},
        LayerCase{.name = "dense", .in = {8, 5, 5}, .channels = 12, .window = {5, 5, 1, 1, 0, 0, 0, 0}},
        LayerCase{.name = "vector", .in = {70, 1, 1}, .channels = 9, .window = {}},
        LayerCase{.name = "add", .window = {}, .kind = Kind::add},
        LayerCase{.name = "pool", .window = {2, 2, 2, 2, 0, 0, 0, 0}, .kind = Kind::max_pool},
        LayerCase{.name = "overlapping_pool", .window = {3, 3, 2, 1, 0, 0, 0, 0}, .kind = Kind::max_pool},
        LayerCase{.name = "padded_pool", .window = {3, 2, 2, 2, 2, 1, 1, 0}, .kind = Kind::max_pool}),
    [](const auto& made) { return std::string(made.param.name); });

TEST(FastGolden, EqualsTheSimpleOneOnAverages) {
  for (const int in_bits : {4, 8, 16}) {
    QNetwork net = single_layer(
        {.name = "average", .in = {4, 6, 6}, .channels = 4, .window = {3, 3, 1, 1, 0, 0, 0, 0}, .groups = 4},
        {.in_bits = in_bits}, 1);
    auto& conv = std::get<quant::QConv>(net.layers[1].op);
    std::fill(conv.weights.begin(), conv.weights.end(), 1);
    std::fill(conv.bias.begin(), conv.bias.end(), 0);
    expect_same(net, 3);
  }
}

TEST(FastGolden, EqualsTheSimpleOneOnRandomNetworksWithExits) {
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    ASSERT_NO_FATAL_FAILURE(expect_same(quant::random_network(seed), seed, 4)) << seed;
  }
}

TEST(FastGolden, GivesTheSameWhateverTheNumberOfImagesInACall) {
  const QNetwork net = quant::random_network(11);
  const std::size_t size = static_cast<std::size_t>(net.tensors[0].shape.elements());
  std::vector<std::uint8_t> pixels;
  for (std::uint64_t i = 0; i < 150; ++i) {
    const auto image = quant::random_image(net, i);
    pixels.insert(pixels.end(), image.begin(), image.end());
  }
  const FastGolden fast(net);
  EXPECT_TRUE(fast.decide(pixels.data(), 0).empty());
  const auto all = fast.decide(pixels.data(), 150);
  for (std::size_t i = 0; i < 150; ++i)
    EXPECT_EQ(all[i].decisions, fast.decide(pixels.data() + i * size, 1)[0].decisions);
}

class GemmKernels : public testing::TestWithParam<fixed::Range> {};

template <typename T>
std::vector<std::int64_t> product(const Gemm& gemm, const std::vector<std::int32_t>& x, int columns) {
  std::vector<T> operands;
  for (const std::int32_t v : x) operands.push_back(static_cast<T>(v + gemm.offset()));
  std::vector<std::int64_t> acc(static_cast<std::size_t>(gemm.rows()) * static_cast<std::size_t>(columns));
  gemm.multiply(operands.data(), columns, acc.data());
  return acc;
}

TEST_P(GemmKernels, AreExactAtTheExtremesWheneverTheySaySo) {
  // All weights at one end and all operands at the other is where 16-bit sums of pairs saturate first.
  const fixed::Range x = GetParam();
  const OneThread one_thread;
  std::mt19937_64 random(1);
  int exact_bytes = 0;
  int inexact_bytes = 0;
  for (const int rows : {1, 2, 6, 16, 50}) {
    for (const int depth : {1, 2, 5, 25, 64, 400, 3000}) {
      for (const int columns : {1, 3, 17, 200}) {
        for (const std::int32_t w : {-128, -64, 63, 127}) {
          std::vector<std::int32_t> weights(static_cast<std::size_t>(rows) * static_cast<std::size_t>(depth),
                                            w);
          std::vector<std::int32_t> operands(
              static_cast<std::size_t>(depth) * static_cast<std::size_t>(columns),
              static_cast<std::int32_t>(columns == 3 ? x.lo : x.hi));
          for (std::size_t i = 0; i < operands.size() / 8; ++i)
            operands[random() % operands.size()] = static_cast<std::int32_t>(x.lo);
          const OneThread guard;
          const Gemm reference(weights, rows, depth, x, Kernel::integer);
          const auto expected = product<std::int32_t>(reference, operands, columns);
          std::int64_t first = 0;
          for (int k = 0; k < depth; ++k)
            first += std::int64_t{w} * operands[static_cast<std::size_t>(k * columns)];
          ASSERT_EQ(expected[0], first);
          const auto bytes = [&] {
            const Gemm gemm(weights, rows, depth, x, Kernel::int8);
            return product<std::uint8_t>(gemm, operands, columns);
          };
          if (Gemm::exact_with(Kernel::int8, weights, rows, depth, x)) {
            ASSERT_EQ(bytes(), expected) << rows << "x" << depth << "x" << columns << " w " << w;
            ++exact_bytes;
          } else {
            inexact_bytes += bytes() != expected;
          }
          if (Gemm::exact_with(Kernel::float32, weights, rows, depth, x)) {
            ASSERT_EQ(product<float>(Gemm(weights, rows, depth, x, Kernel::float32), operands, columns),
                      expected);
          }
        }
      }
    }
  }
  EXPECT_GT(exact_bytes, 0);
  RecordProperty("int8_wrong_where_not_trusted", inexact_bytes);
}

INSTANTIATE_TEST_SUITE_P(Operands, GemmKernels,
                         testing::Values(fixed::Range{0, 255}, fixed::Range{0, 127},
                                         fixed::Range{-128, 127}));

TEST(Gemm, RefusesKernelsThatCouldRound) {
  const auto exact = [](Kernel kernel, std::int32_t weight, int depth, fixed::Range x) {
    const std::vector<std::int32_t> weights(static_cast<std::size_t>(depth), weight);
    return Gemm::exact_with(kernel, weights, 1, depth, x);
  };
  EXPECT_FALSE(exact(Kernel::int8, 128, 4, {0, 255}));
  EXPECT_FALSE(exact(Kernel::int8, 1, 4, {0, 511}));
  EXPECT_FALSE(exact(Kernel::int8, 1, 4, {-129, 3}));
  EXPECT_FALSE(exact(Kernel::int8, 127, 70000, {0, 255}));
  EXPECT_TRUE(exact(Kernel::int8, 64, 100, {0, 255}));  // 2 * 64 * 255 fits 16 bits on any CPU
  EXPECT_TRUE(exact(Kernel::float32, 127, 500, {0, 255}));
  EXPECT_TRUE(exact(Kernel::float32, 127, 5000, {0, 255}));  // in pieces
  EXPECT_FALSE(exact(Kernel::float32, 32767, 100, {0, 65535}));
  EXPECT_FALSE(exact(Kernel::float32, 32767, 100, {0, 255}));  // pieces of two terms
}

TEST(Gemm, CutsLongSumsSoThatFloatStaysExact) {
  // Odd products that no float sum above 2^24 could hold.
  const int depth = 5000;
  const std::vector<std::int32_t> weights(depth, 127);
  const std::vector<std::int32_t> x(depth, 255);
  const OneThread one_thread;
  EXPECT_EQ(product<float>(Gemm(weights, 1, depth, {0, 255}, Kernel::float32), x, 1)[0],
            std::int64_t{127} * 255 * depth);
}

}  // namespace
}  // namespace offramp::golden
