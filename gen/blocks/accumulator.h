#pragma once
#include <string>

#include "hw/hw.h"

namespace offramp::blocks {

/// Adds the partial sums of one column and lane over the tiles of a reduction, one sum a pixel, in a memory.
///   cycle 0: read_address            cycle 1: psum, first, bias, store, address -> sum_o in cycle 2
/// `forward` (cycle 1) says that the sum before this one was for the same address and is not in the memory's
/// read yet.
struct Accumulator {
  bool operator==(const Accumulator&) const = default;
  struct Ports {
    hw::Clocking ck;
    hw::In read_address, address, store, first, forward, bias, psum;
    hw::Out sum;
  };
  [[nodiscard]] std::string name() const { return "accumulator"; }
  [[nodiscard]] Ports build(hw::ModuleBuilder& m) const;
};

/// One column and lane on the way out: folds the sums of a pooling window to the largest, scales with one
/// rounding and clamps. Four registers: pooled, product, scaled, result. Rounding is
/// offramp::fixed::requantize.
struct OutputStage {
  bool operator==(const OutputStage&) const = default;
  struct Ports {
    hw::Clocking ck;
    hw::In sum, valid, window_first, multiplier, shift, low, high;
    hw::Out result;
  };
  [[nodiscard]] std::string name() const { return "output_stage"; }
  [[nodiscard]] Ports build(hw::ModuleBuilder& m) const;
};

}  // namespace offramp::blocks
