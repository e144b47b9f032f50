#pragma once
// Checks over a finished design: free functions, one file each; none changes anything. `check` runs all of
// them in a fixed order and adds what was found while building.
#include <functional>
#include <optional>
#include <string>

#include "hw/design.h"

namespace offramp::hw {

class PathCache;

struct CheckOptions {
  /// Text of a hand-written module's file, so that its ports can be compared; nothing if there is no file.
  std::function<std::optional<std::string>(const std::string& file)> external_text = {};
};

Diagnostics check(const Design& design, const CheckOptions& options = {});

Diagnostics check_names(const Design& design);
/// Vectors of 2^20 bits or more, at the defaults or at the smallest parameters.
Diagnostics check_limits(const Module& m);
/// Undriven and multiply driven bits.
Diagnostics check_drivers(const Module& m);
/// Latches, and comb blocks that read what they drive.
Diagnostics check_comb(const Module& m);
Diagnostics check_loops(const Module& m, PathCache& paths);
/// Circles through whole variables and blocks, which simulators cannot order.
Diagnostics check_chains(const Module& m, PathCache& paths);
Diagnostics check_instances(const Module& m);
/// States that cannot be reached, or whose transitions were forgotten.
Diagnostics check_states(const Module& m);
/// Values that go from one clock to a register of another without a synchronizer.
Diagnostics check_clocks(const Module& m, PathCache& paths);
/// valid that waits for ready, and ready that waits for valid where it must not.
Diagnostics check_streams(const Module& m, PathCache& paths);
/// A hand-written module's parameters and ports against its description.
Diagnostics check_external(const Module& m, const CheckOptions& options);
Diagnostics check_unused(const Module& m);

}  // namespace offramp::hw
