#pragma once
// How many exits, and which: mean cycles against number and position of exits, all classifiers on a sample's
// way charged, thresholds chosen anew for every set of exits at one accuracy.
//
// How good the sets are: every set of the early exits is tried, all 2^n of them, with thresholds on a path of
// levels that the exits share (a level is a share of wrong answers that an exit may bring among those that
// leave there). The best few of each size then get thresholds of their own (tune/search.h). Sets of one and
// two exits all do, so those are the best there are; larger ones are the best on the shared path, bettered.
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "accel/accelerator.h"
#include "tune/policy.h"

namespace offramp::explore {

/// Cycles of any set of exits from plans of no exit and of each exit alone: branches add up in a pipeline
/// design; in a parallel one a sample waits for the latest verdict.
struct SubsetCosts {
  accel::Strategy strategy = accel::Strategy::pipeline;
  std::vector<std::int64_t> alone;   // by exit: leaving there where no other early exit is
  std::vector<std::int64_t> branch;  // by early exit: added to samples that pass it
  /// Of the early exits `kept`, ascending, and the last.
  [[nodiscard]] tune::ExitCosts costs_of(const std::vector<int>& kept) const;
};
[[nodiscard]] SubsetCosts subset_costs(const quant::QNetwork& network, const accel::Options& options);

struct SubsetRequest {
  fixed::Criterion criterion = fixed::Criterion::max_softmax;
  double max_drop = 0.005;  // of accuracy, 0 to 1, against the last exit alone
  int least = 1;            // exits, the last one not counted
  int most = 1;
  std::size_t retuned = 4;  // sets of each size above two that get thresholds of their own
};

/// A set of early exits with its thresholds.
struct Subset {
  std::vector<int> early;  // numbers in the whole network, ascending
  tune::Policy policy;     // for the network with these exits alone
  double mean_cycles = 0;  // by SubsetCosts
  double accuracy = 0;
  std::vector<double> exit_share;
};

struct SubsetCurve {
  double floor = 0;             // the accuracy that is held
  double without_cycles = 0;    // with no early exit
  double without_accuracy = 0;  // of the last exit alone
  std::vector<Subset> best;     // by size, from request.least on
  std::vector<Subset> single;   // each exit alone, by position
  std::int64_t sets_tried = 0;
  int levels = 0;  // of the shared path
};

/// Throws offramp::Error where the network has fewer early exits than asked for or more than 20, or where the
/// criterion is patience, whose rows of agreement are not an exit's own affair.
[[nodiscard]] SubsetCurve best_subsets(const quant::QNetwork& network, std::span<const tune::Sample> samples,
                                       const SubsetCosts& costs, const SubsetRequest& request,
                                       const std::function<void(std::size_t, std::size_t)>& progress = {});

/// Mean cycles of a set as the model plans its very network, for the sum of SubsetCosts to be held against.
[[nodiscard]] double planned_cycles(const quant::QNetwork& network, const accel::Options& options,
                                    const Subset& subset);

}  // namespace offramp::explore
