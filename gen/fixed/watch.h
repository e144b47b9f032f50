#pragma once
// What watching the exits in the field computes, defined once for golden reference, RTL and generator: the
// bands that exit rates are held against, and the step of the loop that holds a latency.
#include <algorithm>
#include <cstdint>

namespace offramp::fixed {

/// A window has 2^w results, w at most this: its counts fit the 16 bits of a band.
inline constexpr int kMostWindowLog2 = 15;
/// Bits of the register that holds w.
inline constexpr int kWindowBits = 4;
/// Bits of the sum of a window's latencies. It stays at 2^(kLatencySumBits - 1), which is above every target.
inline constexpr int kLatencySumBits = 48;
inline constexpr int kLatencyBits = 32;  // of latency_target and latency_slack, in cycles
inline constexpr int kStepBits = 32;     // of step_<e>

/// A band register: low in bits 15 to 0, high in bits 31 to 16, both still inside.
struct ExitBand {
  static constexpr int kCountBits = 16;
  std::uint16_t low = 0;
  std::uint16_t high = 0xFFFF;

  [[nodiscard]] static constexpr ExitBand from_register(std::uint32_t value) {
    return {.low = static_cast<std::uint16_t>(value),
            .high = static_cast<std::uint16_t>(value >> kCountBits)};
  }
  [[nodiscard]] constexpr std::uint32_t to_register() const {
    return (std::uint32_t{high} << kCountBits) | low;
  }
  [[nodiscard]] constexpr bool holds(std::uint32_t count) const { return low <= count && count <= high; }
  bool operator==(const ExitBand&) const = default;
};

/// How far and within what limits the loop moves an exit's threshold register.
struct ThresholdSteps {
  std::uint32_t step = 0;
  std::uint64_t low = 0;
  std::uint64_t high = 0;
  bool operator==(const ThresholdSteps&) const = default;
};

/// The threshold one step further up or down, and within the limits (the lower one where they contradict).
[[nodiscard]] constexpr std::uint64_t moved_threshold(std::uint64_t threshold, const ThresholdSteps& steps,
                                                      bool up) {
  const auto from = static_cast<std::int64_t>(threshold);
  const std::int64_t moved = up ? from + steps.step : from - steps.step;
  return static_cast<std::uint64_t>(
      std::max(std::min(moved, static_cast<std::int64_t>(steps.high)), static_cast<std::int64_t>(steps.low)));
}

/// Which way the loop goes after a window of 2^w results.
enum class HoldMove : std::uint8_t { none, laxer, stricter };
/// Laxer where the mean latency is above the target, stricter where it is below it by more than the slack.
[[nodiscard]] constexpr HoldMove hold_move(std::uint64_t latency_sum, int window_log2, std::uint32_t target,
                                           std::uint32_t slack) {
  const std::uint64_t aim = std::uint64_t{target} << window_log2;
  if (latency_sum > aim) return HoldMove::laxer;
  return latency_sum + (std::uint64_t{slack} << window_log2) < aim ? HoldMove::stricter : HoldMove::none;
}

}  // namespace offramp::fixed
