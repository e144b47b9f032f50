#pragma once
#include <string>

#include "blocks/exit_verdicts.h"
#include "hw/hw.h"

namespace offramp::blocks {

/// Starts samples, keeps the exits' verdicts and picks the result: the first confident exit once all before
/// it have spoken against themselves, or the last exit. A result stops everything that still works on the
/// sample.
struct SampleControl {
  int exits = 2;
  int class_bits = 4;
  bool rejects = false;
  bool prunes = false;  // exits may be skipped
  int first_exit = 0;   // number of exit 0 in the network (static designs have the last exit alone)
  bool operator==(const SampleControl&) const = default;
  struct Ports {
    hw::Clocking ck;
    hw::In enable, sample_ready, result_ready;
    hw::In reject;  // with `rejects`: samples are answered without work
    DecisionPorts decisions;
    hw::Out start, stop, active, exit, exit_class;
  };
  [[nodiscard]] std::string name() const { return "sample_control"; }
  [[nodiscard]] Ports build(hw::ModuleBuilder& m) const;

  /// Cycles from a decision unit's done to stop_o, and from there to the next sample's start_o.
  static constexpr int kStopLatency = 1;
  static constexpr int kRestartLatency = 1;
};

}  // namespace offramp::blocks
