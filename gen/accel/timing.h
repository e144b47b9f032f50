#pragma once
// Pipeline lengths of the engine, the one place where generators and cycle model read them. Cycle 0 is the
// cycle in which a pixel group is issued.
#include <cstdint>

namespace offramp::accel {

/// The operands of row 0 stand at the array.
inline constexpr int kOperandCycle = 7;
/// The load of a new weight tile enters the first row's bank, so that cell and operand meet.
inline constexpr int kWeightLoadCycle = kOperandCycle - 2;

/// The accumulators' stored sums and the channel group's scales are read.
[[nodiscard]] constexpr int accumulate_cycle(int rows) {
  return kOperandCycle + rows;
}
/// From that read to the result: sum, pooled, product, scaled, result.
inline constexpr int kResultStages = 6;
/// The result stands at the write port (or, a logit, at the decision unit).
[[nodiscard]] constexpr int result_cycle(int rows) {
  return accumulate_cycle(rows) + kResultStages;
}
/// States of draining: the last result is turned to its bank and written at the end of the last of them.
[[nodiscard]] constexpr int drain_states(int rows) {
  return result_cycle(rows) + 1;
}
/// Fetching a layer's program word and loading the counters.
inline constexpr int kFetchStates = 2;

/// Cycles of a layer apart from its issues.
[[nodiscard]] constexpr std::int64_t layer_overhead(int rows) {
  return kFetchStates + drain_states(rows);
}

}  // namespace offramp::accel
