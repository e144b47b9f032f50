#pragma once
// What it costs a sample to leave at each exit: whole cycles, picojoules or multiply-accumulates, so that
// sums over samples are exact.
#include <cstdint>
#include <string>
#include <vector>

#include "quant/qnetwork.h"

namespace offramp::tune {

struct ExitCosts {
  std::string unit;  // "cycles", "pJ", "MACs"
  /// By exit: of a sample that leaves there, with every branch that it meets on the way.
  std::vector<std::int64_t> leave;
  /// By early exit: what is saved where its branch is skipped.
  std::vector<std::int64_t> branch;
};

/// Multiply-accumulates of the network itself: what is known before there is a target.
[[nodiscard]] ExitCosts mac_costs(const quant::QNetwork& network);

}  // namespace offramp::tune
