#pragma once
#include <string>

#include "hw/hw.h"

namespace offramp::blocks {

/// Counts the exits that a window's results took, and holds the counts against bands at its end
/// (fixed::ExitBand). An exit outside its band sets its flag, which stays until it is cleared.
struct ExitMonitor {
  int exits = 2;
  bool operator==(const ExitMonitor&) const = default;
  struct Ports {
    hw::Clocking ck;
    hw::In result, exit, window_last, restart;
    hw::In bands;  // a band register an exit
    hw::In clear;  // a bit an exit
    hw::Out drift;
  };
  [[nodiscard]] std::string name() const { return "exit_monitor"; }
  [[nodiscard]] Ports build(hw::ModuleBuilder& m) const;
};

}  // namespace offramp::blocks
