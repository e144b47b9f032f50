#include "explore/smaller.h"

#include <gtest/gtest.h>

#include "quant/random_network.h"

namespace offramp::explore {
namespace {

const accel::Options kStart{.strategy = accel::Strategy::parallel,
                            .backbone = {.rows = 12, .columns = 4, .lanes = 2},
                            .exit_classifier = {.rows = 6, .columns = 3, .lanes = 1}};

Fits at_most(int multipliers) {
  return [=](const accel::Accelerator& a, const model::Estimate&) { return a.multipliers() <= multipliers; };
}

TEST(Smaller, WhatFitsIsKept) {
  const quant::QNetwork network = quant::random_network(5, {.max_early_exits = 1});
  const auto found = nearest_that_fits(network, kStart, at_most(1 << 20));
  ASSERT_TRUE(found);
  EXPECT_EQ(found->backbone, kStart.backbone);
  EXPECT_EQ(found->exit_classifier, kStart.exit_classifier);
}

TEST(Smaller, TheLargestOfTheSmallerArraysIsFound) {
  const quant::QNetwork network = quant::random_network(5, {.max_early_exits = 1});
  for (const int limit : {100, 60, 50, 30, 7}) {
    const auto found = nearest_that_fits(network, kStart, at_most(limit));
    ASSERT_TRUE(found) << limit;
    const int multipliers = accel::plan_accelerator(network, *found).multipliers();
    EXPECT_LE(multipliers, limit);
    // No halving of one side only, of either array, is larger and fits.
    for (const int rows : {12, 6, 3, 2, 1}) {
      for (const int columns : {4, 2, 1}) {
        for (const int lanes : {2, 1}) {
          accel::Options other = *found;
          other.backbone = {.rows = rows, .columns = columns, .lanes = lanes};
          const int its = accel::plan_accelerator(network, other).multipliers();
          EXPECT_TRUE(its > limit || its <= multipliers) << limit << ": " << its << " beside " << multipliers;
        }
      }
    }
  }
}

TEST(Smaller, NothingIsFoundWhereNothingFits) {
  const quant::QNetwork network = quant::random_network(5, {.max_early_exits = 1});
  EXPECT_FALSE(nearest_that_fits(network, kStart, at_most(0)));
}

}  // namespace
}  // namespace offramp::explore
