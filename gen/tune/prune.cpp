#include "tune/prune.h"

#include <algorithm>

namespace offramp::tune {
namespace {

Totals totals_of(const Policy& policy, std::span<const Sample> samples, const fixed::DecisionTables& tables,
                 const ExitCosts& costs) {
  Totals t;
  for (const Sample& s : samples) {
    const Course c = follow(policy, s, tables, costs);
    t.score += c.right;
    t.cost += c.cost;
  }
  return t;
}

/// A rule between two sums of activity.
std::uint32_t level_between(std::uint64_t below, std::uint64_t above) {
  return static_cast<std::uint32_t>(below + (above - below + 1) / 2);
}

/// The best rule for exit `e`, all else being kept.
bool improve_rule(std::span<const Sample> samples, const fixed::DecisionTables& tables,
                  const ExitCosts& costs, const Goal& goal, std::size_t e, Policy& policy, Totals& now) {
  struct Case {
    std::uint64_t activity = 0;
    std::int64_t score = 0;  // of skipping against not
    std::int64_t cost = 0;
  };
  Policy kept = policy;
  Policy skipped = policy;
  kept.skip[e] = {};
  skipped.skip[e] = {.above = false, .level = fixed::SkipRule::kMostLevel};
  std::vector<Case> cases;
  Totals none;  // with nobody skipped
  Totals all;   // with everybody skipped
  for (const Sample& s : samples) {
    // A register cannot tell sums beyond its range apart.
    if (s.exits[e].activity >= fixed::SkipRule::kMostLevel) return false;
    const Course a = follow(kept, s, tables, costs);
    const Course b = follow(skipped, s, tables, costs);
    none.score += a.right;
    none.cost += a.cost;
    all.score += b.right;
    all.cost += b.cost;
    cases.push_back({.activity = s.exits[e].activity,
                     .score = static_cast<std::int64_t>(b.right) - static_cast<std::int64_t>(a.right),
                     .cost = b.cost - a.cost});
  }
  std::stable_sort(cases.begin(), cases.end(),
                   [](const Case& a, const Case& b) { return a.activity < b.activity; });
  Totals best = now;
  fixed::SkipRule rule = policy.skip[e];
  const auto consider = [&](const Totals& t, const fixed::SkipRule& r) {
    if (!goal.better(t, best)) return;
    best = t;
    rule = r;
  };
  consider(none, {});
  Totals low = none;  // with the least active skipped
  Totals high = all;  // with the most active skipped
  for (std::size_t k = 0; k < cases.size(); ++k) {
    low.score += cases[k].score;
    low.cost += cases[k].cost;
    high.score -= cases[k].score;
    high.cost -= cases[k].cost;
    const std::uint64_t here = cases[k].activity;
    if (k + 1 < cases.size() && cases[k + 1].activity == here) continue;
    const bool last = k + 1 == cases.size();
    consider(low, {.above = false,
                   .level = last ? static_cast<std::uint32_t>(here + 1)
                                 : level_between(here, cases[k + 1].activity)});
    // Above a level: those from the next one on.
    if (!last) consider(high, {.above = true, .level = level_between(here, cases[k + 1].activity) - 1});
  }
  if (!goal.better(best, now)) return false;
  policy.skip[e] = rule;
  now = best;
  return true;
}

/// The best of rules at even shares of the samples for exit `e`, each with thresholds that are searched with
/// it.
bool improve_jointly(std::span<const Sample> samples, const fixed::DecisionTables& tables,
                     const ExitCosts& costs, const Goal& goal, std::size_t e, Policy& policy, Totals& now) {
  constexpr std::size_t kShares = 16;
  std::vector<std::uint64_t> activities;
  for (const Sample& s : samples) activities.push_back(s.exits[e].activity);
  std::sort(activities.begin(), activities.end());
  if (activities.back() >= fixed::SkipRule::kMostLevel) return false;
  const Policy before = policy;
  bool moved = false;
  for (std::size_t share = 1; share < kShares; ++share) {
    const auto level = static_cast<std::uint32_t>(activities[share * activities.size() / kShares]);
    for (const bool above : {false, true}) {
      Policy other = before;
      other.skip[e] = {.above = above, .level = level};
      const Table table = make_table(samples, tables, other.criterion, costs, Score::right, other.skip);
      other = policy_of(table, Search(table).improve(choice_of(table, other), goal).choice);
      const Totals t = totals_of(other, samples, tables, costs);
      if (!goal.better(t, now)) continue;
      policy = other;
      now = t;
      moved = true;
    }
  }
  return moved;
}

}  // namespace

Policy prune(std::span<const Sample> samples, const fixed::DecisionTables& tables, const ExitCosts& costs,
             const Goal& goal, Policy start) {
  constexpr int kMostRounds = 8;
  constexpr std::size_t kFewExits = 4;
  Totals now = totals_of(start, samples, tables, costs);
  for (int round = 0; round < kMostRounds; ++round) {
    bool moved = false;
    for (std::size_t e = 0; e < start.skip.size(); ++e)
      moved = improve_rule(samples, tables, costs, goal, e, start, now) || moved;
    // A rule may pay only with other thresholds; with many exits that is too much to try.
    for (std::size_t e = 0; start.skip.size() <= kFewExits && e < start.skip.size(); ++e)
      moved = improve_jointly(samples, tables, costs, goal, e, start, now) || moved;
    if (!moved) break;
    const Table table = make_table(samples, tables, start.criterion, costs, Score::right, start.skip);
    const Search search(table);
    const Policy again = policy_of(table, search.improve(choice_of(table, start), goal).choice);
    const Totals t = totals_of(again, samples, tables, costs);
    if (!goal.better(t, now)) continue;
    start = again;
    now = t;
  }
  return start;
}

}  // namespace offramp::tune
