#pragma once
// The files of one batch: every module behind a wrapper of one shape, a bench that feeds all wrappers from
// files and shows what they give, and what drives that bench in each tool.
#include "verif/trust/simulators.h"

namespace offramp::trust {

/// By name. cases.v (modules and wrappers), bench.v, drive.v and start.v (Icarus), main.cpp (Verilator),
/// netlist.ys and gates.ys (Yosys), stimulus_<k>.txt, and the memory images.
[[nodiscard]] std::map<std::string, std::string> bench_files(
    const std::vector<Job>& jobs, const std::function<std::string(const hw::Module&)>& print);

/// What the bench showed, by job.
[[nodiscard]] std::vector<Simulation> parse_output(const std::vector<Job>& jobs, const std::string& output);

}  // namespace offramp::trust
