// The model's arithmetic; that it equals the RTL cycle by cycle is tested in tests/verif
// (TakesTheCyclesThatTheModelSays).
#include "model/estimate.h"

#include <gtest/gtest.h>

#include <numeric>

#include "quant/random_network.h"

namespace offramp::model {
namespace {

quant::QNetwork network_with_an_exit(std::uint64_t seed = 1) {
  for (;; ++seed) {
    quant::QNetwork n = quant::random_network(seed, {.max_early_exits = 1});
    if (n.exits.size() != 2) continue;
    try {
      (void)accel::plan_accelerator(
          n, {.strategy = accel::Strategy::parallel, .backbone = {4, 2, 1}, .exit_classifier = {4, 2, 1}});
      return n;
    } catch (const std::exception&) {  // refused by this strategy
    }
  }
}

Estimate estimate_for(const quant::QNetwork& n, accel::Strategy s, accel::ArrayShape exit = {4, 2, 1}) {
  return estimate(
      accel::plan_accelerator(n, {.strategy = s, .backbone = {4, 2, 1}, .exit_classifier = exit}));
}

TEST(Estimate, ParallelAddsNoCycleToASampleThatDoesNotExit) {
  int in_time = 0;
  for (std::uint64_t seed = 1; seed < 60; ++seed) {
    const quant::QNetwork n = network_with_an_exit(seed);
    const Estimate fixed = estimate_for(n, accel::Strategy::static_);
    const Estimate parallel = estimate_for(n, accel::Strategy::parallel, {4, 2, 1});
    // A sample may have to wait where the branch takes longer than the rest of the backbone, never otherwise.
    EXPECT_EQ(parallel.cycles_by_exit.back(),
              std::max(fixed.cycles_by_exit.back(), parallel.cycles_by_exit.front()));
    in_time += parallel.cycles_by_exit.front() < fixed.cycles_by_exit.back() ? 1 : 0;
  }
  EXPECT_GT(in_time, 5);
}

TEST(Estimate, PipelineAddsItsBranchToASampleThatDoesNotExit) {
  const quant::QNetwork n = network_with_an_exit();
  const Estimate fixed = estimate_for(n, accel::Strategy::static_);
  const Estimate pipeline = estimate_for(n, accel::Strategy::pipeline);
  std::int64_t branch = 0;
  for (std::size_t l = 0; l < n.layers.size(); ++l) {
    if (quant::branch_of(n, static_cast<int>(l)) != 0) continue;
    for (const LayerCycles& c : pipeline.layers) {
      if (c.layer.starts_with(n.layers[l].name)) branch += c.cycles;
    }
  }
  EXPECT_GT(branch, 0);
  EXPECT_EQ(pipeline.cycles_by_exit.back(), fixed.cycles_by_exit.back() + branch);
}

TEST(Estimate, CountsTheProductsOfEveryBranchOnTheWay) {
  const quant::QNetwork n = network_with_an_exit();
  std::int64_t all = 0;
  for (const quant::QLayer& l : n.layers) all += quant::macs(n, l);
  EXPECT_EQ(estimate_for(n, accel::Strategy::pipeline).macs_by_exit.back(), all);
  EXPECT_LT(estimate_for(n, accel::Strategy::static_).macs_by_exit.back(), all);
  EXPECT_EQ(estimate_for(n, accel::Strategy::static_).macs_by_exit.front(), 0);
}

TEST(Estimate, AddsUpMultipliersAndMemoryOfAllEngines) {
  const quant::QNetwork n = network_with_an_exit();
  const Estimate one = estimate_for(n, accel::Strategy::static_);
  const Estimate two = estimate_for(n, accel::Strategy::parallel, {5, 3, 2});
  EXPECT_EQ(one.multipliers, 8);
  EXPECT_EQ(two.multipliers, 8 + 30);
  EXPECT_GT(two.weight_bits, one.weight_bits);
  EXPECT_GT(two.activation_bits, one.activation_bits);
}

}  // namespace
}  // namespace offramp::model
