// The unit against fixed::decide on random logits: classes, sums and verdicts bit for bit, in the cycles it
// promises.
#include "blocks/decision_unit.h"

#include <random>

#include "accel/images.h"
#include "blocks/weight_bank.h"
#include "fixed/decision.h"
#include "simulated_block.h"

namespace offramp::blocks {
namespace {

using fixed::Criterion;
using testing::SimulatedBlock;

struct Case {
  int classes, logit_bits, columns;
  double step;
};

DecisionUnit unit_for(const Case& c, const fixed::DecisionTables& tables) {
  return {.prefix = "test",
          .files = "mem/decision",
          .classes = c.classes,
          .logit_bits = c.logit_bits,
          .columns = c.columns,
          .table_words = static_cast<int>(tables.exp_table.size()),
          .base2_shift = tables.base2_shift,
          .exit_bits = 2,
          .with_sums = true,
          .with_bin = true};
}

class EachSize : public ::testing::TestWithParam<Case> {};

TEST_P(EachSize, DecidesLikeTheDefinition) {
  const Case c = GetParam();
  const fixed::DecisionTables tables = fixed::make_decision_tables(c.classes, c.logit_bits, c.step);
  SimulatedBlock block(unit_for(c, tables), accel::decision_images(tables, "mem/decision"));
  block.port("flush_i").set(1);  // inputs start with random bits
  block.clock();
  block.port("flush_i").set(0);
  std::mt19937 random(static_cast<unsigned>(c.classes));
  const fixed::Range range = fixed::range_of(c.logit_bits, true);
  int confident = 0;
  const int kRounds = c.classes > 100 ? 60 : 600;
  for (int round = 0; round < kRounds; ++round) {
    std::vector<std::int32_t> logits;
    const int spread = 1 << (1 + random() % static_cast<unsigned>(c.logit_bits - 1));
    for (int i = 0; i < c.classes; ++i) {
      logits.push_back(static_cast<std::int32_t>(
          fixed::saturate(static_cast<int>(random() % static_cast<unsigned>(spread)) - spread / 2, range)));
    }
    const Criterion criterion = fixed::kCriteria[random() % std::size(fixed::kCriteria)];
    // Half of the thresholds stand right at the verdict's edge.
    const fixed::Decision open = fixed::decide(logits, tables, criterion, 0);
    const std::uint64_t edge = fixed::strictest_threshold(open, tables, criterion);
    const std::uint64_t threshold =
        criterion == Criterion::patience ? 1 + random() % 2
        : random() % 2 == 0
            ? edge - random() % 2 * (edge > 0 ? 1 : 0)
            : fixed::threshold_register(criterion, 0.05 + 0.9 * (random() % 1000) / 1000.0, c.step);
    const fixed::Decision expected = fixed::decide(logits, tables, criterion, threshold);
    confident += expected.confident ? 1 : 0;
    const bool last_exit = random() % 8 == 0;
    const unsigned exit = random() % 4;
    block.port("criterion_i").set(static_cast<std::uint64_t>(criterion));
    block.port("threshold_i").set(threshold);
    block.port("exit_i").set(exit);
    block.port("last_exit_i").set(last_exit ? 1 : 0);
    for (int first = 0; first < c.classes; first += c.columns) {
      std::vector<std::uint8_t> bytes(static_cast<std::size_t>(c.columns * c.logit_bits + 7) / 8);
      for (int b = 0; b < c.columns * c.logit_bits; ++b) {
        const int i = first + b / c.logit_bits;
        const bool set =
            i < c.classes && ((logits[static_cast<std::size_t>(i)] >> (b % c.logit_bits)) & 1) != 0;
        bytes[static_cast<std::size_t>(b / 8)] |= static_cast<std::uint8_t>((set ? 1 : 0) << (b % 8));
      }
      if (c.columns * c.logit_bits <= 64) {
        std::uint64_t word = 0;
        for (std::size_t k = bytes.size(); k-- > 0;) word = (word << 8) | bytes[k];
        block.port("logits_i").set(word);
      } else {
        block.port("logits_i").set_bytes(bytes.data(), bytes.size());
      }
      block.port("logit_valid_i").set(1);
      block.clock();
      block.port("logit_valid_i").set(0);
      if (first + c.columns >= c.classes) break;
      for (unsigned gap = random() % 3; gap > 0; --gap) block.clock();  // beats come with gaps
    }
    // All beats stand in the memory at least a cycle before the largest logit of the last is found.
    const int latency = last_exit ? DecisionUnit::kClassLatency : DecisionUnit::latency(criterion, c.classes);
    int waited = 0;
    block.settle();
    while (block.port("done_o").get() == 0) {
      ASSERT_LT(++waited, c.classes + latency + 1) << "no verdict";
      block.clock();
      block.settle();
    }
    EXPECT_EQ(block.port("class_o").get(), static_cast<std::uint64_t>(expected.top_class));
    EXPECT_EQ(block.port("exit_o").get(), exit);
    EXPECT_EQ(block.port("confident_o").get() != 0, !last_exit && expected.confident)
        << "S " << expected.sum_exp << " W " << expected.sum_weighted << " threshold " << threshold
        << " criterion " << static_cast<int>(criterion);
    block.clock();
    block.settle();
    EXPECT_EQ(block.port("busy_o").get(), 0U);
    if (!last_exit) {
      EXPECT_EQ(block.port("bin_o").get(),
                static_cast<std::uint64_t>(fixed::confidence_bin(expected, tables, criterion)))
          << "criterion " << static_cast<int>(criterion);
    }
  }
  // The test means something only where both verdicts occur.
  EXPECT_GT(confident, kRounds / 10);
  EXPECT_LT(confident, kRounds - kRounds / 10);
}

INSTANTIATE_TEST_SUITE_P(DecisionUnit, EachSize,
                         ::testing::Values(Case{10, 12, 2, 0.05}, Case{2, 8, 1, 0.1}, Case{37, 10, 8, 0.03},
                                           Case{3, 6, 4, 1.5}, Case{1000, 12, 16, 0.01}));

/// Cycles from the one that takes the last beat to done_o, all logits in one beat.
int cycles_after_the_last_logit(SimulatedBlock& block, Criterion criterion) {
  block.port("criterion_i").set(static_cast<std::uint64_t>(criterion));
  block.port("logit_valid_i").set(1);
  block.clock();
  block.port("logit_valid_i").set(0);
  block.settle();
  int cycles = 0;
  while (block.port("done_o").get() == 0 && cycles < 1000) {
    block.clock();
    block.settle();
    ++cycles;
  }
  block.clock();
  return cycles;
}

TEST(DecisionUnit, TakesTheCyclesThatTheModelCharges) {
  const Case c{10, 12, 1, 0.05};
  const fixed::DecisionTables tables = fixed::make_decision_tables(c.classes, c.logit_bits, c.step);
  SimulatedBlock block(unit_for(c, tables), accel::decision_images(tables, "mem/decision"));
  block.port("flush_i").set(1);
  block.clock();
  block.port("flush_i").set(0);
  block.port("exit_i").set(0);
  block.port("last_exit_i").set(0);
  block.port("threshold_i").set(1 << 20);
  block.port("logits_i").set(0);
  for (const Criterion criterion : fixed::kCriteria) {
    block.port("criterion_i").set(static_cast<std::uint64_t>(criterion));
    block.port("logit_valid_i").set(1);
    for (int i = 0; i + 1 < c.classes; ++i) block.clock();
    // The last of ten: it is registered, the search is with it in the cycle after, and ends there.
    EXPECT_EQ(cycles_after_the_last_logit(block, criterion), DecisionUnit::latency(criterion, c.classes))
        << fixed::name_of(criterion);
  }
  EXPECT_EQ(DecisionUnit::latency(Criterion::margin, 10), 2);
  EXPECT_EQ(DecisionUnit::latency(Criterion::max_softmax, 10), 15);
  EXPECT_EQ(DecisionUnit::latency(Criterion::entropy, 10), 36);
}

TEST(DecisionUnit, AFlushForgetsTheSample) {
  const fixed::DecisionTables tables = fixed::make_decision_tables(10, 12, 0.05);
  SimulatedBlock block(unit_for({10, 12, 2, 0.05}, tables), accel::decision_images(tables, "mem/decision"));
  for (int when = 0; when < 40; ++when) {
    block.port("exit_i").set(1);
    for (int i = 0; i < when; ++i) {
      block.port("logit_valid_i").set(i < 5 ? 1 : 0);
      block.port("logits_i").set(0x123456);
      block.clock();
    }
    block.port("logit_valid_i").set(0);
    block.port("flush_i").set(1);
    block.clock();
    block.port("flush_i").set(0);
    block.settle();
    EXPECT_EQ(block.port("busy_o").get(), 0U) << "flushed after " << when;
    block.port("criterion_i").set(static_cast<std::uint64_t>(when % 2));
    for (int i = 0; i < 60; ++i) {
      block.clock();
      block.settle();
      ASSERT_EQ(block.port("done_o").get(), 0U) << "flushed after " << when;
    }
  }
}

}  // namespace
}  // namespace offramp::blocks
