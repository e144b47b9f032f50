#pragma once
// What the cells of the libraries that Yosys maps to are, and what each takes of a device: one table for
// AMD's 7 series and UltraScale+, Lattice's ECP5 and iCE40.
#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "netlist/netlist.h"

namespace offramp::netlist {

enum class Kind : std::uint8_t {
  lut,
  flip_flop,
  dsp,
  block_ram,
  ultra_ram,
  lut_memory,      // RAM in lookup tables: written by a clock, read at once
  shift_register,  // in a lookup table
  carry,
  mux,       // the dedicated ones behind lookup tables
  buffer,    // of clocks and pins
  constant,  // supplies
  unknown,   // an instance, or a cell that this table lacks
};
[[nodiscard]] const char* to_string(Kind kind);

struct CellType {
  Kind kind = Kind::unknown;
  int luts = 0;      // lookup tables that it takes
  int bram_kib = 0;  // block RAM: 18 or 36 for AMD, 16 for ECP5 (18 with parity), 4 for iCE40
};

/// Sources: lookup tables of distributed memories and shift registers from AMD UG474 (7 Series CLB, tables of
/// distributed RAM) and UG574; ECP5 from Lattice FPGA-TN-02204 (a TRELLIS_DPR16X4 takes a slice's two tables
/// for data and the write port of another two); iCE40 from FPGA-TN-02002.
[[nodiscard]] CellType cell_type(std::string_view type);

/// Whether a value passes through the cell from `input` to its outputs within a cycle. DSP slices are looked
/// at with their pipeline registers.
[[nodiscard]] bool passes(const Cell& cell, Kind kind, std::string_view input);

/// Clock pins: what they are given is a clock tree's business, not a path's.
[[nodiscard]] bool is_clock_pin(std::string_view port);

}  // namespace offramp::netlist
