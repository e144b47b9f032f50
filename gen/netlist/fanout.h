#pragma once
// How many pins a net drives.
#include <string>
#include <vector>

#include "netlist/cells.h"

namespace offramp::netlist {

struct FanOut {
  Net net = 0;
  std::string name;
  std::string driver;  // type of the cell that drives it; empty: a port of the module
  int pins = 0;        // inputs of cells and output ports of the module
  /// Of those, clock pins. A net with any is a clock.
  int clock_pins = 0;
  [[nodiscard]] bool is_clock() const { return clock_pins > 0; }
};

/// Of all nets of a module, the largest first; ties by name.
[[nodiscard]] std::vector<FanOut> fanout(const Module& module);

}  // namespace offramp::netlist
