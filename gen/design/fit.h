#pragma once
#include "design/target.h"
#include "model/estimate.h"

namespace offramp::design {

/// Throws offramp::Error with a table of what is asked and what the board has, where the accelerator's
/// memories or multipliers exceed the board's. `what` names the accelerator in the message ("lenet5, strategy
/// parallel").
void check_fits(const model::Estimate& estimate, const Target& target, const std::string& what);

/// The memory port that uses the target's bandwidth at the target's clock: a beat of 256 bits or the next
/// power of two that takes a cycle's bytes.
[[nodiscard]] accel::WeightMemory weight_memory(const Target& target);

}  // namespace offramp::design
