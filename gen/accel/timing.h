#pragma once
// Pipeline lengths of the engine, the one place where generators and cycle model read them. Cycle 0 is the
// cycle in which a pixel group is issued.
#include <cstdint>

#include "accel/accelerator.h"
#include "blocks/packed_array.h"
#include "blocks/residual.h"
#include "blocks/systolic_array.h"

namespace offramp::accel {

/// The operands of row 0 stand at the array.
inline constexpr int kOperandCycle = 7;
/// The load of a new weight tile enters the first row's bank, so that cell and operand meet.
inline constexpr int kWeightLoadCycle = kOperandCycle - 2;

/// From that read to a convolution's result: sum, pooled, product, scaled, result.
inline constexpr int kResultStages = 6;

/// What decides an engine's pipeline length.
struct PipelineShape {
  int rows = 1;
  bool packed = false;  // two products a multiplier: blocks::PackedSystolicArray
  bool adds = false;    // residual additions on the way out
  /// Of an accelerator's engine.
  [[nodiscard]] static PipelineShape of(const EnginePlan& engine) {
    return {.rows = engine.shape.rows, .packed = engine.packed, .adds = engine.adds};
  }
};
/// The accumulators' stored sums and the channel group's scales are read, a cycle before the array's sums
/// come.
[[nodiscard]] constexpr int accumulate_cycle(PipelineShape p) {
  return kOperandCycle - 1 +
         (p.packed ? blocks::packed_array_latency(p.rows) : blocks::systolic_array_latency(p.rows));
}
/// From the accumulators' read to the write port.
[[nodiscard]] constexpr int output_stages(bool adds) {
  return kResultStages + (adds ? blocks::ResidualAdd::kStages : 0);
}
/// The result stands at the write port (or, a logit, at the decision unit).
[[nodiscard]] constexpr int result_cycle(PipelineShape p) {
  return accumulate_cycle(p) + output_stages(p.adds);
}
/// A residual that is fetched when an issue's result would be written is in its buffer so many cycles later:
/// address turned, read, turned back, written.
inline constexpr int kResidualFetchCycles = 4;
/// The issue that makes the result comes at least so many cycles after the one that fetches its residual.
[[nodiscard]] constexpr int residual_after() {
  return output_stages(true) + kResidualFetchCycles - (kResultStages - 1);
}
/// The first issue of a sample, in cycles after its start pulse.
inline constexpr int kStartLatency = 2;
/// The same of a phase, where images are grouped.
inline constexpr int kPhaseStartLatency = 3;
/// Cycles that a group's control waits behind a phase's last issue.
[[nodiscard]] constexpr int phase_drain(PipelineShape p) {
  return result_cycle(p) + 2;
}
/// The operands are padded and made signed.
inline constexpr int kPaddingCycle = kOperandCycle - 1;
/// A pixel group may be issued so many cycles after the one whose result it reads. The result is in the
/// memory two cycles after result_cycle (turned to its bank, written), and a read looks there four cycles
/// after its issue.
[[nodiscard]] constexpr int read_after(PipelineShape p) {
  return result_cycle(p) + 2 - 4;
}
/// A layer's first issue comes at least so many cycles after the last issue of the layer before the one
/// before it, whose steady fields it replaces.
[[nodiscard]] constexpr int replace_after(PipelineShape p) {
  return result_cycle(p) + 1;
}
/// Between a layer's last issue and the next one's first lies at least a cycle, in which the sequencer takes
/// the next layer's numbers.
inline constexpr int kBetweenLayers = 1;
/// First issues of successive layers lie at least so many cycles apart: the program is read in between.
inline constexpr int kFetchCycles = 2;
/// A layer that makes logits begins when those before have come to the decision unit.
[[nodiscard]] constexpr int logits_after(PipelineShape p) {
  return result_cycle(p) + 2;
}

}  // namespace offramp::accel
