#pragma once
// Cells of a netlist, by module: its own, and with everything below it.
#include <map>
#include <string>
#include <vector>

#include "netlist/cells.h"

namespace offramp::netlist {

struct Counts {
  int lut = 0;             // memories and shift registers in lookup tables included
  int lut_memory = 0;      // of those
  int shift_register = 0;  // of those
  int ff = 0;
  int dsp = 0;
  int bram18 = 0;     // AMD: halves of a 36 Kb block RAM
  int block_ram = 0;  // block RAMs as the device counts them, for families other than AMD's
  int uram = 0;
  int carry = 0;
  int mux = 0;
  std::map<std::string, int> unknown;  // cells that no table knows, by type
  Counts& operator+=(const Counts& other);
  bool operator==(const Counts&) const = default;
};

struct ModuleCounts {
  std::string module;      // as Yosys has it
  std::string hdl_name;    // as in the Verilog
  int instances = 0;       // in the whole design
  Counts own;              // of one instance, without the instances below
  Counts with_submodules;  // of one instance
};

/// Of every module that the top uses, the top first, then by name. A module's own cells of unknown type that
/// name another module are instances.
[[nodiscard]] std::vector<ModuleCounts> counts(const Netlist& netlist);

/// Of one module's cells.
[[nodiscard]] Counts count_cells(const Netlist& netlist, const Module& module);

}  // namespace offramp::netlist
