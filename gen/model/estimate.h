#pragma once
// Cycles, resources and memory of a planned accelerator. Cycles are exact: a test holds them equal to the
// RTL's.
#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "accel/accelerator.h"

namespace offramp::model {

struct LayerCycles {
  std::string engine;
  std::string layer;
  std::int64_t cycles = 0;
  std::int64_t macs = 0;
};

struct Estimate {
  std::vector<LayerCycles> layers;
  /// Cycles a sample occupies the accelerator in a steady stream of samples that all leave at exit e.
  std::vector<std::int64_t> cycles_by_exit;
  /// Useful multiply-accumulates of a sample that leaves at exit e (its branch included).
  std::vector<std::int64_t> macs_by_exit;
  int multipliers = 0;
  int dsps = 0;                  // DSP slices of the arrays
  std::int64_t weight_bits = 0;  // on-chip weight memory
  std::int64_t activation_bits = 0;
};

/// Of samples whose branches are all computed, or all but those of the exits in `skipped`, where the design
/// can skip them (a sample cannot leave there: what is said of such an exit means nothing).
[[nodiscard]] Estimate estimate(const accel::Accelerator& accelerator, const std::set<int>& skipped = {});

}  // namespace offramp::model
