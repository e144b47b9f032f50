#pragma once
// Thresholds from data: what is asked for, in a person's units, and what was found.
#include <optional>
#include <string>
#include <vector>

#include "tune/policy.h"

namespace offramp::tune {

struct Wish {
  fixed::Criterion criterion = fixed::Criterion::max_softmax;
  /// Accuracy that the early-exit network may lose against its last exit alone, 0 to 1. Where neither
  /// min_accuracy nor max_mean_cost is given.
  double max_drop = 0.005;
  std::optional<double> min_accuracy = {};   // 0 to 1
  std::optional<double> max_mean_cost = {};  // in the costs' unit: most accurate within it
  /// Skip branches where that makes images cheaper at no loss of accuracy.
  bool prune = false;
  /// Thresholds to begin a second search from: the result is no worse than they are.
  std::optional<Policy> start = {};
};

struct Tuned {
  Policy policy;
  Figures figures;  // on the samples that it was tuned on
  /// With pruning: what the thresholds would have given without.
  std::optional<Figures> unpruned;
};

/// The fastest policy at the asked accuracy, or the most accurate within the asked cost, of all thresholds
/// that make a difference (tune/search.h says how good). The samples must not be those that the result is
/// reported on. Throws offramp::Error for a network with a single exit, no samples, shares outside 0 to 1, an
/// accuracy or a cost that no thresholds reach (the message has the nearest).
[[nodiscard]] Tuned tune(const quant::QNetwork& network, std::span<const Sample> samples,
                         const ExitCosts& costs, const Wish& wish);

/// A point of the front.
struct FrontPoint {
  Policy policy;
  double accuracy = 0;
  double mean_cost = 0;
};
/// From the most accurate to the cheapest; about `points` of them (all, with one early exit).
[[nodiscard]] std::vector<FrontPoint> pareto_front(const quant::QNetwork& network,
                                                   std::span<const Sample> samples, const ExitCosts& costs,
                                                   fixed::Criterion criterion, std::size_t points = 40);

/// What a person should know of data and result, each in one sentence that names the exit or class: classes
/// of which there is no sample, exits that no sample reaches, that none takes or whose branch is always
/// skipped.
[[nodiscard]] std::vector<std::string> warnings_of(const quant::QNetwork& network,
                                                   std::span<const Sample> samples, const Tuned& tuned);

/// Throws offramp::Error where there is no early exit, no sample, or a label is no class of the network.
void check_tunable(const quant::QNetwork& network, std::span<const Sample> samples);

}  // namespace offramp::tune
