#pragma once
// Operations on vectors of more than 64 bits.
#include "hw/interpret_ops.h"

namespace offramp::hw::interpret {

void execute_wide(Machine& machine, const Instruction& i);
/// Also for one word, where bits are unknown.
void wide_saturate(Machine& machine, const Instruction& i);

}  // namespace offramp::hw::interpret
