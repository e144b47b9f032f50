#include "explore/strategy_choice.h"

#include <gmock/gmock.h>

#include "base/error.h"
#include "net/import.h"
#include "quant/quantize.h"

namespace offramp::explore {
namespace {

using accel::Strategy;
using testing::HasSubstr;

const quant::QNetwork& lenet5() {
  static const quant::QNetwork network =
      quant::quantize(net::import_onnx(OFFRAMP_SOURCE_DIR "/networks/lenet5/lenet5.onnx"), nullptr, {});
  return network;
}

StrategyChoice choice_at(double early) {
  return choose_strategy(lenet5(), {.exit_rates = {early, 1 - early},
                                    .multipliers = 64,
                                    .backbone = accel::ArrayShape{30, 2, 1},
                                    .exit_classifier = accel::ArrayShape{15, 2, 1}});
}

TEST(StrategyChoice, SamplesThatGoOnMakeParallelFaster) {
  const StrategyChoice choice = choice_at(0);
  EXPECT_EQ(choice.faster.better, Strategy::parallel);
  EXPECT_GT(choice.faster.ratio, 1.05);
}

TEST(StrategyChoice, TheCyclesAreTheMeansOfTheCandidatesThatTheSearchFinds) {
  for (const double early : {0.0, 0.5, 0.8, 1.0}) {
    const StrategyChoice choice = choice_at(early);
    for (const StrategyFigures& f : {choice.pipeline, choice.parallel}) {
      const Request request{.strategy = f.strategy,
                            .exit_rates = {early, 1 - early},
                            .backbone = accel::ArrayShape{30, 2, 1},
                            .exit_classifier = accel::ArrayShape{15, 2, 1}};
      EXPECT_DOUBLE_EQ(f.cycles, explore(lenet5(), request).front().mean_cycles);
    }
    EXPECT_DOUBLE_EQ(choice.faster.ratio, std::max(choice.pipeline.cycles, choice.parallel.cycles) /
                                              std::min(choice.pipeline.cycles, choice.parallel.cycles));
  }
}

TEST(StrategyChoice, AHigherExitRateSpeaksForPipeline) {
  // The dedicated arrays cost the same whether samples leave or not; what pipeline adds falls with those that go on.
  const auto advantage = [](const StrategyChoice& c) {
    return c.pipeline.energy.total_picojoules() / c.parallel.energy.total_picojoules();
  };
  EXPECT_GT(advantage(choice_at(0)), advantage(choice_at(1)));
  EXPECT_EQ(choice_at(1).less_energy.better, Strategy::pipeline);
}

TEST(StrategyChoice, TheDedicatedArraysAreExtraMultipliers) {
  const StrategyChoice choice = choice_at(0.5);
  EXPECT_EQ(choice.fewer_multipliers.better, Strategy::pipeline);
  EXPECT_EQ(choice.pipeline.multipliers, 60);
  EXPECT_EQ(choice.parallel.multipliers, 90);
}

TEST(StrategyChoice, SaysItInOneLineAndWhyInASentence) {
  const StrategyChoice choice = choice_at(0);
  EXPECT_THAT(choice.verdict(), testing::MatchesRegex("faster: parallel \\([0-9.]+x\\); less energy: "
                                                      "(pipeline|parallel) \\([0-9.]+x\\); fewer multipliers: "
                                                      "pipeline \\(1.50x\\)"));
  EXPECT_THAT(choice.reason(), HasSubstr(std::to_string(choice.pipeline.last_exit_cycles)));
  EXPECT_THAT(choice.reason(), HasSubstr("exit classifiers' own arrays"));
}

TEST(StrategyChoice, EqualFiguresFavourNeither) {
  EXPECT_EQ(compare(3, 3).better, std::nullopt);
  EXPECT_EQ(compare(2, 3).better, Strategy::pipeline);
  EXPECT_DOUBLE_EQ(compare(2, 3).ratio, 1.5);
  EXPECT_EQ(compare(3, 2).better, Strategy::parallel);
}

TEST(StrategyChoice, RefusesToCompareOtherStrategies) {
  StrategyFigures pipeline;
  pipeline.strategy = Strategy::pipeline;
  StrategyFigures fixed;
  fixed.strategy = Strategy::static_;
  EXPECT_THROW((void)choose_strategy(pipeline, fixed), std::logic_error);
  EXPECT_THROW((void)choose_strategy(fixed, pipeline), std::logic_error);
}

}  // namespace
}  // namespace offramp::explore
