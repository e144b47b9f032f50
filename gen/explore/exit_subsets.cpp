#include "explore/exit_subsets.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <map>
#include <optional>

#include "base/error.h"
#include "base/interrupt.h"
#include "model/estimate.h"
#include "quant/with_exits.h"
#include "tune/tune.h"

namespace offramp::explore {
namespace {

constexpr std::size_t kMostEarly = 20;
/// Net share of wrong answers among those who leave at an exit, by level of the shared path.
constexpr double kPath[] = {0,      0.0005, 0.001, 0.002, 0.003, 0.005, 0.0075, 0.01,
                            0.0125, 0.015,  0.02,  0.025, 0.03,  0.04,  0.05,   0.065,
                            0.08,   0.1,    0.125, 0.15,  0.2,   0.3,   0.5,    1};

using Bits = std::vector<std::uint64_t>;

Bits none_of(std::size_t samples) {
  return Bits((samples + 63) / 64, 0);
}
void set(Bits& bits, std::size_t i) {
  bits[i / 64] |= std::uint64_t{1} << (i % 64);
}

/// By early exit and level of the path the samples that are sure enough to leave, and by exit those that are
/// right.
struct SharedPath {
  std::vector<std::vector<Bits>> leaves;
  std::vector<Bits> right;
};

SharedPath shared_path(std::span<const tune::Sample> samples, const fixed::DecisionTables& tables,
                       fixed::Criterion criterion) {
  const std::size_t exits = samples.front().exits.size();
  const bool upwards = fixed::laxer_upwards(criterion);
  SharedPath path;
  for (std::size_t e = 0; e < exits; ++e) {
    path.right.push_back(none_of(samples.size()));
    for (std::size_t i = 0; i < samples.size(); ++i) {
      if (samples[i].exits[e].top_class == samples[i].label) set(path.right[e], i);
    }
  }
  const auto is_right = [&](std::size_t e, std::size_t i) { return path.right[e][i / 64] >> (i % 64) & 1; };
  for (std::size_t e = 0; e + 1 < exits; ++e) {
    std::vector<std::pair<std::uint64_t, std::size_t>> order;
    for (std::size_t i = 0; i < samples.size(); ++i)
      order.emplace_back(fixed::strictest_threshold(samples[i].exits[e], tables, criterion), i);
    std::sort(order.begin(), order.end(), [upwards](const auto& a, const auto& b) {
      if (a.first != b.first) return upwards ? a.first < b.first : a.first > b.first;
      return a.second < b.second;
    });
    std::vector<Bits>& of_level = path.leaves.emplace_back();
    for (const double share : kPath) {
      std::size_t leave = 0;
      std::int64_t worse = 0;
      for (std::size_t k = 0; k < order.size(); ++k) {
        const std::size_t i = order[k].second;
        worse +=
            static_cast<std::int64_t>(is_right(exits - 1, i)) - static_cast<std::int64_t>(is_right(e, i));
        if (k + 1 < order.size() && order[k + 1].first == order[k].first) continue;
        if (static_cast<double>(worse) <= share * static_cast<double>(k + 1)) leave = k + 1;
      }
      Bits& bits = of_level.emplace_back(none_of(samples.size()));
      for (std::size_t k = 0; k < leave; ++k) set(bits, order[k].second);
    }
  }
  return path;
}

/// A set of exits, as bits, with its least cost on the shared path.
struct Ranked {
  std::int64_t cost = 0;
  std::uint32_t mask = 0;
};

/// Walks all sets at one level of the path; what the exits of a set's beginning leave over is shared by all
/// sets that begin so.
class Walk {
 public:
  Walk(const SharedPath& path, std::size_t level, const SubsetCosts& costs, std::int64_t least_right,
       std::size_t samples, int most, std::vector<std::int64_t>& best)
      : path_(path), level_(level), costs_(costs), least_right_(least_right), most_(most), best_(best) {
    Bits all = none_of(samples);
    for (std::size_t i = 0; i < samples; ++i) set(all, i);
    const auto early = path.leaves.size();
    left_.assign(early + 1, all);
  }
  void run() { visit(0, 0, {}); }

 private:
  struct Sums {
    std::int64_t right = 0, cost = 0;
    std::int64_t charged = 0;  // pipeline: branches passed; parallel: the latest verdict so far
  };

  /// `depth` exits are in `mask`; left_[depth] are the samples that none of them takes.
  void visit(std::size_t depth, std::uint32_t mask, const Sums& sums) {
    const Bits& left = left_[depth];
    std::int64_t rest = 0;
    std::int64_t rest_right = 0;
    for (std::size_t w = 0; w < left.size(); ++w) {
      rest += std::popcount(left[w]);
      rest_right += std::popcount(left[w] & path_.right.back()[w]);
    }
    if (sums.right + rest_right >= least_right_)
      best_[mask] =
          std::min(best_[mask], sums.cost + rest * leave_cost(costs_.alone.size() - 1, sums.charged));
    if (depth == static_cast<std::size_t>(most_)) return;
    const auto next = static_cast<std::size_t>(std::bit_width(mask));
    for (std::size_t e = next; e < path_.leaves.size(); ++e) {
      const Bits& leaves = path_.leaves[e][level_];
      const Bits& right = path_.right[e];
      Bits& after = left_[depth + 1];
      std::int64_t leaving = 0;
      std::int64_t leaving_right = 0;
      for (std::size_t w = 0; w < left.size(); ++w) {
        const std::uint64_t go = left[w] & leaves[w];
        leaving += std::popcount(go);
        leaving_right += std::popcount(go & right[w]);
        after[w] = left[w] & ~go;
      }
      Sums with = sums;
      with.right += leaving_right;
      const std::int64_t here = leave_cost(e, sums.charged);
      with.cost += leaving * here;
      with.charged = costs_.strategy == accel::Strategy::pipeline ? sums.charged + costs_.branch[e] : here;
      visit(depth + 1, mask | std::uint32_t{1} << e, with);
    }
  }
  [[nodiscard]] std::int64_t leave_cost(std::size_t e, std::int64_t charged) const {
    return costs_.strategy == accel::Strategy::pipeline ? costs_.alone[e] + charged
                                                        : std::max(costs_.alone[e], charged);
  }

  const SharedPath& path_;
  std::size_t level_;
  const SubsetCosts& costs_;
  std::int64_t least_right_;
  int most_;
  std::vector<std::int64_t>& best_;  // by mask
  std::vector<Bits> left_;           // by depth
};

std::vector<int> exits_of(std::uint32_t mask) {
  std::vector<int> early;
  for (int e = 0; mask >> e != 0; ++e) {
    if (mask >> e & 1) early.push_back(e);
  }
  return early;
}

/// The samples' decisions at the kept exits alone.
std::vector<tune::Sample> kept_samples(std::span<const tune::Sample> samples, const std::vector<int>& early) {
  std::vector<tune::Sample> kept;
  kept.reserve(samples.size());
  for (const tune::Sample& s : samples) {
    tune::Sample& k = kept.emplace_back();
    k.label = s.label;
    for (const int e : early) k.exits.push_back(s.exits[static_cast<std::size_t>(e)]);
    k.exits.push_back(s.exits.back());
  }
  return kept;
}

Subset tuned_subset(const quant::QNetwork& network, std::span<const tune::Sample> samples,
                    const SubsetCosts& costs, const SubsetRequest& request, const std::vector<int>& early,
                    const std::optional<tune::Policy>& start = {}) {
  quant::QNetwork part;  // what tuning reads of a network
  part.name = network.name;
  part.decision = network.decision;
  for (const int e : early) part.exits.push_back(network.exits[static_cast<std::size_t>(e)]);
  part.exits.push_back(network.exits.back());
  const tune::Tuned tuned =
      tune::tune(part, kept_samples(samples, early), costs.costs_of(early),
                 {.criterion = request.criterion, .max_drop = request.max_drop, .start = start});
  return {.early = early,
          .policy = tuned.policy,
          .mean_cycles = tuned.figures.mean_cost,
          .accuracy = tuned.figures.accuracy,
          .exit_share = tuned.figures.exit_share};
}

/// The set with one exit more that nobody takes yet: the last that is left out, which the fewest samples come
/// to, and the first.
std::vector<Subset> grown(const Subset& set, int early, fixed::Criterion criterion) {
  std::vector<int> others;
  for (int e = 0; e < early; ++e) {
    if (std::find(set.early.begin(), set.early.end(), e) == set.early.end()) others.push_back(e);
  }
  std::vector<Subset> sets;
  for (const int e : {others.back(), others.front()}) {
    Subset& more = sets.emplace_back(set);
    const auto at = std::lower_bound(more.early.begin(), more.early.end(), e) - more.early.begin();
    more.early.insert(more.early.begin() + at, e);
    more.policy.threshold.insert(more.policy.threshold.begin() + at, fixed::never_register(criterion));
    more.policy.skip.insert(more.policy.skip.begin() + at, fixed::SkipRule{});
  }
  return sets;
}

/// The set without the exit that the fewest samples take.
Subset shrunk(Subset set) {
  const auto least =
      std::min_element(set.exit_share.begin(), set.exit_share.end() - 1) - set.exit_share.begin();
  set.early.erase(set.early.begin() + least);
  set.policy.threshold.erase(set.policy.threshold.begin() + least);
  set.policy.skip.erase(set.policy.skip.begin() + least);
  return set;
}

void check(const quant::QNetwork& network, const SubsetRequest& request) {
  const int early = static_cast<int>(network.exits.size()) - 1;
  if (request.criterion == fixed::Criterion::patience) {
    throw Error(
        "sets of exits are compared with criteria that each exit judges by itself: max, entropy, margin or "
        "base2 (--criterion)");
  }
  if (request.least < 1 || request.least > request.most || request.most > early) {
    throw Error(fmt::format("--exits {}..{}: network '{}' has {} early exits; ask for 1 to {} of them",
                            request.least, request.most, network.name, early, early));
  }
  if (early > static_cast<int>(kMostEarly)) {
    throw Error(
        fmt::format("network '{}' has {} early exits and sets of at most {} are tried; leave some out with "
                    "'offramp attach'",
                    network.name, early, kMostEarly));
  }
}

}  // namespace

tune::ExitCosts SubsetCosts::costs_of(const std::vector<int>& kept) const {
  tune::ExitCosts costs{.unit = "cycles", .leave = {}, .branch = {}};
  const bool adds = strategy == accel::Strategy::pipeline;
  std::int64_t charged = 0;
  const auto leave = [&](std::size_t e) {
    costs.leave.push_back(adds ? alone[e] + charged : std::max(alone[e], charged));
  };
  for (const int e : kept) {
    leave(static_cast<std::size_t>(e));
    costs.branch.push_back(adds ? branch[static_cast<std::size_t>(e)] : 0);
    charged = adds ? charged + branch[static_cast<std::size_t>(e)] : costs.leave.back();
  }
  leave(alone.size() - 1);
  return costs;
}

SubsetCosts subset_costs(const quant::QNetwork& network, const accel::Options& options) {
  SubsetCosts costs{.strategy = options.strategy, .alone = {}, .branch = {}};
  const auto cycles_with = [&](const std::vector<int>& early, accel::Strategy strategy) {
    accel::Options o = options;
    o.strategy = strategy;
    o.on_backbone.clear();
    return model::estimate(accel::plan_accelerator(quant::with_exits(network, early), o)).cycles_by_exit;
  };
  const std::int64_t without = cycles_with({}, accel::Strategy::static_).back();
  for (std::size_t e = 0; e + 1 < network.exits.size(); ++e) {
    const auto with = cycles_with({static_cast<int>(e)}, options.strategy);
    costs.alone.push_back(with.front());
    costs.branch.push_back(with.back() - without);
  }
  costs.alone.push_back(without);
  return costs;
}

SubsetCurve best_subsets(const quant::QNetwork& network, std::span<const tune::Sample> samples,
                         const SubsetCosts& costs, const SubsetRequest& request,
                         const std::function<void(std::size_t, std::size_t)>& progress) {
  tune::check_tunable(network, samples);
  check(network, request);
  const std::size_t early = network.exits.size() - 1;
  const SharedPath path = shared_path(samples, network.decision, request.criterion);
  std::int64_t last_right = 0;
  for (const std::uint64_t word : path.right.back()) last_right += std::popcount(word);
  const auto n = static_cast<double>(samples.size());
  const std::int64_t least_right =
      last_right - static_cast<std::int64_t>(std::floor(request.max_drop * n + 1e-9));

  SubsetCurve curve{.floor = static_cast<double>(least_right) / n,
                    .without_cycles = static_cast<double>(costs.alone.back()),
                    .without_accuracy = static_cast<double>(last_right) / n,
                    .best = {},
                    .single = {},
                    .sets_tried = 0,
                    .levels = static_cast<int>(std::size(kPath))};
  constexpr std::int64_t kNone = std::int64_t{1} << 62;
  std::vector<std::int64_t> by_mask(std::size_t{1} << early, kNone);
  for (std::size_t level = 0; level < std::size(kPath); ++level) {
    check_interrupted();
    Walk(path, level, costs, least_right, samples.size(), request.most, by_mask).run();
  }

  // Sets that get thresholds of their own: all of one and two exits, the best few of the others, and what the
  // best of a size leads to by one exit more or less.
  std::map<std::uint32_t, Subset> tuned;
  const auto consider = [&](std::uint32_t mask) -> const Subset& {
    const auto found = tuned.find(mask);
    if (found != tuned.end()) return found->second;
    check_interrupted();
    return tuned.emplace(mask, tuned_subset(network, samples, costs, request, exits_of(mask))).first->second;
  };
  std::vector<std::vector<Ranked>> by_size(early + 1);
  for (std::uint32_t mask = 1; mask < by_mask.size(); ++mask) {
    const int size = std::popcount(mask);
    if (size > request.most) continue;
    ++curve.sets_tried;
    by_size[static_cast<std::size_t>(size)].push_back({.cost = by_mask[mask], .mask = mask});
  }
  for (std::size_t e = 0; e < early; ++e) curve.single.push_back(consider(std::uint32_t{1} << e));
  constexpr int kAllUpTo = 2;
  std::vector<Subset> best(static_cast<std::size_t>(request.most) + 1);
  const auto compare = [&](const Subset& s) {
    Subset& now = best[s.early.size()];
    if (now.early.empty() || s.mean_cycles < now.mean_cycles) now = s;
  };
  for (int size = 1; size <= request.most; ++size) {
    if (progress) progress(static_cast<std::size_t>(size), static_cast<std::size_t>(request.most));
    auto& ranked = by_size[static_cast<std::size_t>(size)];
    std::sort(ranked.begin(), ranked.end(), [](const Ranked& a, const Ranked& b) {
      return a.cost != b.cost ? a.cost < b.cost : a.mask < b.mask;
    });
    const std::size_t count = size <= kAllUpTo ? ranked.size() : std::min(ranked.size(), request.retuned);
    for (std::size_t r = 0; r < count; ++r) compare(consider(ranked[r].mask));
    if (size > kAllUpTo) {
      for (const Subset& s :
           grown(best[static_cast<std::size_t>(size) - 1], static_cast<int>(early), request.criterion))
        compare(tuned_subset(network, samples, costs, request, s.early, s.policy));
    }
  }
  for (int size = request.most; size > kAllUpTo + 1; --size) {
    check_interrupted();
    const Subset less = shrunk(best[static_cast<std::size_t>(size)]);
    compare(tuned_subset(network, samples, costs, request, less.early, less.policy));
  }
  for (int size = request.least; size <= request.most; ++size)
    curve.best.push_back(std::move(best[static_cast<std::size_t>(size)]));
  return curve;
}

double planned_cycles(const quant::QNetwork& network, const accel::Options& options, const Subset& subset) {
  accel::Options o = options;
  o.on_backbone.clear();
  const auto cycles =
      model::estimate(accel::plan_accelerator(quant::with_exits(network, subset.early), o)).cycles_by_exit;
  double mean = 0;
  for (std::size_t x = 0; x < cycles.size(); ++x)
    mean += subset.exit_share[x] * static_cast<double>(cycles[x]);
  return mean;
}

}  // namespace offramp::explore
