#pragma once
#include <string>

#include "hw/hw.h"

namespace offramp::blocks {

/// Sums the magnitudes of a map's elements while the map is written: a tree of adders with a register a
/// level, then an accumulator. fixed/skip.h says what the sum is for.
struct ActivityMeter {
  int lanes = 1, columns = 2;
  int data_bits = 8;   // of an element
  int layer_bits = 4;  // of the number that travels along
  int sum_bits = 31;   // enough for every map: the planner sees to it
  bool operator==(const ActivityMeter&) const = default;

  struct Ports {
    hw::Clocking ck;
    hw::In flush;                                // forget what was added
    hw::In write, last, is_signed;               // elements come; with write, the map's last
    hw::In lane_mask, column_mask, data, layer;  // with write
    hw::Out valid, sum, of_layer;                // kLatency cycles after last
  };
  [[nodiscard]] std::string name() const;
  [[nodiscard]] Ports build(hw::ModuleBuilder& m) const;
  /// Cycles from a map's last write to valid_o.
  [[nodiscard]] int latency() const;
};

}  // namespace offramp::blocks
