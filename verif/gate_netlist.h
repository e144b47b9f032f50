#pragma once
// A design as Yosys maps it, in Verilog that a simulator runs: the check that synthesis and memory images
// mean what the RTL means.
#include <filesystem>
#include <string>
#include <vector>

#include "accel/accelerator.h"

namespace offramp::verif {

/// What a netlist is made of: Yosys' own gates (and memories as they are), or the cells of AMD's 7 series
/// with block RAM, DSP slices and memory contents in parameters.
enum class Gates { generic, xilinx };
/// "generic", "xilinx".
[[nodiscard]] const char* to_string(Gates gates);
/// Throws offramp::Error for another word.
[[nodiscard]] Gates gates_from(const std::string& word);

struct GateNetlist {
  std::vector<std::string> verilog;    // absolute: the netlist, and models of block RAM
  std::vector<std::string> libraries;  // models of other cells
  double seconds = 0;                  // 0 where it was in the cache
};

/// The netlist of the design in `design_dir` (rtl/, mem/), flat; kept in `cache` by the contents of its
/// files. Throws offramp::Error: a tool missing (ExitStatus::missing_tool), a file missing, what Yosys says
/// against the design.
[[nodiscard]] GateNetlist gate_netlist(const std::filesystem::path& design_dir, const accel::Emitted& emitted,
                                       Gates gates, const std::filesystem::path& cache);

}  // namespace offramp::verif
