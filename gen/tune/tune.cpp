#include "tune/tune.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "tune/prune.h"
#include "tune/search.h"

namespace offramp::tune {
namespace {

void check_share(double share, const char* what, const char* option) {
  if (share >= 0 && share <= 1) return;
  throw Error(fmt::format("{} of {}: give a share from 0 to 1 ({})", what, share, option));
}

/// The wish in sums over the samples. A share is met by the first whole number of samples that is not less.
Goal goal_of(const Wish& wish, const Table& table) {
  constexpr double kRounding = 1e-9;
  const auto n = static_cast<double>(table.samples);
  if (wish.max_mean_cost)
    return Goal::best_within_cost(static_cast<std::int64_t>(std::floor(*wish.max_mean_cost * n + 0.5)));
  if (wish.min_accuracy)
    return Goal::cheapest_with_score(
        static_cast<std::int64_t>(std::ceil(*wish.min_accuracy * n - kRounding)));
  std::int64_t final_right = 0;
  for (const std::uint8_t right : table.score.back()) final_right += right;
  return Goal::cheapest_with_score(final_right -
                                   static_cast<std::int64_t>(std::floor(wish.max_drop * n + kRounding)));
}

}  // namespace

void check_tunable(const quant::QNetwork& network, std::span<const Sample> samples) {
  if (network.exits.size() < 2) {
    throw Error(
        fmt::format("network '{}' has a single exit, so there is no threshold to choose; give it early "
                    "exits with 'offramp attach'",
                    network.name));
  }
  if (samples.empty()) {
    throw Error(fmt::format("network '{}': no samples to tune the thresholds on; give a data set (--data)",
                            network.name));
  }
  for (std::size_t i = 0; i < samples.size(); ++i) {
    if (samples[i].label >= 0 && samples[i].label < network.decision.classes) continue;
    throw Error(
        fmt::format("image {} has the label {} and network '{}' has the classes 0 to {}; choose the data "
                    "set that it was trained on (--data)",
                    i, samples[i].label, network.name, network.decision.classes - 1));
  }
}

Tuned tune(const quant::QNetwork& network, std::span<const Sample> samples, const ExitCosts& costs,
           const Wish& wish) {
  check_tunable(network, samples);
  check_share(wish.max_drop, "an accuracy drop", "--max-drop");
  if (wish.min_accuracy) check_share(*wish.min_accuracy, "an accuracy", "--min-accuracy");
  const Table table = make_table(samples, network.decision, wish.criterion, costs);
  const Search search(table);
  const Goal goal = goal_of(wish, table);
  Found found = search.solve(goal);
  if (wish.start) {
    Found other = search.improve(choice_of(table, *wish.start), goal);
    if (goal.better(other.totals, found.totals)) found = std::move(other);
  }
  const auto n = static_cast<double>(table.samples);
  if (!goal.met(found.totals)) {
    if (goal.wants_score()) {
      throw Error(
          fmt::format("no thresholds of network '{}' reach an accuracy of {:.2f} % with the criterion {}: "
                      "the most is {:.2f} % on the {} tuning images; ask for at most that "
                      "(--min-accuracy)",
                      network.name, 100 * *wish.min_accuracy, fixed::name_of(wish.criterion),
                      std::floor(1e4 * static_cast<double>(found.totals.score) / n) / 100, table.samples));
    }
    throw Error(
        fmt::format("no thresholds of network '{}' bring the mean cost down to {:g} {} an image with the "
                    "criterion {}: the least is {:.6g}, where every image leaves as early as it can; ask "
                    "for at least that",
                    network.name, *wish.max_mean_cost, costs.unit, fixed::name_of(wish.criterion),
                    static_cast<double>(found.totals.cost) / n));
  }
  Tuned tuned{.policy = policy_of(table, found.choice), .figures = {}, .unpruned = {}};
  tuned.figures = play(tuned.policy, samples, network.decision, costs);
  if (wish.prune) {
    tuned.unpruned = tuned.figures;
    // No accuracy is paid for it, also where the floor would leave some.
    const Goal pruned = goal.wants_score() ? Goal::cheapest_with_score(found.totals.score) : goal;
    tuned.policy = prune(samples, network.decision, costs, pruned, tuned.policy);
    tuned.figures = play(tuned.policy, samples, network.decision, costs);
  }
  return tuned;
}

std::vector<FrontPoint> pareto_front(const quant::QNetwork& network, std::span<const Sample> samples,
                                     const ExitCosts& costs, fixed::Criterion criterion, std::size_t points) {
  check_tunable(network, samples);
  const Table table = make_table(samples, network.decision, criterion, costs);
  const auto n = static_cast<double>(table.samples);
  std::vector<FrontPoint> front;
  for (const Found& f : Search(table).front(points)) {
    front.push_back({.policy = policy_of(table, f.choice),
                     .accuracy = static_cast<double>(f.totals.score) / n,
                     .mean_cost = static_cast<double>(f.totals.cost) / n});
  }
  return front;
}

std::vector<std::string> warnings_of(const quant::QNetwork& network, std::span<const Sample> samples,
                                     const Tuned& tuned) {
  std::vector<std::string> warnings;
  std::vector<bool> seen(static_cast<std::size_t>(network.decision.classes), false);
  for (const Sample& s : samples) seen[static_cast<std::size_t>(s.label)] = true;
  const auto missing = std::count(seen.begin(), seen.end(), false);
  if (missing > 0) {
    const auto first = std::find(seen.begin(), seen.end(), false) - seen.begin();
    warnings.push_back(
        fmt::format("class {}{} has no image among the {} that the thresholds come from, so they say "
                    "nothing of it; use data with every class",
                    first, missing > 1 ? fmt::format(" (and {} more)", missing - 1) : "", samples.size()));
  }
  const Figures& f = tuned.figures;
  double arrive = 1;
  for (std::size_t e = 0; e < network.exits.size(); ++e) {
    const bool early = e + 1 < network.exits.size();
    const std::string& name = network.exits[e].name;
    if (f.exits[e] == 0 && arrive <= 1e-12) {
      warnings.push_back(fmt::format("exit {} ({}) is unreachable: every tuning image leaves before it{}", e,
                                     name, early ? "; leave the exit out or ask for more accuracy" : ""));
    } else if (early && f.skipped_share[e] >= arrive - 1e-12) {
      warnings.push_back(
          fmt::format("exit {} ({}) is always skipped on the tuning images; leave the exit out", e, name));
    } else if (early && f.exits[e] == 0) {
      warnings.push_back(
          fmt::format("exit {} ({}) is taken by no tuning image: its branch only costs; leave the "
                      "exit out or allow more loss of accuracy",
                      e, name));
    }
    arrive -= f.exit_share[e];
  }
  return warnings;
}

}  // namespace offramp::tune
