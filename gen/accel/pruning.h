#pragma once
// Branches that are skipped (fixed/skip.h): what measures the maps, and when the verdict is known.
#include "accel/accelerator.h"
#include "blocks/activity_meter.h"

namespace offramp::accel {

/// The meter at the write port of an engine of this shape.
[[nodiscard]] blocks::ActivityMeter activity_meter(const ArrayShape& shape, int data_bits, int layer_bits);
/// Cycles from the write port's last element of a map to the verdict's register.
[[nodiscard]] int skip_verdict_cycles(const ArrayShape& shape);
/// Names every layer's branch. With `prunes`, sets which branches can be skipped, and when that is decided.
void mark_branches(const quant::QNetwork& network, bool prunes, EnginePlan& engine);
/// Throws offramp::Error where a map's magnitudes may add up to more than a skip register holds.
void check_activities(const quant::QNetwork& network);

}  // namespace offramp::accel
