#pragma once
// Which layers keep their weights on the chip, and how long the ring is through which the others stream.
#include "accel/accelerator.h"
#include "blocks/tile_beats.h"

namespace offramp::accel {

/// An engine's weight tiles in beats of the memory port, at least a row's wide.
[[nodiscard]] constexpr blocks::TileBeats tile_beats(const EnginePlan& engine, int beat_bits) {
  return {.rows = engine.shape.rows,
          .columns = engine.shape.columns,
          .weight_bits = engine.weight_bits,
          .beat_bits = beat_bits};
}

/// Layers of an engine whose images share a pass of the weights: [first, last) are grouped, those from `last`
/// on make the last logits.
struct Group {
  int images = 1;
  int first = 0, last = 0;
};
/// The layers at the program's end that wait for their weights rather than for the array, up to the last
/// exit's logits and behind every other exit's. One image where there are none, or no weights stream.
[[nodiscard]] Group choose_group(const WeightMemory& memory, const EnginePlan& engine);

/// Decides for every layer of the engine. Throws offramp::Error where the store is too small for anything.
void plan_weight_store(const WeightMemory& memory, EnginePlan& engine);

/// Beats of the longest burst: 1 KB, which leaves room for other masters of the memory.
[[nodiscard]] constexpr int weight_burst_beats(int beat_bits) {
  return beat_bits >= 1024 * 8 ? 1 : 1024 * 8 / beat_bits;
}

}  // namespace offramp::accel
