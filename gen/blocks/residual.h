#pragma once
// The second operand of a residual addition on the output path: read back from the activation memory while
// the convolution's first weight tile passes, kept in a buffer, added when its last tile has passed. The
// array does not notice.
#include <string>

#include "hw/hw.h"

namespace offramp::blocks {

/// One column and lane: result = clamp(round((weight_a * a + weight_b * b) * multiplier >> shift)), or a as
/// it is; four cycles.
struct ResidualAdd {
  bool operator==(const ResidualAdd&) const = default;
  struct Ports {
    hw::Clocking ck;
    hw::In a, b, b_signed, weight_a, weight_b;  // first cycle
    hw::In multiplier;                          // second
    hw::In shift;                               // third
    hw::In add, low, high;                      // fourth
    hw::Out result;
  };
  [[nodiscard]] std::string name() const { return "residual_add"; }
  [[nodiscard]] Ports build(hw::ModuleBuilder& m) const;
  static constexpr int kStages = 4;
};

/// Elements of all lanes and columns, out of the banks' words that a read at the write port's address gave.
struct ReadTurn {
  int banks = 8, lanes = 1, columns = 2, data_bits = 8, address_bits = 11;
  bool operator==(const ReadTurn&) const = default;
  struct Ports {
    hw::Clocking ck;
    hw::In address, lane_step;  // of lane 0's first element, two cycles before the banks' words
    hw::In data;                // a word of every bank
    hw::Out elements;           // lane-major, a cycle after data
  };
  [[nodiscard]] std::string name() const;
  [[nodiscard]] Ports build(hw::ModuleBuilder& m) const;
};

}  // namespace offramp::blocks
