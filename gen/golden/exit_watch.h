#pragma once
// Watching exits in the field, sample by sample, as the hardware does it (accel/watch.h): confidence
// histogram, monitor of exit rates, loop that holds a latency.
#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "fixed/watch.h"
#include "quant/qnetwork.h"

namespace offramp::golden {

/// What the registers of the watch hold.
struct WatchSettings {
  int window_log2 = 0;                            // 0 to fixed::kMostWindowLog2
  std::vector<fixed::ExitBand> bands = {};        // by exit; empty: open
  std::uint32_t target = 0;                       // cycles; 0: the loop rests
  std::uint32_t slack = 0;                        // cycles
  std::vector<fixed::ThresholdSteps> steps = {};  // by early exit; empty: the loop moves nothing
};

class ExitWatch {
 public:
  using Bins = std::array<std::uint32_t, fixed::kConfidenceBins>;

  /// Thresholds and criteria are those of the network, whose exits the hardware has all.
  ExitWatch(const quant::QNetwork& network, WatchSettings settings);

  /// A sample left at `exit` after `latency` cycles, from the one in which it started to that of its result.
  /// `decisions` of its exits; those behind the one taken are not looked at.
  void result(int exit, std::span<const fixed::Decision> decisions, std::uint64_t latency);

  /// What a write of latency_target does, between samples: at 0 the network's thresholds come back.
  void aim(std::uint32_t target);
  /// What writes of watch_clear do, between samples.
  void clear_histogram();
  void restart_window();

  /// By early exit. Of every sample the exits up to the one that it took count, but not those skipped.
  [[nodiscard]] const std::vector<Bins>& histogram() const { return histogram_; }
  /// By exit: whether its count was outside its band at the end of some window.
  [[nodiscard]] const std::vector<bool>& drift() const { return drift_; }
  /// Windows that have ended.
  [[nodiscard]] std::uint32_t windows() const { return windows_; }
  /// Mean latency of the last window that has ended, rounded down; at most 2^32 - 1.
  [[nodiscard]] std::uint32_t window_latency() const { return window_latency_; }
  /// By early exit: what the next sample is decided by.
  [[nodiscard]] const std::vector<std::uint64_t>& thresholds() const { return thresholds_; }

 private:
  void end_window();
  void rest();

  const quant::QNetwork& network_;
  WatchSettings settings_;
  std::vector<Bins> histogram_;
  std::vector<std::uint32_t> counts_;  // of the window that has not ended, by exit
  std::uint32_t results_ = 0;          // in it
  std::uint64_t latency_sum_ = 0;      // of them
  std::vector<bool> drift_;
  std::uint32_t windows_ = 0;
  std::uint32_t window_latency_ = 0;
  std::vector<std::uint64_t> thresholds_;
};

}  // namespace offramp::golden
