#include "explore/exit_costs.h"

#include <gtest/gtest.h>

#include <stdexcept>

#include "model/estimate.h"
#include "net/import.h"
#include "quant/quantize.h"
#include "quant/with_exits.h"

namespace offramp::explore {
namespace {

const quant::QNetwork& alexnet() {
  static const quant::QNetwork network =
      quant::quantize(net::import_onnx(OFFRAMP_SOURCE_DIR "/networks/alexnet/alexnet.onnx"), nullptr, {});
  return network;
}

accel::Options options_of(accel::Strategy strategy) {
  return {.strategy = strategy,
          .backbone = {.rows = 24, .columns = 8, .lanes = 1},
          .exit_classifier = {.rows = 16, .columns = 4, .lanes = 1},
          .prune = true};
}

TEST(ExitCosts, AreTheModelsAndGrowFromExitToExit) {
  for (const auto strategy : {accel::Strategy::pipeline, accel::Strategy::parallel}) {
    const auto cycles = cycle_costs(alexnet(), options_of(strategy));
    EXPECT_EQ(cycles.leave,
              model::estimate(accel::plan_accelerator(alexnet(), options_of(strategy))).cycles_by_exit);
    const auto energy = energy_costs(alexnet(), options_of(strategy), {});
    ASSERT_EQ(cycles.leave.size(), 3U);
    ASSERT_EQ(energy.branch.size(), 2U);
    for (std::size_t e = 1; e < 3; ++e) {
      EXPECT_GT(cycles.leave[e], cycles.leave[e - 1]);
      EXPECT_GT(energy.leave[e], energy.leave[e - 1]);
    }
    for (std::size_t e = 0; e < 2; ++e) {
      EXPECT_GT(energy.branch[e], 0);
      EXPECT_LT(energy.branch[e], energy.leave[e]);
    }
  }
}

TEST(ExitCosts, ASkippedBranchSavesItsCyclesInPipelineAndNoneInParallel) {
  const auto pipeline = cycle_costs(alexnet(), options_of(accel::Strategy::pipeline));
  const auto parallel = cycle_costs(alexnet(), options_of(accel::Strategy::parallel));
  for (std::size_t e = 0; e < 2; ++e) {
    EXPECT_GT(pipeline.branch[e], 0);
    EXPECT_EQ(parallel.branch[e], 0);
  }
  accel::Options without = options_of(accel::Strategy::pipeline);
  without.prune = false;
  EXPECT_EQ(cycle_costs(alexnet(), without).branch, (std::vector<std::int64_t>{0, 0}));
  EXPECT_THROW((void)cycle_costs(alexnet(), options_of(accel::Strategy::static_)), std::logic_error);
}

}  // namespace
}  // namespace offramp::explore
