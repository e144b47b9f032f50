#pragma once
// The watch of a run: what a driver writes to it, what the golden reference makes of the samples, and what
// the registers must hold in the end.
#include <cstdint>
#include <string>
#include <vector>

#include "accel/accelerator.h"
#include "golden/exit_watch.h"
#include "verif/golden_feed.h"
#include "verif/register_script.h"
#include "verif/verilated_model.h"

namespace offramp::verif {

/// What the design has out of reset.
[[nodiscard]] golden::WatchSettings reset_watch_settings(const accel::Accelerator& accelerator);
/// Short windows, bands that some of them leave, a target that moves the thresholds of a loop, and limits.
[[nodiscard]] golden::WatchSettings random_watch_settings(const accel::Accelerator& accelerator,
                                                          std::uint64_t seed);

class WatchCheck {
 public:
  WatchCheck(const VerilatedModel& model, const accel::Accelerator& accelerator,
             golden::WatchSettings settings);

  /// Queues the writes that set it, read back where they can be.
  void queue_settings(RegisterScript& registers) const;
  /// Thresholds by which the sample that starts now is decided.
  [[nodiscard]] const std::vector<std::uint64_t>& thresholds() const { return golden_.thresholds(); }
  /// A sample starts.
  void start(std::uint64_t cycle) { began_ = cycle; }
  /// Its result comes out.
  void result(const ExpectedSample& sample, std::uint64_t cycle);
  /// Thresholds in force as the design shows them.
  struct Shown {
    std::string name;
    std::int64_t expected = 0;
    std::int64_t got = 0;
  };
  [[nodiscard]] std::vector<Shown> shown_thresholds() const;
  /// Queues reads of everything that it has gathered, then what clears it and the reads that show that.
  void queue_results(RegisterScript& registers) const;

 private:
  const accel::Accelerator& accelerator_;
  golden::WatchSettings settings_;
  golden::ExitWatch golden_;
  std::vector<Signal> thresholds_now_;
  std::uint64_t began_ = 0;
};

}  // namespace offramp::verif
