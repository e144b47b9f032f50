#pragma once
#include <string>

#include "fixed/decision.h"
#include "hw/hw.h"

namespace offramp::blocks {

/// Holds the mean latency at a target: at the end of each window it moves every early exit's threshold a step
/// (fixed::hold_move, fixed::moved_threshold). While the target is 0 it rests and the thresholds in force are
/// those that come in; it begins and ends to rest between samples. No sample may start while busy_o is set,
/// so that each is decided by one set of thresholds: the first sample that starts after a window's end meets
/// the new ones.
struct ThresholdHold {
  int early_exits = 1;
  bool operator==(const ThresholdHold&) const = default;
  static constexpr int kThresholdW = fixed::DecisionTables::kThresholdBits;
  struct Ports {
    hw::Clocking ck;
    hw::In active, window_last, restart, window;
    hw::In target, slack;
    hw::In upwards, thresholds, steps, lows, highs;  // an early exit each
    hw::Out busy, thresholds_now, latency;
  };
  [[nodiscard]] std::string name() const { return "threshold_hold"; }
  [[nodiscard]] Ports build(hw::ModuleBuilder& m) const;
};

}  // namespace offramp::blocks
