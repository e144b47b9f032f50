#pragma once
// Prints a module as Verilog-2005 that a person could have typed.
#include <string>

#include "hw/ir.h"

namespace offramp::hw {

/// How registers are reset, in every module of a design.
struct ResetStyle {
  bool asynchronous = false;  ///< reset without waiting for a clock edge
  bool active_high = false;   ///< printed as `rst_i` where modules are described with `rst_ni`
};

struct PrintOptions {
  ResetStyle reset = {};
};

/// The whole file of one module, which is not an external one. The same module and options always give the
/// same text; all modules of a design are printed with the same options.
std::string print_verilog(const Module& m, const PrintOptions& options = {});

}  // namespace offramp::hw
