#pragma once
// The samples as a search over thresholds sees them. Of an early exit's thresholds only those matter that
// tell two samples apart; they are numbered from strict to lax, level 0 being the one at which nobody leaves.
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "tune/policy.h"

namespace offramp::tune {

/// What is to be kept up: right answers, or answers that are not wrong where the last exit is right.
enum class Score : std::uint8_t { right, kept };

struct Table {
  static constexpr std::uint32_t kNeverLeaves = std::numeric_limits<std::uint32_t>::max();

  std::size_t samples = 0;
  fixed::Criterion criterion = fixed::Criterion::max_softmax;
  std::vector<fixed::SkipRule> skip;                  // by early exit
  std::vector<std::vector<std::uint64_t>> registers;  // [early exit][level]; [0] is never_register
  std::vector<std::vector<std::uint32_t>> leaves_at;  // [early exit][sample]: strictest level, from 1
  std::vector<std::vector<std::uint8_t>> score;       // [exit][sample], 0 or 1
  std::vector<std::vector<std::int64_t>> cost;        // [exit][sample], never less than the exit before

  [[nodiscard]] std::size_t early() const { return leaves_at.size(); }
  /// Levels of an early exit, level 0 included.
  [[nodiscard]] std::uint32_t levels(std::size_t e) const {
    return static_cast<std::uint32_t>(registers[e].size());
  }
};

/// With the given skip rules, one an early exit (none: nothing is skipped).
[[nodiscard]] Table make_table(std::span<const Sample> samples, const fixed::DecisionTables& tables,
                               fixed::Criterion criterion, const ExitCosts& costs, Score score = Score::right,
                               const std::vector<fixed::SkipRule>& skip = {});

/// A level for each early exit.
using Choice = std::vector<std::uint32_t>;

/// Registers of a choice.
[[nodiscard]] Policy policy_of(const Table& table, const Choice& choice);
/// The laxest choice that lets nobody leave whom the policy keeps, exit by exit.
[[nodiscard]] Choice choice_of(const Table& table, const Policy& policy);

}  // namespace offramp::tune
