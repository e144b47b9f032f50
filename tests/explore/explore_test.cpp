#include "explore/explore.h"

#include <gmock/gmock.h>

#include <chrono>
#include <ctime>

#include "base/error.h"
#include "net/import.h"
#include "quant/quantize.h"

namespace offramp::explore {
namespace {

const quant::QNetwork& lenet5() {
  static const quant::QNetwork network =
      quant::quantize(net::import_onnx(OFFRAMP_SOURCE_DIR "/networks/lenet5/lenet5.onnx"), nullptr, {});
  return network;
}

constexpr accel::Strategy kAll[] = {accel::Strategy::static_, accel::Strategy::pipeline,
                                    accel::Strategy::parallel};

TEST(Explore, RanksByMeanCyclesWithinTheBudget) {
  for (const accel::Strategy strategy : kAll) {
    const Request request{
        .strategy = strategy, .exit_rates = {0.8, 0.2}, .multipliers = 64, .exit_multipliers = 32};
    const auto ranking = explore(lenet5(), request);
    ASSERT_GE(ranking.size(), 2U);
    for (std::size_t i = 0; i < ranking.size(); ++i) {
      EXPECT_LE(ranking[i].options.backbone.multipliers(), 64);
      if (strategy == accel::Strategy::parallel) {
        EXPECT_LE(ranking[i].options.exit_classifier.multipliers(), 32);
      }
      EXPECT_DOUBLE_EQ(ranking[i].mean_cycles, mean_cycles(ranking[i].estimate, request));
      if (i > 0) {
        EXPECT_GE(ranking[i].mean_cycles, ranking[i - 1].mean_cycles);
      }
    }
  }
}

TEST(Explore, TheBestIsTheBestOfAllShapesThatTheFamilyCanPlan) {
  const Request request{.strategy = accel::Strategy::static_, .exit_rates = {}, .multipliers = 12};
  double best = 1e18;
  for (int r = 1; r <= 12; ++r) {
    for (int c = 1; r * c <= 12; ++c) {
      for (int p = 1; r * c * p <= 12; ++p) {
        const accel::Options options{.strategy = request.strategy,
                                     .backbone = {.rows = r, .columns = c, .lanes = p},
                                     .exit_classifier = {}};
        try {
          best = std::min(best,
                          mean_cycles(model::estimate(accel::plan_accelerator(lenet5(), options)), request));
        } catch (const Error&) {
        }
      }
    }
  }
  EXPECT_DOUBLE_EQ(explore(lenet5(), request).front().mean_cycles, best);
}

TEST(Explore, AGivenShapeIsTheOnlyOne) {
  const accel::ArrayShape given{.rows = 8, .columns = 4, .lanes = 1};
  const auto ranking =
      explore(lenet5(), {.strategy = accel::Strategy::static_, .exit_rates = {}, .backbone = given});
  ASSERT_EQ(ranking.size(), 1U);
  EXPECT_EQ(ranking.front().options.backbone, given);
}

TEST(Explore, ShapesThatFitTheMemoryComeFirst) {
  const auto all = explore(lenet5(), {.strategy = accel::Strategy::static_, .exit_rates = {}});
  const auto bits = [](const Candidate& c) { return c.estimate.weight_bits + c.estimate.activation_bits; };
  std::int64_t least = bits(all.front());
  for (const Candidate& c : all) least = std::min(least, bits(c));
  const auto tight =
      explore(lenet5(), {.strategy = accel::Strategy::static_, .exit_rates = {}, .on_chip_bits = least});
  // Shapes whose weights do not fit may stream them, and fit then, too.
  EXPECT_LE(bits(tight.front()), least);
}

TEST(Explore, ProposesNothingThatExceedsTheDevice) {
  Request request{.strategy = accel::Strategy::static_, .multipliers = 64};
  request.device = Device{.family = netlist::Family::xcup,
                          .available = {.lut = 1e9, .ff = 1e9, .dsp = 1 << 20, .bram18 = 1 << 20, .uram = 0}};
  const Candidate roomy = explore(lenet5(), request).front();
  ASSERT_TRUE(roomy.resources);
  EXPECT_GT(roomy.resources->dsp, 0);
  // A table too few, and then a slice too few, for what was best.
  for (const bool tables : {true, false}) {
    Request tight = request;
    if (tables) {
      tight.device->available.lut = roomy.resources->lut - 1;
    } else {
      tight.device->available.dsp = roomy.resources->dsp - 1;
    }
    const Candidate other = explore(lenet5(), tight).front();
    ASSERT_TRUE(other.resources);
    EXPECT_TRUE(fits(*other.resources, tight.device->available));
    EXPECT_FALSE(other.options.backbone == roomy.options.backbone);
    EXPECT_GE(other.mean_cycles, roomy.mean_cycles);
  }
}

TEST(Explore, MemoriesBeyondTheBlockRamsMayBeUltraRams) {
  const model::Resources available{.lut = 10, .ff = 10, .dsp = 1, .bram18 = 4, .uram = 1};
  EXPECT_TRUE(fits({.lut = 10, .ff = 10, .dsp = 1, .bram18 = 20, .uram = 0}, available));
  EXPECT_FALSE(fits({.lut = 10, .ff = 10, .dsp = 1, .bram18 = 21, .uram = 0}, available));
  EXPECT_FALSE(fits({.lut = 11, .ff = 10, .dsp = 1, .bram18 = 0, .uram = 0}, available));
  EXPECT_FALSE(fits({.lut = 10, .ff = 11, .dsp = 1, .bram18 = 0, .uram = 0}, available));
}

TEST(Explore, MoreMultipliersAreNeverSlower) {
  double before = 1e18;
  for (const int multipliers : {8, 16, 32, 64, 128}) {
    const double now =
        explore(lenet5(),
                {.strategy = accel::Strategy::static_, .exit_rates = {}, .multipliers = multipliers})
            .front()
            .mean_cycles;
    EXPECT_LE(now, before) << multipliers;
    before = now;
  }
}

TEST(Explore, ASampleThatGoesOnPaysNothingForAParallelClassifier) {
  const accel::ArrayShape array{.rows = 30, .columns = 2, .lanes = 1};
  const auto baseline =
      explore(lenet5(), {.strategy = accel::Strategy::static_, .exit_rates = {}, .backbone = array});
  const auto parallel =
      explore(lenet5(), {.strategy = accel::Strategy::parallel, .exit_rates = {0.8, 0.2}, .backbone = array});
  EXPECT_EQ(parallel.front().estimate.cycles_by_exit.back(), baseline.front().estimate.cycles_by_exit.back());
}

TEST(Explore, TakesUnderThreeTenthsOfASecondForLenet5) {
  (void)lenet5();
  const std::clock_t begin = std::clock();  // of this process, so that a busy machine does not count
  for (const accel::Strategy strategy : kAll) {
    (void)explore(lenet5(), {.strategy = strategy, .exit_rates = {0.8, 0.2}});
  }
  const double seconds = static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
#ifdef __OPTIMIZE__
  EXPECT_LT(seconds, 3 * 0.3);
#else
  EXPECT_LT(seconds, 30 * 0.3);
#endif
}

}  // namespace
}  // namespace offramp::explore
