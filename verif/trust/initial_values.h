#pragma once
// Random contents of all registers and memories at the start of a simulation, as Verilog: what Verilator does
// by an option.
#include "verif/trust/simulators.h"

namespace offramp::trust {

/// A module `start` that sets what the jobs' modules hold; `instance` gives the hierarchical name of a job's
/// module. Memories with an image keep it.
[[nodiscard]] std::string initial_values(const std::vector<Job>& jobs,
                                         const std::function<std::string(std::size_t)>& instance);

}  // namespace offramp::trust
