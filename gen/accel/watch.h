#pragma once
// Watching the exits of a design in the field: its registers, and blocks::ExitWatch in the top module.
#include <optional>
#include <vector>

#include "accel/accelerator.h"
#include "blocks/control_registers.h"
#include "blocks/exit_watch.h"

namespace offramp::accel {

/// Throws offramp::Error where the options ask for a watch that the design cannot have.
void check_watch(const quant::QNetwork& network, const Options& options);

/// What the watch of a design is made of; of a design that has one.
[[nodiscard]] blocks::ExitWatch exit_watch(const Accelerator& accelerator);

/// The registers of the watch from `offset` on; none where there is none.
[[nodiscard]] std::vector<blocks::RegisterSpec> watch_registers(const Accelerator& accelerator,
                                                                std::uint32_t offset);

/// The watch in the top module. What is made of an accelerator without one does nothing.
class TopWatch {
 public:
  using Registers = hw::Instantiated<blocks::ControlRegisters::Ports>;
  /// Where a sample is. `active` holds from the cycle behind its start to that of its result.
  struct Samples {
    hw::Value active, result, exit;
  };
  TopWatch(hw::ModuleBuilder& m, const Accelerator& accelerator, const hw::Clocking& ck, Registers& registers,
           const Samples& samples);

  /// Of early exits, from their threshold registers; `upwards`: more samples leave at a higher one. Gives the
  /// thresholds in force.
  [[nodiscard]] std::vector<hw::Value> thresholds(const std::vector<hw::Value>& written,
                                                  const std::vector<hw::Value>& upwards);

  /// What the early exits say, one each.
  struct Decisions {
    std::vector<hw::Value> decided;  // a pulse where it was computed
    std::vector<hw::Value> bins;     // a cycle later
    hw::Value park;  // where images are grouped: the sample is set aside, all early exits have declined
  };
  void decisions(const Decisions& d);

  /// No sample may start; no result may come out. A constant 0 where there is no reason.
  [[nodiscard]] hw::Value start_wait() const { return start_wait_; }
  [[nodiscard]] hw::Value result_wait() const { return result_wait_; }

 private:
  hw::ModuleBuilder& m_;
  Watch options_;
  int early_;
  Registers& registers_;
  std::optional<hw::Instantiated<blocks::ExitWatch::Ports>> watch_;
  hw::Value start_wait_, result_wait_;
};

}  // namespace offramp::accel
