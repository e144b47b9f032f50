#pragma once
#include "design/target.h"
#include "model/estimate.h"

namespace offramp::design {

/// Throws offramp::Error with a table of what is asked and what the board has, where the accelerator's
/// memories or multipliers exceed the board's. `what` names the accelerator in the message ("lenet5, strategy
/// parallel").
void check_fits(const model::Estimate& estimate, const Target& target, const std::string& what);

}  // namespace offramp::design
