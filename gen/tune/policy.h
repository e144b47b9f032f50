#pragma once
// A setting of all exits' registers and what it does to samples, one after the other, by the definitions of
// gen/fixed: what the searches' results are reported with and tested against.
#include <cstdint>
#include <span>
#include <vector>

#include "quant/qnetwork.h"
#include "tune/costs.h"

namespace offramp::tune {

/// One sample: its decisions at every exit (whatever thresholds they were made with) and label.
struct Sample {
  std::vector<fixed::Decision> exits;
  int label = 0;
};

/// Registers of the early exits.
struct Policy {
  fixed::Criterion criterion = fixed::Criterion::max_softmax;
  std::vector<std::uint64_t> threshold;
  std::vector<fixed::SkipRule> skip;
  bool operator==(const Policy&) const = default;
};
/// No sample leaves early and no branch is skipped.
[[nodiscard]] Policy never_leave(fixed::Criterion criterion, std::size_t early_exits);

/// Where one sample leaves.
struct Course {
  int exit = 0;
  bool right = false;
  bool lost = false;      // wrong where the last exit is right
  std::int64_t cost = 0;  // in the costs' unit
};
/// `skipped`, if given, gets one flag an early exit that the sample met: its branch was skipped.
[[nodiscard]] Course follow(const Policy& policy, const Sample& sample, const fixed::DecisionTables& tables,
                            const ExitCosts& costs, std::vector<bool>* skipped = nullptr);

/// What a policy gives on samples; shares are of all samples, 0 to 1.
struct Figures {
  double final_accuracy = 0;  // of the last exit alone
  double accuracy = 0;        // of the early-exit network
  double lost = 0;            // wrong where the last exit is right
  double mean_cost = 0;
  std::vector<double> exit_share;     // by exit
  std::vector<double> skipped_share;  // by early exit: its branch was met and skipped
  std::vector<std::int64_t> exits;    // samples that leave, by exit
  std::vector<double> exit_accuracy;  // by exit: of all samples, had they left there
};
/// Throws offramp::Error where there are no samples.
[[nodiscard]] Figures play(const Policy& policy, std::span<const Sample> samples,
                           const fixed::DecisionTables& tables, const ExitCosts& costs);

/// Sets criterion, threshold, level and skip rule of each early exit.
void apply(const Policy& policy, quant::QNetwork& network);

}  // namespace offramp::tune
