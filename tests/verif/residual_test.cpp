// Residual additions on the output path, bit by bit and cycle by cycle in the RTL.
#include <gmock/gmock.h>

#include <functional>

#include "accel/network_maker.h"
#include "design.h"
#include "model/estimate.h"
#include "verif/random_case.h"

namespace offramp::verif {
namespace {

using namespace testing;
using test::NetworkMaker;

struct Case {
  const char* name;
  accel::Strategy strategy;
  accel::ArrayShape shape;
  int fused;  // additions that ride
  std::function<quant::QNetwork()> network;
};

constexpr net::Shape kInput{.channels = 2, .height = 6, .width = 6};

/// Both operand orders, a negative weight, signed and unsigned operands, an addition right behind a
/// convolution of one weight tile (which cannot take it along), a sum that two read.
quant::QNetwork orders() {
  NetworkMaker m("orders", kInput);
  const int a = m.conv(0, 4, {});
  const int b = m.add(m.conv(a, 4, {.out = {.bits = 7, .is_signed = true}}), a, 5, -3, {.is_signed = true});
  const int c = m.add(b, m.conv(b, 4, {}), 2, 7);
  const int d = m.add(m.conv(c, 4, {.kernel = 1, .padding = 0}), c);
  m.exit(d);
  return m.make();
}

/// A chain with exits on its sums, whose maps shrink on the way; the convolution on the shortcut comes first.
quant::QNetwork chain() {
  NetworkMaker m("chain", kInput);
  int sum = m.conv(0, 4, {});
  sum = m.add(sum, m.conv(m.conv(sum, 4, {}), 4, {}), 1, 1, {.bits = 6});
  m.exit(sum);
  const int shortcut = m.conv(sum, 6, {.kernel = 1, .stride = 2, .padding = 0});
  sum =
      m.add(m.conv(m.conv(sum, 5, {.stride = 2}), 6, {}), shortcut, 100, 27, {.bits = 9, .is_signed = true});
  m.exit(sum);
  sum = m.add(sum, m.conv(sum, 6, {}), -1, 1);
  m.exit(sum);
  return m.make();
}

/// The convolution's own result needs more bits than anything that is stored.
quant::QNetwork wide() {
  NetworkMaker m("wide", {.channels = 1, .height = 5, .width = 7});
  const int a = m.conv(0, 3, {.out = {.bits = 4}});
  const int b = m.conv(a, 3, {.weight_bits = 6, .out = {.bits = 13, .is_signed = true}});
  const int sum = m.add(a, b, 127, 1, {.bits = 5});
  m.exit(sum);
  return m.make();
}

class Residuals : public ::testing::TestWithParam<Case> {};

TEST_P(Residuals, AreAddedBitByBitInTheCyclesOfTheModel) {
  const Case& c = GetParam();
  const quant::QNetwork network = balance_exits(c.network(), random_images(c.network(), 24, 1000));
  const TestDesign design = make_design(network, c.strategy, c.shape, 24);
  int fused = 0;
  for (const accel::LayerPlan& l : design.accelerator.engines.front().layers)
    fused += l.fused_add >= 0 ? 1 : 0;
  EXPECT_EQ(fused, c.fused);
  const VerifyResult result = design.verify(quick_verify(24));
  ASSERT_TRUE(result.bit_exact) << describe(result);
  const model::Estimate estimate = model::estimate(design.accelerator);
  for (std::size_t n = 1; n < result.cycles.size(); ++n) {
    EXPECT_EQ(result.cycles[n], estimate.cycles_by_exit[static_cast<std::size_t>(result.exit[n])])
        << "sample " << n;
  }
}

INSTANTIATE_TEST_SUITE_P(
    Verify, Residuals,
    ::testing::Values(
        Case{"Orders", accel::Strategy::static_, {12, 4, 1}, 2, orders},
        Case{"OrdersInTwoLanes", accel::Strategy::static_, {12, 2, 2}, 2, orders},
        Case{"Chain", accel::Strategy::pipeline, {4, 2, 1}, 3, chain},
        Case{"ChainInFourLanesBesideClassifiers", accel::Strategy::parallel, {6, 3, 4}, 3, chain},
        Case{"Wide", accel::Strategy::static_, {5, 2, 1}, 1, wide}),
    [](const auto& c) { return c.param.name; });

}  // namespace
}  // namespace offramp::verif
