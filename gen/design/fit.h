#pragma once
#include <optional>

#include "design/target.h"
#include "model/estimate.h"
#include "model/resources.h"

namespace offramp::design {

/// What an accelerator asks for: memories and multipliers always, the cells of the whole design where a model
/// says them.
struct Demand {
  model::Estimate estimate;
  std::optional<model::Resources> resources = {};
};

/// With the cells of the whole design where the target's family has a model.
[[nodiscard]] Demand demand_of(const accel::Accelerator& accelerator, const model::Estimate& estimate,
                               const Target& target);

[[nodiscard]] bool fits(const Demand& demand, const Target& target);

/// Throws offramp::Error with a table of what is asked and what the board has, where the accelerator's
/// memories, multipliers or cells exceed the board's. `what` names the accelerator in the message ("lenet5,
/// strategy parallel"); `instead` is the nearest configuration that fits as it is typed ("--array 8x2x1"), or
/// empty where none was found.
void check_fits(const Demand& demand, const Target& target, const std::string& what,
                const std::string& instead = "");

/// The memory port that uses the target's bandwidth at the target's clock: a beat of 256 bits or the next
/// power of two that takes a cycle's bytes.
[[nodiscard]] accel::WeightMemory weight_memory(const Target& target);

}  // namespace offramp::design
