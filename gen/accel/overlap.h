#pragma once
// When a layer may begin: as soon as nothing that it reads is still on its way to memory. Large maps need no
// wait at all, since their last results are the last to be read.
#include "accel/accelerator.h"

namespace offramp::accel {

/// Sets `wait` of every layer of the engine.
void plan_waits(EnginePlan& engine);

}  // namespace offramp::accel
