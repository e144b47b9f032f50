#pragma once
// Placement and routing with nextpnr, for the families that open tools know to the bitstream.
#include <map>
#include <optional>
#include <string>

#include "synth/yosys.h"

namespace offramp::synth {

/// A device to place on.
struct Device {
  const char* name;  // as nextpnr's option has it: "hx8k"
  const char* part;  // "iCE40HX8K-CT256"
  netlist::Family family;
  const char* package;
};
/// "hx8k", "up5k" or "85k"; empty: the family's largest. Throws offramp::Error for another word, and for
/// families that no open tool places.
[[nodiscard]] Device device_from(const std::string& word, netlist::Family family);

struct Placement {
  std::string skipped = {};  // why nothing was placed; then the rest is empty
  std::string part = {};
  std::string version = {};
  std::string command = {};
  double clock_mhz = 0;  // nextpnr's static timing after routing, slowest corner
  std::map<std::string, std::pair<int, int>> used = {};  // cells, by kind: used, available
  std::string bitstream = {};                            // bytes
  std::string bitstream_suffix = {};                     // ".bit", ".bin"
  /// The module's ports are behind registers that are written and read serially: a block has more ports than
  /// a package has pins, and paths to pins are no clock's. 0: ports are pins.
  int wrapper_registers = 0;
};

/// Synthesizes the design, or `run.module` in a wrapper that makes its ports serial, flat, then places and
/// routes it. A missing nextpnr or packer is said in `skipped`, no error.
[[nodiscard]] Placement place(const YosysRun& run, const Synthesized& synthesized, const Device& device);

/// How the figures came about, in a sentence.
[[nodiscard]] std::string basis(const Placement& placement);

/// A module "serial_ports" around `module` (its ports in `netlist`): inputs come from a shift register,
/// outputs go to another. `registers`: bits of both.
[[nodiscard]] std::string serial_wrapper(const netlist::Module& module, int& registers);

}  // namespace offramp::synth
