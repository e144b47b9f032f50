#include "tune/search.h"

#include <gtest/gtest.h>

#include <functional>

#include "tune/synthetic.h"

namespace offramp::tune {
namespace {

using fixed::Criterion;

/// Every combination of levels.
void for_each_choice(const Table& table, const std::function<void(const Choice&)>& visit) {
  Choice choice(table.early(), 0);
  while (true) {
    visit(choice);
    std::size_t e = 0;
    while (e < choice.size() && ++choice[e] == table.levels(e)) choice[e++] = 0;
    if (e == choice.size()) return;
  }
}

Totals best_of_all(const Search& search, const Table& table, const Goal& goal) {
  std::optional<Totals> best;
  for_each_choice(table, [&](const Choice& c) {
    const Totals t = search.totals(c);
    if (!best || goal.better(t, *best)) best = t;
  });
  return best.value();
}

std::vector<Goal> goals_of(const Search& search, const Table& table) {
  const Totals never = search.totals(Choice(table.early(), 0));
  std::vector<Goal> goals;
  for (const int drop : {0, 1, 4, 10}) goals.push_back(Goal::cheapest_with_score(never.score - drop));
  goals.push_back(Goal::cheapest_with_score(never.score + 5));
  goals.push_back(
      Goal::cheapest_with_score(static_cast<std::int64_t>(table.samples) + 1));  // nobody reaches it
  for (const int percent : {0, 40, 60, 80, 100})
    goals.push_back(Goal::best_within_cost(never.cost * percent / 100));
  return goals;
}

class SearchCriteria : public testing::TestWithParam<Criterion> {};

TEST_P(SearchCriteria, TotalsAreWhatPlayingThePolicyGives) {
  const quant::QNetwork net = synthetic_network(4);
  const ExitCosts costs = synthetic_costs(4);
  const auto samples = synthetic_samples(net, 300, 5);
  const std::vector<fixed::SkipRule> skip{
      {.above = true, .level = 4500}, {}, {.above = false, .level = 1500}};
  const Table table = make_table(samples, net.decision, GetParam(), costs, Score::right, skip);
  const Search search(table);
  std::mt19937_64 random(3);
  for (int trial = 0; trial < 50; ++trial) {
    Choice choice;
    for (std::size_t e = 0; e < 3; ++e)
      choice.push_back(static_cast<std::uint32_t>(random() % table.levels(e)));
    const Policy policy = policy_of(table, choice);
    EXPECT_EQ(choice_of(table, policy), choice);
    const Figures f = play(policy, samples, net.decision, costs);
    const Totals t = search.totals(choice);
    EXPECT_NEAR(f.accuracy * 300, static_cast<double>(t.score), 1e-6);
    EXPECT_NEAR(f.mean_cost * 300, static_cast<double>(t.cost), 1e-6);
  }
}

TEST_P(SearchCriteria, IsTheBestOfAllThresholdsWithOneAndWithTwoEarlyExits) {
  for (const int exits : {2, 3}) {
    for (std::uint64_t seed = 0; seed < 8; ++seed) {
      const quant::QNetwork net = synthetic_network(exits);
      const auto samples = synthetic_samples(net, 150, seed, exits == 2 ? 0 : 24);
      const Table table = make_table(samples, net.decision, GetParam(), synthetic_costs(exits));
      const Search search(table);
      for (const Goal& goal : goals_of(search, table)) {
        const Found found = search.solve(goal);
        EXPECT_EQ(search.totals(found.choice), found.totals);
        EXPECT_EQ(found.totals, best_of_all(search, table, goal))
            << exits << " exits, seed " << seed << ", limit " << goal.limit();
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Criteria, SearchCriteria, testing::ValuesIn(fixed::kCriteria),
                         [](const auto& criterion) { return fixed::name_of(criterion.param); });

TEST(Search, IsWithinAPercentOfTheBestOfAllThresholdsWithThreeEarlyExits) {
  int exact = 0;
  int all = 0;
  for (std::uint64_t seed = 0; seed < 12; ++seed) {
    const quant::QNetwork net = synthetic_network(4);
    const auto samples = synthetic_samples(net, 400, seed, 12);
    const Table table = make_table(samples, net.decision, Criterion::max_softmax, synthetic_costs(4));
    const Search search(table);
    for (const Goal& goal : goals_of(search, table)) {
      const Totals found = search.solve(goal).totals;
      const Totals best = best_of_all(search, table, goal);
      ++all;
      exact += found == best;
      EXPECT_EQ(goal.met(found), goal.met(best));
      if (goal.wants_score() && goal.met(best)) {
        EXPECT_LE(static_cast<double>(found.cost), 1.01 * static_cast<double>(best.cost))
            << "seed " << seed << ", limit " << goal.limit();
      }
      EXPECT_GE(static_cast<double>(found.score), 0.99 * static_cast<double>(best.score));
    }
  }
  std::printf("three early exits: %d of %d searches give the very best\n", exact, all);
  EXPECT_GE(exact * 10, all * 8);
}

TEST(Search, TheFrontHoldsWhatNoOtherPointBeats) {
  for (const int exits : {2, 3, 5}) {
    const quant::QNetwork net = synthetic_network(exits);
    const auto samples = synthetic_samples(net, 200, 9);
    const Table table = make_table(samples, net.decision, Criterion::entropy, synthetic_costs(exits));
    const Search search(table);
    const auto front = search.front(20);
    ASSERT_GE(front.size(), 5U);
    for (std::size_t i = 0; i < front.size(); ++i) {
      EXPECT_EQ(search.totals(front[i].choice), front[i].totals);
      if (i == 0) continue;
      EXPECT_LT(front[i].totals.cost, front[i - 1].totals.cost);
      EXPECT_LT(front[i].totals.score, front[i - 1].totals.score);
    }
    if (exits != 2) continue;
    // With one early exit it is complete.
    for_each_choice(table, [&](const Choice& c) {
      const Totals t = search.totals(c);
      EXPECT_TRUE(std::any_of(front.begin(), front.end(), [&](const Found& f) {
        return f.totals.cost <= t.cost && f.totals.score >= t.score;
      }));
    });
  }
}

}  // namespace
}  // namespace offramp::tune
