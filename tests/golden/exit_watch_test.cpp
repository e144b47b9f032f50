// The loop that holds a latency, on a stream whose samples become harder and easier again. That the hardware
// does the same is tests/blocks/exit_watch_test.cpp and tests/verif/watch_test.cpp.
#include "golden/exit_watch.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "golden/exits.h"

namespace offramp::golden {
namespace {

/// Decisions of two early exits: the harder the sample, the nearer the logits are to each other.
std::vector<fixed::Decision> sample(const quant::QNetwork& network, double hardness, std::mt19937& random) {
  std::vector<fixed::Decision> decisions;
  std::exponential_distribution<double> lead(1);
  for (std::size_t e = 0; e < network.exits.size(); ++e) {
    std::vector<std::int32_t> logits(10);
    for (std::int32_t& z : logits) z = static_cast<std::int32_t>(random() % 20);
    const double steps = 60 * (1 + static_cast<double>(e)) * lead(random) / hardness;
    logits[random() % 10] += static_cast<std::int32_t>(std::min(steps, 1500.0));
    decisions.push_back(fixed::decide(logits, network.decision, network.exits[e].criterion, 0));
  }
  return decisions;
}

TEST(ExitWatch, HoldsTheLatencyOfAStreamThatDriftsAndStaysInItsLimits) {
  quant::QNetwork network;
  network.decision = fixed::make_decision_tables(10, 12, 0.05);
  network.exits.resize(3);
  for (const fixed::Criterion criterion :
       {fixed::Criterion::max_softmax, fixed::Criterion::margin, fixed::Criterion::entropy}) {
    for (quant::QExit& e : network.exits) {
      e.criterion = criterion;
      e.threshold = fixed::threshold_register(criterion,
                                              criterion == fixed::Criterion::max_softmax ? 0.8
                                              : criterion == fixed::Criterion::entropy   ? 0.5
                                                                                         : 2.0,
                                              network.decision.logit_step);
    }
    const std::uint64_t tuned = network.exits[0].threshold;
    const fixed::ThresholdSteps steps{
        .step = static_cast<std::uint32_t>(std::max<std::uint64_t>(1, tuned / 32)),
        .low = tuned / 2,
        .high = 4 * tuned};
    constexpr std::uint32_t kTarget = 230;
    constexpr std::uint64_t kCycles[] = {100, 220, 400};
    ExitWatch watch(network, {.window_log2 = 5, .target = kTarget, .slack = 10, .steps = {steps, steps}});
    ExitWatch alone(network, {.window_log2 = 5});
    std::mt19937 random(5);
    double worst_held = 0;
    double worst_alone = 0;
    for (int phase = 0; phase < 3; ++phase) {
      const double hardness = phase == 1 ? 1.8 : 1;
      double held = 0;
      double left = 0;
      constexpr int kSamples = 6000;
      for (int n = 0; n < kSamples; ++n) {
        std::vector<fixed::Decision> decisions = sample(network, hardness, random);
        const auto run = [&](ExitWatch& w) {
          decide_by(network, w.thresholds(), decisions);
          const int exit = exit_taken(decisions);
          w.result(exit, decisions, kCycles[exit]);
          return static_cast<double>(kCycles[exit]);
        };
        const double cycles = run(watch);
        const double without = run(alone);
        if (n >= kSamples / 2) {  // the loop has had the time to follow
          held += cycles / (kSamples / 2);
          left += without / (kSamples / 2);
        }
        for (const std::uint64_t t : watch.thresholds()) {
          ASSERT_GE(t, steps.low);
          ASSERT_LE(t, steps.high);
        }
      }
      worst_held = std::max(worst_held, std::abs(held - kTarget));
      worst_alone = std::max(worst_alone, std::abs(left - kTarget));
    }
    EXPECT_LT(worst_held, 0.06 * kTarget) << fixed::name_of(criterion);
    EXPECT_GT(worst_alone, 2 * worst_held) << "the stream drifts";
  }
}

TEST(ExitWatch, StopsAtItsLimitsWhereTheTargetIsOutOfReach) {
  quant::QNetwork network;
  network.decision = fixed::make_decision_tables(10, 12, 0.05);
  network.exits.resize(2);
  network.exits[0].criterion = fixed::Criterion::margin;
  network.exits[0].threshold = 50;
  const std::vector<fixed::Decision> decisions(2);
  for (const bool too_slow : {true, false}) {
    ExitWatch watch(network, {.target = 100, .steps = {{.step = 7, .low = 20, .high = 90}}});
    for (int n = 0; n < 20; ++n) watch.result(1, decisions, too_slow ? 1000 : 10);
    // A margin lets more samples leave where it is lower.
    EXPECT_EQ(watch.thresholds().front(), too_slow ? 20U : 90U);
  }
}

TEST(ExitWatch, ASumOfLatenciesStaysWhereItCanGrowNoMore) {
  quant::QNetwork network;
  network.decision = fixed::make_decision_tables(10, 12, 0.05);
  network.exits.resize(2);
  ExitWatch watch(network, {.window_log2 = 1});
  const std::vector<fixed::Decision> decisions(2);
  for (int n = 0; n < 2; ++n) watch.result(1, decisions, std::uint64_t{1} << 47);
  EXPECT_EQ(watch.window_latency(), 0xFFFFFFFFU);
}

}  // namespace
}  // namespace offramp::golden
