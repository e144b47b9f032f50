#pragma once
// Watching the exits in the field: confidence histogram, monitor of exit rates, loop that holds a latency.
// golden/exit_watch.h is the same in software.
#include <string>

#include "hw/hw.h"

namespace offramp::blocks {

struct ExitWatch {
  int exits = 2;  // with the last
  bool histogram = true;
  bool monitor = true;
  bool hold = true;
  /// Samples may be set aside before their result (GroupControl): park_i.
  bool parks = false;
  bool operator==(const ExitWatch&) const = default;
  [[nodiscard]] int early_exits() const { return exits - 1; }
  [[nodiscard]] bool windows() const { return monitor || hold; }
  /// Bits of clear_i.
  static constexpr int kClearHistogram = 0;
  static constexpr int kClearWindow = 1;
  static constexpr int kClearBits = 2;

  struct Ports {
    hw::Clocking ck;
    hw::In active, result, exit;
    hw::In park;                                                    // with `parks` and `histogram`
    hw::In clear;                                                   // pulses
    hw::In decided, bins, select, select_written;                   // histogram
    hw::In window;                                                  // monitor or hold
    hw::In bands, drift_clear;                                      // monitor
    hw::In target, slack, upwards, thresholds, steps, lows, highs;  // hold
    hw::Out start_wait, result_wait;
    hw::Out count;                    // histogram
    hw::Out windows;                  // monitor or hold
    hw::Out drift;                    // monitor
    hw::Out thresholds_now, latency;  // hold
  };
  [[nodiscard]] std::string name() const { return "exit_watch"; }
  [[nodiscard]] Ports build(hw::ModuleBuilder& m) const;
};

}  // namespace offramp::blocks
