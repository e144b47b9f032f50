#pragma once
// Which layers keep their weights on the chip, and how long the ring is through which the others stream.
#include "accel/accelerator.h"

namespace offramp::accel {

/// Layers of an engine whose images share a pass of the weights: [first, last) are grouped, those from `last` on
/// make the last logits.
struct Group {
  int images = 1;
  int first = 0, last = 0;
};
/// The layers at the program's end that wait for their weights rather than for the array, up to the last exit's
/// logits and behind every other exit's. One image where there are none, or no weights stream.
[[nodiscard]] Group choose_group(const WeightMemory& memory, const EnginePlan& engine);

/// Decides for every layer of the engine. Throws offramp::Error where the store is too small for anything.
void plan_weight_store(const WeightMemory& memory, EnginePlan& engine);

}  // namespace offramp::accel
