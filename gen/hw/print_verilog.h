#pragma once
// Prints a module as Verilog-2005 that a person could have typed.
#include <string>

#include "hw/ir.h"

namespace offramp::hw {

/// The whole file of one module. The same module always gives the same text.
std::string print_verilog(const Module& m);

}  // namespace offramp::hw
