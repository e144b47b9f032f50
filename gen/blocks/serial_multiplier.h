#pragma once
#include <string>

#include "hw/hw.h"

namespace offramp::blocks {

/// An unsigned product, one bit of the second factor a cycle: an adder as wide as the first factor and no DSP
/// slice. The product stands B_W cycles after the cycle of start_i; a_i stays until then.
struct SerialMultiplier {
  bool operator==(const SerialMultiplier&) const = default;
  struct Ports {
    hw::Clocking ck;
    hw::In start, a, b;
    hw::Out product;
  };
  [[nodiscard]] std::string name() const { return "serial_multiplier"; }
  [[nodiscard]] Ports build(hw::ModuleBuilder& m) const;
};

}  // namespace offramp::blocks
