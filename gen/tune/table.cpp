#include "tune/table.h"

#include <algorithm>

#include "base/error.h"

namespace offramp::tune {

Table make_table(std::span<const Sample> samples, const fixed::DecisionTables& tables,
                 fixed::Criterion criterion, const ExitCosts& costs, Score score,
                 const std::vector<fixed::SkipRule>& skip) {
  if (samples.empty()) throw Error("there are no samples to choose thresholds on; give a data set (--data)");
  const std::size_t exits = samples.front().exits.size();
  const std::size_t early = exits - 1;
  Table t;
  t.samples = samples.size();
  t.criterion = criterion;
  t.skip = skip;
  t.skip.resize(early);
  std::vector<std::vector<std::uint64_t>> strictest(early, std::vector<std::uint64_t>(samples.size()));
  std::vector<std::vector<bool>> skipped(early, std::vector<bool>(samples.size()));
  t.score.assign(exits, std::vector<std::uint8_t>(samples.size()));
  t.cost.assign(exits, std::vector<std::int64_t>(samples.size()));
  for (std::size_t i = 0; i < samples.size(); ++i) {
    const Sample& s = samples[i];
    const bool last_right = s.exits[early].top_class == s.label;
    std::int64_t saved = 0;
    fixed::Decision before;
    for (std::size_t e = 0; e < exits; ++e) {
      const bool right = s.exits[e].top_class == s.label;
      t.score[e][i] = right || (score == Score::kept && !last_right);
      if (e < early) {
        fixed::Decision d = s.exits[e];
        d.agreements = fixed::agreements_after(e == 0 ? nullptr : &before, d.top_class);
        d.skipped = t.skip[e].skips(d.activity);
        skipped[e][i] = d.skipped;
        if (d.skipped) saved += costs.branch[e];
        strictest[e][i] = fixed::strictest_threshold(d, tables, criterion);
        before = d;
      }
      t.cost[e][i] = costs.leave[e] - saved;
      // The searches rely on it that who leaves earlier costs no more; energy models may say otherwise by a
      // hair.
      if (e > 0) t.cost[e][i] = std::max(t.cost[e][i], t.cost[e - 1][i]);
    }
  }
  const bool upwards = fixed::laxer_upwards(criterion);
  for (std::size_t e = 0; e < early; ++e) {
    std::vector<std::uint64_t> distinct;
    for (std::size_t i = 0; i < samples.size(); ++i) {
      if (!skipped[e][i]) distinct.push_back(strictest[e][i]);
    }
    const auto stricter = [upwards](std::uint64_t a, std::uint64_t b) { return upwards ? a < b : a > b; };
    std::sort(distinct.begin(), distinct.end(), stricter);
    distinct.erase(std::unique(distinct.begin(), distinct.end()), distinct.end());
    std::vector<std::uint32_t> level(samples.size(), Table::kNeverLeaves);
    for (std::size_t i = 0; i < samples.size(); ++i) {
      if (skipped[e][i]) continue;
      const auto found = std::lower_bound(distinct.begin(), distinct.end(), strictest[e][i], stricter);
      level[i] = static_cast<std::uint32_t>(found - distinct.begin()) + 1;
    }
    distinct.insert(distinct.begin(), fixed::never_register(criterion));
    t.registers.push_back(std::move(distinct));
    t.leaves_at.push_back(std::move(level));
  }
  return t;
}

Policy policy_of(const Table& table, const Choice& choice) {
  Policy p = never_leave(table.criterion, table.early());
  p.skip = table.skip;
  for (std::size_t e = 0; e < table.early(); ++e) p.threshold[e] = table.registers[e][choice[e]];
  return p;
}

Choice choice_of(const Table& table, const Policy& policy) {
  const bool upwards = fixed::laxer_upwards(table.criterion);
  Choice choice(table.early(), 0);
  for (std::size_t e = 0; e < table.early(); ++e) {
    const auto& registers = table.registers[e];
    const std::uint64_t limit = policy.threshold[e];
    while (choice[e] + 1 < registers.size() &&
           (upwards ? registers[choice[e] + 1] <= limit : registers[choice[e] + 1] >= limit))
      ++choice[e];
  }
  return choice;
}

}  // namespace offramp::tune
