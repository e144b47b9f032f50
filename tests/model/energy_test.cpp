// The energy model's arithmetic: what is charged to whom. The coefficients themselves are published or
// assumed, and no test can make them right.
#include "model/energy.h"

#include <gmock/gmock.h>

#include "quant/random_network.h"

namespace offramp::model {
namespace {

using accel::Strategy;

struct Design {
  accel::Accelerator accelerator;
  Estimate estimate;
};

accel::Options options_of(Strategy strategy) {
  return {.strategy = strategy,
          .backbone = {4, 2, 1},
          .exit_classifier = {4, 2, 1},
          .weights = {},
          .packed = false,
          .on_backbone = {}};
}

/// The first random network with one early exit whose classifier is done well before the backbone.
quant::QNetwork network_with_an_exit() {
  for (std::uint64_t seed = 1;; ++seed) {
    quant::QNetwork n = quant::random_network(seed, {.max_early_exits = 1});
    if (n.exits.size() != 2) continue;
    try {
      const Estimate e = estimate(accel::plan_accelerator(n, options_of(Strategy::parallel)));
      if (2 * e.cycles_by_exit.front() < e.cycles_by_exit.back()) return n;
    } catch (const std::exception&) {  // refused by the strategy
    }
  }
}

Design design(Strategy strategy) {
  static const quant::QNetwork network = network_with_an_exit();
  Design d{.accelerator = accel::plan_accelerator(network, options_of(strategy)), .estimate = {}};
  d.estimate = estimate(d.accelerator);
  return d;
}

std::vector<Energy> energies(const Design& d, const EnergyCoefficients& c = {}) {
  return energy_by_exit(d.accelerator, d.estimate, c);
}

/// Only the products cost something, all the same, however wide they are.
EnergyCoefficients products_alone() {
  return {.mac_picojoules = 1,
          .mac_sum_share = 1,
          .idle_share = 0,
          .memory_picojoules_per_bit = 0,
          .dram_picojoules_per_bit = 0,
          .device_static_watts = 0};
}

TEST(Energy, ASampleThatGoesToTheEndPaysForItsUsefulProductsAndWastesNothing) {
  for (const Strategy s : {Strategy::static_, Strategy::pipeline, Strategy::parallel}) {
    const Design d = design(s);
    const Energy e = energies(d, products_alone()).back();
    EXPECT_DOUBLE_EQ(e.total_picojoules(), static_cast<double>(d.estimate.macs_by_exit.back()));
    EXPECT_EQ(energies(d).back().wasted, 0);
  }
}

TEST(Energy, AnEarlyExitPaysForItsUsefulProductsAndTheWasteBeforeTheAbort) {
  for (const Strategy s : {Strategy::pipeline, Strategy::parallel}) {
    const Design d = design(s);
    const Energy e = energies(d, products_alone()).front();
    EXPECT_DOUBLE_EQ(e.mac - e.wasted, static_cast<double>(d.estimate.macs_by_exit.front()));
  }
}

TEST(Energy, WhatTheBackboneDoesBesideAClassifierIsWastedWhenTheSampleLeaves) {
  const double pipeline = energies(design(Strategy::pipeline), products_alone()).front().wasted;
  const double parallel = energies(design(Strategy::parallel), products_alone()).front().wasted;
  EXPECT_GT(parallel, pipeline);
  const Design d = design(Strategy::parallel);
  // Never more than the array can do between the first possible issue and the abort.
  EXPECT_LE(parallel, static_cast<double>(d.estimate.cycles_by_exit.front()) *
                          d.accelerator.engines.front().shape.multipliers());
}

TEST(Energy, ALaterAbortWastesMore) {
  Design d = design(Strategy::parallel);
  const double before = energies(d, products_alone()).front().wasted;
  d.estimate.cycles_by_exit.front() += 40;
  EXPECT_GT(energies(d, products_alone()).front().wasted, before);
}

TEST(Energy, OnlyTheParallelDesignHasClassifiersOfItsOwn) {
  EXPECT_EQ(energies(design(Strategy::static_)).back().classifiers, 0);
  EXPECT_EQ(energies(design(Strategy::pipeline)).back().classifiers, 0);
  EXPECT_GT(energies(design(Strategy::parallel)).back().classifiers, 0);
}

TEST(Energy, MultipliersThatWaitTakeTheirShare) {
  const Design d = design(Strategy::static_);
  EnergyCoefficients c = products_alone();
  c.idle_share = 0.5;
  const auto cells =
      static_cast<double>(d.estimate.multipliers) * static_cast<double>(d.estimate.cycles_by_exit.back());
  EXPECT_DOUBLE_EQ(energies(d, c).back().idle,
                   0.5 * (cells - static_cast<double>(d.estimate.macs_by_exit.back())));
}

TEST(Energy, LeakageIsPowerTimesTimeOfTheShareOfTheDevice) {
  const Design d = design(Strategy::parallel);
  EnergyCoefficients c = products_alone();
  c.device_static_watts = 2;
  c.device_dsps = d.estimate.dsps;  // the whole device is in use
  c.device_memory_bits = static_cast<double>(d.estimate.weight_bits + d.estimate.activation_bits);
  c.clock_mhz = 100;
  const double seconds = static_cast<double>(d.estimate.cycles_by_exit.back()) / 100e6;
  EXPECT_NEAR(energies(d, c).back().leakage, 2 * seconds * 1e12, 1e-3);
  c.clock_mhz = 200;
  EXPECT_NEAR(energies(d, c).back().leakage, seconds * 1e12, 1e-3);
}

TEST(Energy, StreamedWeightsCostTheirBeatsFromDram) {
  const Design whole = design(Strategy::static_);
  Design streamed = whole;
  accel::EnginePlan& engine = streamed.accelerator.engines.front();
  engine.beat_bits = 64;
  engine.ring_tiles = 4;
  accel::LayerPlan& last = engine.layers.back();
  last.streamed = true;
  streamed.estimate = estimate(streamed.accelerator);
  EnergyCoefficients c = products_alone();
  c.mac_picojoules = 0;
  c.dram_picojoules_per_bit = 1;
  // A tile of 4 rows of 2 weights: 64 bits at 8 bits a weight, so a beat; two rows a beat at 16.
  const double beats = engine.weight_bits <= 8 ? 1 : 2;
  EXPECT_DOUBLE_EQ(energies(streamed, c).back().dram - energies(whole, c).back().dram,
                   beats * 64 * last.k_tiles * last.channel_tiles);
  // Images that share a pass share its cost.
  last.grouped = true;
  engine.images = 4;
  EXPECT_DOUBLE_EQ(energies(streamed, c).back().dram - energies(whole, c).back().dram,
                   beats * 64 * last.k_tiles * last.channel_tiles / 4);
}

TEST(Energy, TheMeanWeighsEveryExitWithItsRate) {
  const std::vector<Energy> by_exit = energies(design(Strategy::parallel));
  const Energy mean = mean_energy(by_exit, {0.75, 0.25});
  EXPECT_DOUBLE_EQ(mean.total_picojoules(),
                   0.75 * by_exit[0].total_picojoules() + 0.25 * by_exit[1].total_picojoules());
  EXPECT_DOUBLE_EQ(mean.wasted, 0.75 * by_exit[0].wasted);
}

TEST(Energy, ExitsThatTheHardwareLacksHaveNone) {
  EXPECT_EQ(energies(design(Strategy::static_)).front().total_picojoules(), 0);
}

}  // namespace
}  // namespace offramp::model
