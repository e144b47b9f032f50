// Which additions ride on the output path of the convolution before them, and which are layers of their own.
#include <gtest/gtest.h>

#include <algorithm>

#include "accel/accelerator.h"
#include "network_maker.h"

namespace offramp::accel {
namespace {

using test::NetworkMaker;

constexpr net::Shape kInput{.channels = 2, .height = 6, .width = 6};
/// Three weight tiles a 3x3 convolution of 4 channels.
constexpr ArrayShape kShape{.rows = 12, .columns = 4, .lanes = 1};

EnginePlan plan(const quant::QNetwork& network, const ArrayShape& shape = kShape) {
  Options options;
  options.backbone = shape;
  return plan_accelerator(network, options).engines.front();
}

int fused_adds(const EnginePlan& engine) {
  return static_cast<int>(std::count_if(engine.layers.begin(), engine.layers.end(),
                                        [](const LayerPlan& l) { return l.fused_add >= 0; }));
}

TEST(ResidualPlan, AnAddRidesOnTheConvolutionBeforeItInEitherOrderOfItsOperands) {
  for (const bool result_first : {true, false}) {
    NetworkMaker m("block", kInput);
    const int a = m.conv(0, 4, {});
    const int b = m.conv(a, 4, {});
    const int sum = result_first ? m.add(b, a, 3, -5) : m.add(a, b, -5, 3);
    m.exit(sum);
    const EnginePlan engine = plan(m.make());
    ASSERT_EQ(engine.layers.size(), 3U);
    const LayerPlan& fused = engine.layers[1];
    EXPECT_EQ(fused.fused_add, 2);
    EXPECT_EQ(fused.name, "conv1+add2");
    EXPECT_EQ(fused.output, sum);
    EXPECT_EQ(fused.residual.tensor, a);
    EXPECT_EQ(fused.residual.row_pitch, fused.out.row_pitch);
    EXPECT_TRUE(engine.adds);
    // The convolution's own result is never stored.
    EXPECT_TRUE(std::none_of(engine.tensors.begin(), engine.tensors.end(),
                             [&](const TensorLayout& t) { return t.tensor == b; }));
  }
}

TEST(ResidualPlan, AConvolutionOfOneTileIsOverBeforeItsResidualHasCome) {
  NetworkMaker m("pointwise", kInput);
  const int a = m.conv(0, 4, {});
  const int b = m.conv(a, 4, {.kernel = 1, .padding = 0});
  m.exit(m.add(b, a));
  const EnginePlan engine = plan(m.make());
  ASSERT_EQ(engine.layers.size(), 4U);
  EXPECT_EQ(engine.layers[1].k_tiles, 1);
  EXPECT_EQ(fused_adds(engine), 0);
  EXPECT_FALSE(engine.adds) << "nothing is added on the way out: the path is not built";
}

TEST(ResidualPlan, AMapTooSmallForTheResidualToComeInTimeIsAddedApart) {
  NetworkMaker m("small", {.channels = 2, .height = 2, .width = 2});
  const int a = m.conv(0, 4, {});
  const int b = m.conv(a, 4, {});
  m.exit(m.add(b, a));
  // Few tiles of few pixels, and with fewer rows many tiles.
  EXPECT_EQ(fused_adds(plan(m.make(), {.rows = 30, .columns = 4, .lanes = 1})), 0);
  EXPECT_EQ(fused_adds(plan(m.make(), {.rows = 2, .columns = 4, .lanes = 1})), 1);
}

TEST(ResidualPlan, EveryAddOfAChainRides) {
  NetworkMaker m("chain", kInput);
  int sum = m.conv(0, 4, {});
  for (int i = 0; i < 3; ++i) sum = m.add(sum, m.conv(m.conv(sum, 4, {}), 4, {}));
  m.exit(sum);
  const EnginePlan engine = plan(m.make());
  EXPECT_EQ(fused_adds(engine), 3);
  EXPECT_EQ(engine.layers.size(), 1U + 3 * 2 + 1);
}

TEST(ResidualPlan, ASumThatTwoReadIsStoredOnceForBoth) {
  NetworkMaker m("two_readers", kInput);
  const int a = m.conv(0, 4, {});
  const int sum = m.add(m.conv(a, 4, {}), a);
  const int deep = m.conv(sum, 4, {});
  m.exit(m.add(deep, sum));
  const EnginePlan engine = plan(m.make());
  EXPECT_EQ(fused_adds(engine), 2);
  EXPECT_EQ(std::count_if(engine.tensors.begin(), engine.tensors.end(),
                          [&](const TensorLayout& t) { return t.tensor == sum; }),
            1);
}

TEST(ResidualPlan, AConvolutionThatSomebodyElseReadsIsStored) {
  NetworkMaker m("read_again", kInput);
  const int a = m.conv(0, 4, {});
  const int b = m.conv(a, 4, {});
  const int sum = m.add(b, a);
  m.exit(m.add(m.conv(sum, 4, {}), b));
  const EnginePlan engine = plan(m.make());
  EXPECT_EQ(fused_adds(engine), 1) << "the second alone";
  EXPECT_EQ(engine.layers[2].fused_add, -1);
}

TEST(ResidualPlan, WhatTheOutputPathCannotDoIsALayerOfItsOwn) {
  {
    SCOPED_TRACE("an addition of a map to itself");
    NetworkMaker m("double", kInput);
    const int a = m.conv(0, 4, {});
    m.exit(m.add(a, a));
    EXPECT_EQ(fused_adds(plan(m.make())), 0);
  }
  {
    SCOPED_TRACE("a scale for each channel");
    NetworkMaker m("scales", kInput);
    const int a = m.conv(0, 4, {});
    m.exit(m.add(m.conv(a, 4, {}), a));
    m.network().layers[2].requant[1].multiplier -= 1;
    EXPECT_EQ(fused_adds(plan(m.make())), 0);
  }
  {
    SCOPED_TRACE("neither operand is the convolution before");
    NetworkMaker m("late", kInput);
    const int a = m.conv(0, 4, {});
    const int b = m.conv(a, 4, {});
    const int c = m.conv(b, 4, {});
    m.exit(m.add(m.add(a, b), c));
    const EnginePlan engine = plan(m.make());
    EXPECT_EQ(fused_adds(engine), 0);
  }
  {
    SCOPED_TRACE("a pool between");
    NetworkMaker m("pooled", kInput);
    const int a = m.conv(0, 4, {.stride = 2});
    const int b = m.max_pool(m.conv(0, 4, {}), 2);
    m.exit(m.add(b, a));
    EXPECT_EQ(fused_adds(plan(m.make())), 0);
  }
}

}  // namespace
}  // namespace offramp::accel
