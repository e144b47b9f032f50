// What exits say together: patience and skipped branches, by hand.
#include "golden/exits.h"

#include <gtest/gtest.h>

namespace offramp::golden {
namespace {

using fixed::Criterion;

struct Fixture {
  fixed::DecisionTables tables = fixed::make_decision_tables(3, 8, 0.1);
  std::vector<quant::QExit> exits;
  std::vector<std::vector<std::int32_t>> tensors;
  std::vector<int> taps;

  /// An exit whose largest logit is `top`, on a map of these values.
  void add(int top, Criterion criterion, std::uint64_t threshold, std::vector<std::int32_t> map) {
    std::vector<std::int32_t> logits(3, 0);
    logits[static_cast<std::size_t>(top)] = 50;
    tensors.push_back(std::move(map));
    tensors.push_back(logits);
    taps.push_back(static_cast<int>(tensors.size()) - 2);
    exits.push_back({.name = "e",
                     .logits = static_cast<int>(tensors.size()) - 1,
                     .criterion = criterion,
                     .threshold = threshold});
  }
  [[nodiscard]] std::vector<fixed::Decision> decide() const {
    const std::vector<int> early(taps.begin(), taps.end() - 1);
    return decide_exits(exits, early, tables, [&](int t) { return tensors[static_cast<std::size_t>(t)]; });
  }
};

TEST(Exits, PatienceTakesTheExitWhoseClassTheOnesBeforeNamedInARow) {
  Fixture f;
  for (const int top : {1, 2, 2, 2, 0}) f.add(top, Criterion::patience, 2, {1});
  const auto d = f.decide();
  EXPECT_EQ(d[0].agreements, 0);
  EXPECT_EQ(d[1].agreements, 0);
  EXPECT_EQ(d[2].agreements, 1);
  EXPECT_EQ(d[3].agreements, 2);
  EXPECT_EQ(exit_taken(d), 3);
}

TEST(Exits, ASkippedExitIsNeverTakenAndBreaksTheRow) {
  Fixture f;
  for (int e = 0; e < 4; ++e) f.add(2, Criterion::patience, 1, {3, -4});
  EXPECT_EQ(exit_taken(f.decide()), 1);
  f.exits[1].skip = {.above = false, .level = 8};  // 7 is below
  const auto d = f.decide();
  EXPECT_EQ(d[1].activity, 7U);
  EXPECT_TRUE(d[1].skipped);
  EXPECT_FALSE(d[1].confident);
  EXPECT_EQ(d[2].agreements, 0);
  EXPECT_EQ(d[3].agreements, 1);
  EXPECT_EQ(exit_taken(d), 3);
  f.exits[1].skip = {.above = true, .level = 7};  // but not above
  EXPECT_EQ(exit_taken(f.decide()), 1);
}

TEST(Exits, TheLastExitIsTakenWhereNoOtherIs) {
  Fixture f;
  f.add(1, Criterion::margin, 51, {1});
  f.add(1, Criterion::margin, 51, {1});
  EXPECT_EQ(exit_taken(f.decide()), 1);
  f.exits[0].threshold = 50;
  EXPECT_EQ(exit_taken(f.decide()), 0);
}

}  // namespace
}  // namespace offramp::golden
