#pragma once
// Numbers of a network that are no table: constants of the hardware that runs one network, registers of
// hardware that runs several.
#include <vector>

#include "accel/accelerator.h"
#include "blocks/network_setup.h"

namespace offramp::accel {

/// In the order of their addresses, with the accelerator's own network's values.
[[nodiscard]] std::vector<blocks::NetworkSetup::Field> setup_fields(const Accelerator& accelerator);

}  // namespace offramp::accel
