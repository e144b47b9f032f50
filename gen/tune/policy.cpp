#include "tune/policy.h"

#include "base/error.h"

namespace offramp::tune {

Policy never_leave(fixed::Criterion criterion, std::size_t early_exits) {
  return {.criterion = criterion,
          .threshold = std::vector<std::uint64_t>(early_exits, fixed::never_register(criterion)),
          .skip = std::vector<fixed::SkipRule>(early_exits)};
}

Course follow(const Policy& policy, const Sample& sample, const fixed::DecisionTables& tables,
              const ExitCosts& costs, std::vector<bool>* skipped) {
  const std::size_t last = sample.exits.size() - 1;
  if (skipped != nullptr) skipped->assign(last, false);
  Course course;
  std::size_t e = 0;
  std::int64_t saved = 0;
  fixed::Decision before;
  for (; e < last; ++e) {
    fixed::Decision d = sample.exits[e];
    d.agreements = fixed::agreements_after(e == 0 ? nullptr : &before, d.top_class);
    d.skipped = policy.skip[e].skips(d.activity);
    if (d.skipped) {
      saved += costs.branch[e];
      if (skipped != nullptr) (*skipped)[e] = true;
    } else if (fixed::confident(d, tables, policy.criterion, policy.threshold[e])) {
      break;
    }
    before = d;
  }
  course.exit = static_cast<int>(e);
  course.right = sample.exits[e].top_class == sample.label;
  course.lost = !course.right && sample.exits[last].top_class == sample.label;
  course.cost = costs.leave[e] - saved;
  return course;
}

Figures play(const Policy& policy, std::span<const Sample> samples, const fixed::DecisionTables& tables,
             const ExitCosts& costs) {
  if (samples.empty()) throw Error("there are no samples to judge thresholds on; give a data set (--data)");
  const std::size_t exits = samples.front().exits.size();
  const auto n = static_cast<double>(samples.size());
  Figures f;
  f.exits.assign(exits, 0);
  std::vector<std::int64_t> skips(exits - 1, 0);
  std::vector<std::int64_t> exit_right(exits, 0);
  std::int64_t right = 0;
  std::int64_t lost = 0;
  std::int64_t cost = 0;
  std::vector<bool> skipped;
  for (const Sample& s : samples) {
    const Course c = follow(policy, s, tables, costs, &skipped);
    ++f.exits[static_cast<std::size_t>(c.exit)];
    right += c.right;
    lost += c.lost;
    cost += c.cost;
    for (std::size_t e = 0; e + 1 < exits; ++e) skips[e] += skipped[e];
    for (std::size_t e = 0; e < exits; ++e) exit_right[e] += s.exits[e].top_class == s.label;
  }
  f.accuracy = static_cast<double>(right) / n;
  f.lost = static_cast<double>(lost) / n;
  f.mean_cost = static_cast<double>(cost) / n;
  for (const std::int64_t left : f.exits) f.exit_share.push_back(static_cast<double>(left) / n);
  for (const std::int64_t s : skips) f.skipped_share.push_back(static_cast<double>(s) / n);
  for (const std::int64_t r : exit_right) f.exit_accuracy.push_back(static_cast<double>(r) / n);
  f.final_accuracy = f.exit_accuracy.back();
  return f;
}

void apply(const Policy& policy, quant::QNetwork& network) {
  for (std::size_t e = 0; e + 1 < network.exits.size(); ++e) {
    quant::QExit& exit = network.exits[e];
    exit.criterion = policy.criterion;
    exit.threshold = policy.threshold[e];
    exit.level = fixed::threshold_level(policy.criterion, exit.threshold, network.decision.logit_step);
    exit.skip = policy.skip[e];
  }
}

}  // namespace offramp::tune
