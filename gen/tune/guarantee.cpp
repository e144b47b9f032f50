#include "tune/guarantee.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>
#include <random>

#include "base/error.h"
#include "tune/search.h"

namespace offramp::tune {
namespace {

/// Steps of a path, about, where its own part has so many images to lose.
constexpr std::size_t kSteps = 200;
/// A path goes on to this many times the promised risk, on its own part: calibration ends it before.
constexpr double kBeyond = 3;

std::vector<Sample> taken(std::span<const Sample> samples, const std::vector<std::size_t>& which) {
  std::vector<Sample> part;
  part.reserve(which.size());
  for (const std::size_t i : which) part.push_back(samples[i]);
  return part;
}

std::vector<fixed::SkipRule> rules_for(const quant::QNetwork& network, std::span<const Sample> samples,
                                       const ExitCosts& costs, fixed::Criterion criterion, double risk) {
  return tune(network, samples, costs, {.criterion = criterion, .max_drop = risk, .prune = true}).policy.skip;
}

/// Of the steps whose losses stay within the promised risk the lowest cost; -1 where that is asked of none.
double cost_within(const std::vector<Policy>& path, std::span<const Sample> samples,
                   const fixed::DecisionTables& tables, const ExitCosts& costs, double risk) {
  double best = -1;
  for (const Policy& p : path) {
    const Figures f = play(p, samples, tables, costs);
    if (f.lost <= risk && (best < 0 || f.mean_cost < best)) best = f.mean_cost;
  }
  return best;
}

}  // namespace

Parts divide(std::size_t samples, std::uint64_t seed) {
  std::vector<std::size_t> order(samples);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::mt19937_64 random(seed);
  for (std::size_t i = samples; i > 1; --i) std::swap(order[i - 1], order[random() % i]);
  const auto at = [&](std::size_t part) { return order.begin() + static_cast<std::ptrdiff_t>(part); };
  Parts parts{.path = {at(0), at(samples / 4)},
              .calibration = {at(samples / 4), at(3 * samples / 4)},
              .held_out = {at(3 * samples / 4), order.end()}};
  for (auto* part : {&parts.path, &parts.calibration, &parts.held_out}) std::sort(part->begin(), part->end());
  return parts;
}

std::vector<Policy> make_path(const quant::QNetwork& network, std::span<const Sample> samples,
                              const ExitCosts& costs, fixed::Criterion criterion, double risk,
                              const std::vector<fixed::SkipRule>& skip) {
  const Table table = make_table(samples, network.decision, criterion, costs, Score::kept, skip);
  const auto n = static_cast<std::int64_t>(table.samples);
  const auto most = std::max<std::int64_t>(
      1, static_cast<std::int64_t>(std::ceil(kBeyond * risk * static_cast<double>(n))));
  const Search search(table);
  std::vector<Found> steps{{.choice = Choice(table.early(), 0), .totals = {}}};
  steps.front().totals = search.totals(steps.front().choice);
  const auto add = [&](const Found& f) {
    if (n - f.totals.score <= most && f.choice != steps.back().choice) steps.push_back(f);
  };
  const std::int64_t stride = std::max<std::int64_t>(1, most / static_cast<std::int64_t>(kSteps));
  for (std::int64_t lost = 0; lost <= most; lost += stride)
    add(search.solve(Goal::cheapest_with_score(n - lost)));
  std::vector<Policy> path;
  for (const Found& f : steps) path.push_back(policy_of(table, f.choice));
  return path;
}

std::vector<std::vector<std::uint8_t>> losses_of(const std::vector<Policy>& path,
                                                 std::span<const Sample> samples,
                                                 const fixed::DecisionTables& tables,
                                                 const ExitCosts& costs) {
  std::vector<std::vector<std::uint8_t>> loss;
  for (const Policy& policy : path) {
    std::vector<std::uint8_t>& of_step = loss.emplace_back();
    for (const Sample& s : samples) of_step.push_back(follow(policy, s, tables, costs).lost);
  }
  return loss;
}

Guaranteed guarantee(const quant::QNetwork& network, std::span<const Sample> samples,
                     const std::map<fixed::Criterion, ExitCosts>& costs_by_criterion,
                     const GuaranteeWish& wish) {
  check_tunable(network, samples);
  const Promise& promise = wish.promise;
  const std::int64_t least = least_samples(promise);
  Guaranteed g{.promise = promise,
               .seed = wish.seed,
               .parts = divide(samples.size(), wish.seed),
               .path = {},
               .losses = {},
               .policy = {},
               .on_path = {},
               .on_calibration = {},
               .on_held_out = {}};
  const auto n = static_cast<std::int64_t>(g.parts.calibration.size());
  if (n < least) {
    throw Error(fmt::format(
        "a guarantee of at most {:g} points{} needs at least {} calibration images even if none of them is "
        "lost, "
        "and of these {} images half, {}, calibrate; give {} images or more, or promise less",
        100 * promise.risk,
        promise.method == Method::ltt ? fmt::format(" with a confidence of {:g}", promise.confidence) : "",
        least, samples.size(), n, 2 * least));
  }
  const std::vector<Sample> path_part = taken(samples, g.parts.path);
  if (wish.criteria.empty()) throw std::logic_error("guarantee: no criterion");
  std::optional<double> cheapest;
  for (const fixed::Criterion criterion : wish.criteria) {
    const ExitCosts& costs = costs_by_criterion.at(criterion);
    const auto skip = wish.prune ? rules_for(network, path_part, costs, criterion, promise.risk)
                                 : std::vector<fixed::SkipRule>{};
    std::vector<Policy> path = make_path(network, path_part, costs, criterion, promise.risk, skip);
    const double cost =
        wish.criteria.size() == 1 ? 0 : cost_within(path, path_part, network.decision, costs, promise.risk);
    if (cheapest && cost >= *cheapest) continue;
    cheapest = cost;
    g.path = std::move(path);
  }
  const ExitCosts& costs = costs_by_criterion.at(g.path.front().criterion);
  const std::vector<Sample> calibration = taken(samples, g.parts.calibration);
  std::vector<std::size_t> all(calibration.size());
  std::iota(all.begin(), all.end(), std::size_t{0});
  g.losses = count_losses(losses_of(g.path, calibration, network.decision, costs), all, promise.method);
  g.accepted = accepted_steps(g.losses, n, promise);
  if (g.accepted == 0) throw std::logic_error("guarantee: not even leaving nobody is accepted");
  g.policy = g.path[g.accepted - 1];
  g.on_path = play(g.policy, path_part, network.decision, costs);
  g.on_calibration = play(g.policy, calibration, network.decision, costs);
  g.on_held_out = play(g.policy, taken(samples, g.parts.held_out), network.decision, costs);
  return g;
}

nlohmann::ordered_json registers_json(const quant::QNetwork& network, const Policy& policy) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (std::size_t e = 0; e < policy.threshold.size(); ++e) {
    list.push_back({{"exit", e},
                    {"name", network.exits[e].name},
                    {"criterion", fixed::name_of(policy.criterion)},
                    {"threshold", policy.threshold[e]},
                    {"level", fixed::threshold_level(policy.criterion, policy.threshold[e],
                                                     network.decision.logit_step)},
                    {"skip", policy.skip[e].to_register()}});
  }
  return list;
}

nlohmann::ordered_json figures_json(const Figures& f, const ExitCosts& costs) {
  return {{"accuracy", f.accuracy},
          {"final_accuracy", f.final_accuracy},
          {"lost", f.lost},
          {"mean_cost", f.mean_cost},
          {"cost_unit", costs.unit},
          {"exit_rates", f.exit_share},
          {"skipped", f.skipped_share},
          {"exit_accuracy", f.exit_accuracy}};
}

nlohmann::ordered_json certificate_json(const quant::QNetwork& network, const Guaranteed& g,
                                        const CertifiedThing& thing) {
  const auto n = static_cast<std::int64_t>(g.parts.calibration.size());
  nlohmann::ordered_json out;
  out["format"] = "offramp-certificate";
  out["version"] = 1;
  out["network"] = network.name;
  out["quantized"] = thing.quantized_hash;
  out["promise"] = text_of(g.promise);
  out["assumes"] =
      "the calibration images are drawn independently from what the network will see, and neither they nor "
      "anything "
      "chosen by them had a part in training the network or in finding the path";
  out["loss"] = "1 where the early-exit network is wrong and its last exit alone is right, else 0";
  out["method"] = name_of(g.promise.method);
  out["bound"] =
      g.promise.method == Method::ltt
          ? "p-value P(Bin(n, risk) <= losses), exact; fixed-sequence test from strict to lax, stopped at "
            "the first above 1 - confidence"
          : "(losses + 1) / (n + 1), losses charged from a sample's first on; the laxest step before the "
            "first above risk";
  out["risk"] = g.promise.risk;
  if (g.promise.method == Method::ltt) out["confidence"] = g.promise.confidence;
  out["n"] = n;
  out["losses"] = g.losses[g.accepted - 1];
  out["evidence"] = evidence(g.losses[g.accepted - 1], n, g.promise);
  out["seed"] = g.seed;
  out["data"] = {{"set", thing.data},
                 {"hash", thing.data_hash},
                 {"path_images", g.parts.path.size()},
                 {"calibration_images", n},
                 {"held_out_images", g.parts.held_out.size()}};
  out["registers"] = registers_json(network, g.policy);
  out["cost_basis"] = thing.cost_basis;
  out["figures"] = {{"path", figures_json(g.on_path, thing.costs)},
                    {"calibration", figures_json(g.on_calibration, thing.costs)},
                    {"held_out", figures_json(g.on_held_out, thing.costs)}};
  out["steps_accepted"] = g.accepted;
  // With the first step that was refused, which ended the test; nothing was looked at beyond it.
  auto& path = out["path"] = nlohmann::ordered_json::array();
  for (std::size_t s = 0; s < std::min(g.accepted + 1, g.path.size()); ++s) {
    const double proof = evidence(g.losses[s], n, g.promise);
    path.push_back({{"thresholds", g.path[s].threshold},
                    {"losses", g.losses[s]},
                    {"evidence", proof},
                    {"accepted", accepts(proof, g.promise)}});
  }
  return out;
}

}  // namespace offramp::tune
