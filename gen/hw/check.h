#pragma once
// Checks over a finished design: free functions, one file each; none changes anything. `check` runs all of
// them in a fixed order and adds what was found while building.
#include "hw/design.h"

namespace offramp::hw {

Diagnostics check(const Design& design);

Diagnostics check_names(const Design& design);
/// Undriven and multiply driven bits.
Diagnostics check_drivers(const Module& m);
/// Latches, and comb blocks that read what they drive.
Diagnostics check_comb(const Module& m);
Diagnostics check_loops(const Module& m);
Diagnostics check_instances(const Module& m);
Diagnostics check_unused(const Module& m);

}  // namespace offramp::hw
