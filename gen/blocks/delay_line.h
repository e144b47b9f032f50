#pragma once
#include <string>

#include "hw/hw.h"

namespace offramp::blocks {

/// A fixed delay kept in a small memory with one turning pointer: DEPTH cycles from data_i to data_o. What it
/// holds after reset is arbitrary; validity travels beside it.
struct DelayLine {
  bool operator==(const DelayLine&) const = default;
  struct Ports {
    hw::Clocking ck;
    hw::In data;
    hw::Out data_o;
  };
  [[nodiscard]] std::string name() const { return "delay_line"; }
  [[nodiscard]] Ports build(hw::ModuleBuilder& m) const;
};

}  // namespace offramp::blocks
