#pragma once
// The weight-stationary systolic array. The LANES cells of a place share one weight, each for a pixel of its own;
// partial sums move down one row a cycle, and row r gets its operands r cycles after row 0. New weights follow the
// same diagonal, so a tile can follow a tile without a free cycle.
#include <string>

#include "hw/hw.h"

namespace offramp::blocks {

/// Cycles from a step's operands at act_i to its sums at psum_o of SystolicArray.
[[nodiscard]] constexpr int systolic_array_latency(int rows) {
  return rows + 1;
}

/// psum_o = psum_i + act_i * weight_i: one product register, one sum register.
struct MacCell {
  bool operator==(const MacCell&) const = default;
  struct Ports {
    hw::Clocking ck;
    hw::In weight, act, psum;
    hw::Out psum_o;
  };
  [[nodiscard]] std::string name() const { return "mac_cell"; }
  [[nodiscard]] Ports build(hw::ModuleBuilder& m) const;
};

/// ROWS x COLUMNS cells with the skew of the operands. Operands of all rows enter in one cycle; the partial
/// sums of that pixel leave systolic_array_latency cycles later. Row r's weights and their load must come r
/// cycles after row 0's.
struct SystolicArray {
  bool operator==(const SystolicArray&) const = default;
  struct Ports {
    hw::Clocking ck;
    hw::In weight_load, weight, act;
    hw::Out psum;
  };
  [[nodiscard]] std::string name() const { return "systolic_array"; }
  [[nodiscard]] Ports build(hw::ModuleBuilder& m) const;
};

}  // namespace offramp::blocks
