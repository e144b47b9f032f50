#pragma once
// The systolic array with two products a DSP slice: two lanes share a weight, so they share a multiplier
// (rtl/prim/dsp_mac_pair.v). A column is one cascade of such cells. Its sums lie 18 bits apart; the low one
// runs over its field in long columns, and its carries are counted beside the cascade from three bits of it
// every six rows. See docs/decisions/0008-two-products-a-dsp.md.
#include <string>
#include <string_view>

#include "hw/hw.h"

namespace offramp::blocks {

/// Cycles from a step's operands at act_i to its sums at psum_o of PackedSystolicArray.
[[nodiscard]] constexpr int packed_array_latency(int rows) {
  return rows + 5;
}

/// The layout of a packed sum, high * 2^kFieldBits + low, and how its carries are followed: over kTapRows
/// products the low sum moves by at most half of what kTapBits of it, the uppermost, can tell apart.
struct PackedSum {
  static constexpr int kBits = 48;  ///< the sum of a DSP48E2
  static constexpr int kFieldBits = 18;
  static constexpr int kTapRows = 6;
  static constexpr int kTapBits = 3;
};
static_assert(PackedSum::kTapRows * 128 * 128 <= ((1 << (PackedSum::kTapBits - 1)) - 1)
                                                     << (PackedSum::kFieldBits - PackedSum::kTapBits),
              "a tap's bits must tell in which direction the low sum went");

/// Two products that share a weight, in one DSP48E2: hand-written, rtl/prim/dsp_mac_pair.v.
struct DspMacPair {
  bool operator==(const DspMacPair&) const = default;
  struct Ports {
    hw::Clocking ck;
    hw::In weight_load, weight, act_low, act_high, cascade;
    hw::Out cascade_o, sum;
  };
  [[nodiscard]] std::string name() const { return "dsp_mac_pair"; }
  [[nodiscard]] Ports build(hw::ModuleBuilder& m) const;
};

/// The text of rtl/prim/dsp_mac_pair.v, to be written beside the modules that are printed.
[[nodiscard]] std::string_view dsp_mac_pair_verilog();

/// One step of following the low sum: what it has carried out of its field, from its uppermost bits kTapRows
/// rows (or fewer) before and now.
struct PackedCarry {
  bool operator==(const PackedCarry&) const = default;
  struct Ports {
    hw::In carry, before, now;
    hw::Out carry_o;
  };
  [[nodiscard]] std::string name() const { return "packed_carry"; }
  [[nodiscard]] Ports build(hw::ModuleBuilder& m) const;
};

/// Separates the packed sum of a cascade into its two sums, two cycles later.
struct PackedFieldSplit {
  bool operator==(const PackedFieldSplit&) const = default;
  struct Ports {
    hw::Clocking ck;
    hw::In tap, sum;
    hw::Out low, high;
  };
  [[nodiscard]] std::string name() const { return "packed_field_split"; }
  [[nodiscard]] Ports build(hw::ModuleBuilder& m) const;
};

/// As SystolicArray with 8-bit operands and weights, all values of both allowed, in half the multipliers: the
/// same ports, parameters and times of the weights, but sums packed_array_latency cycles after their
/// operands. The last of an odd number of lanes has its cells to itself.
struct PackedSystolicArray {
  bool operator==(const PackedSystolicArray&) const = default;
  struct Ports {
    hw::Clocking ck;
    hw::In weight_load, weight, act;
    hw::Out psum;
  };
  [[nodiscard]] std::string name() const { return "packed_systolic_array"; }
  [[nodiscard]] Ports build(hw::ModuleBuilder& m) const;
};

}  // namespace offramp::blocks
