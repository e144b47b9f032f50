#pragma once
#include <string>

#include "fixed/decision.h"
#include "hw/hw.h"

namespace offramp::blocks {

/// Counts in a memory how sure the early exits were (fixed::confidence_bin): of every sample the decisions of
/// the exits up to the one that it took. Bins are kept as the decisions come, in any order and several in a
/// cycle, and counted one after the other when the sample has ended. Nothing is lost where samples end only
/// while waiting_o and start only while clearing_o is 0.
struct ConfidenceHistogram {
  int early_exits = 1;
  bool operator==(const ConfidenceHistogram&) const = default;
  static constexpr int kBinBits = 4;
  static constexpr int kCountBits = 32;
  static_assert(fixed::kConfidenceBins == 1 << kBinBits);
  [[nodiscard]] int words() const { return early_exits * fixed::kConfidenceBins; }
  [[nodiscard]] int select_bits() const;

  struct Ports {
    hw::Clocking ck;
    hw::In decided, bins;  // a bit and, a cycle later, a bin an early exit
    hw::In close, exit;    // a sample ends, and where
    hw::In clear, select, select_written;
    hw::Out waiting, clearing, count;
  };
  [[nodiscard]] std::string name() const { return "confidence_histogram"; }
  [[nodiscard]] Ports build(hw::ModuleBuilder& m) const;
};

}  // namespace offramp::blocks
