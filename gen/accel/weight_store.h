#pragma once
// Which layers keep their weights on the chip, and how long the ring is through which the others stream.
#include "accel/accelerator.h"

namespace offramp::accel {

/// Decides for every layer of the engine. Throws offramp::Error where the store is too small for anything.
void plan_weight_store(const WeightMemory& memory, EnginePlan& engine);

}  // namespace offramp::accel
