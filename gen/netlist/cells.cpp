#include "netlist/cells.h"

#include <algorithm>
#include <cctype>

namespace offramp::netlist {
namespace {

struct Named {
  std::string_view type;
  CellType what;
};

/// Exact names that a prefix below would give something else.
constexpr Named kMemories[] = {
    // Single port: a table holds 64 bits.
    {"RAM16X1S", {Kind::lut_memory, 1}},
    {"RAM32X1S", {Kind::lut_memory, 1}},
    {"RAM64X1S", {Kind::lut_memory, 1}},
    {"RAM128X1S", {Kind::lut_memory, 2}},
    {"RAM256X1S", {Kind::lut_memory, 4}},
    {"RAM512X1S", {Kind::lut_memory, 8}},
    // A write and a read port: each has its copy.
    {"RAM16X1D", {Kind::lut_memory, 2}},
    {"RAM32X1D", {Kind::lut_memory, 2}},
    {"RAM64X1D", {Kind::lut_memory, 2}},
    {"RAM128X1D", {Kind::lut_memory, 4}},
    {"RAM256X1D", {Kind::lut_memory, 8}},
    // The tables of a slice: four, in UltraScale eight.
    {"RAM32M", {Kind::lut_memory, 4}},
    {"RAM64M", {Kind::lut_memory, 4}},
    {"RAM32M16", {Kind::lut_memory, 8}},
    {"RAM64M8", {Kind::lut_memory, 8}},
    {"RAM32X16DR8", {Kind::lut_memory, 8}},
    {"RAM64X8SW", {Kind::lut_memory, 8}},
    {"TRELLIS_DPR16X4", {Kind::lut_memory, 4}},
    {"RAMB18E1", {Kind::block_ram, 0, 18}},
    {"RAMB18E2", {Kind::block_ram, 0, 18}},
    {"RAMB36E1", {Kind::block_ram, 0, 36}},
    {"RAMB36E2", {Kind::block_ram, 0, 36}},
    {"DP16KD", {Kind::block_ram, 0, 16}},
    {"PDPW16KD", {Kind::block_ram, 0, 16}},
    {"URAM288", {Kind::ultra_ram}},
    {"URAM288_BASE", {Kind::ultra_ram}},
    {"SB_SPRAM256KA", {Kind::ultra_ram}},
    // Each computes two bits in the two tables of a slice.
    {"CCU2C", {Kind::carry, 2}},
    {"GND", {Kind::constant}},
    {"VCC", {Kind::constant}},
    {"INV", {Kind::lut, 1}},
};

constexpr Named kPrefixes[] = {
    {"LUT", {Kind::lut, 1}},
    {"SB_LUT4", {Kind::lut, 1}},
    {"SRL", {Kind::shift_register, 1}},
    {"FD", {Kind::flip_flop}},
    {"LDCE", {Kind::flip_flop}},
    {"TRELLIS_FF", {Kind::flip_flop}},
    {"SB_DFF", {Kind::flip_flop}},
    {"DSP48E", {Kind::dsp}},
    {"MULT18X18D", {Kind::dsp}},
    {"MULT9X9D", {Kind::dsp}},
    {"ALU54B", {Kind::dsp}},
    {"SB_MAC16", {Kind::dsp}},
    {"SB_RAM40_4K", {Kind::block_ram, 0, 4}},
    {"CARRY", {Kind::carry}},
    {"SB_CARRY", {Kind::carry}},
    {"MUXF", {Kind::mux}},
    {"MUXCY", {Kind::carry}},
    {"XORCY", {Kind::carry}},
    {"PFUMX", {Kind::mux}},
    {"L6MUX21", {Kind::mux}},
    {"BUFG", {Kind::buffer}},
    {"IBUF", {Kind::buffer}},
    {"OBUF", {Kind::buffer}},
    {"SB_GB", {Kind::buffer}},
    {"SB_IO", {Kind::buffer}},
    {"TRELLIS_IO", {Kind::buffer}},
    {"DCCA", {Kind::buffer}},
};

bool has_any(const Cell& cell, std::initializer_list<const char*> registers) {
  return std::any_of(registers.begin(), registers.end(),
                     [&](const char* name) { return cell.parameter(name, 0) != 0; });
}

bool dsp_passes(const Cell& cell, std::string_view input) {
  if (cell.type.starts_with("DSP48E")) {
    if (input.starts_with("C") && input != "C") return false;  // clock, enables, carries
    if (has_any(cell, {"PREG"})) return false;
    if (input == "A") return !has_any(cell, {"MREG", "AREG"});
    if (input == "B") return !has_any(cell, {"MREG", "BREG"});
    return input == "C" ? !has_any(cell, {"CREG"}) : input == "PCIN";
  }
  // Yosys maps products to ECP5 without the slice's registers; what an SB_MAC16 registers is in its modes.
  if (cell.type.starts_with("MULT") || cell.type.starts_with("ALU")) {
    const auto at = cell.parameters.find("REG_OUTPUT_CLK");
    return at == cell.parameters.end() || at->second == "NONE";
  }
  return cell.parameter("TOPOUTPUT_SELECT", 0) != 1;
}

}  // namespace

const char* to_string(Kind kind) {
  switch (kind) {
    case Kind::lut:
      return "LUT";
    case Kind::flip_flop:
      return "register";
    case Kind::dsp:
      return "DSP";
    case Kind::block_ram:
      return "block RAM";
    case Kind::ultra_ram:
      return "UltraRAM";
    case Kind::lut_memory:
      return "LUT memory";
    case Kind::shift_register:
      return "shift register";
    case Kind::carry:
      return "carry";
    case Kind::mux:
      return "multiplexer";
    case Kind::buffer:
      return "buffer";
    case Kind::constant:
      return "constant";
    case Kind::unknown:
      break;
  }
  return "unknown";
}

CellType cell_type(std::string_view type) {
  for (const Named& m : kMemories) {
    if (type == m.type) return m.what;
  }
  for (const Named& p : kPrefixes) {
    if (type.starts_with(p.type)) return p.what;
  }
  return {};
}

bool passes(const Cell& cell, Kind kind, std::string_view input) {
  switch (kind) {
    case Kind::lut:
    case Kind::carry:
    case Kind::mux:
    case Kind::buffer:
      return true;
    case Kind::shift_register:
      return input.starts_with("A");
    case Kind::lut_memory:
      // Read addresses; a write's address is registered with its data. RAM64X1S and the like have one
      // address.
      if (cell.type.starts_with("RAM") && cell.type.ends_with("S")) return input.starts_with("A");
      if (cell.type.starts_with("TRELLIS")) return input == "RAD";
      return input.starts_with("ADDR") || input.starts_with("DPRA") || input.starts_with("A");
    case Kind::dsp:
      return dsp_passes(cell, input);
    default:
      return false;
  }
}

bool is_clock_pin(std::string_view port) {
  constexpr std::array<std::string_view, 14> kClocks = {
      "C",    "CLK",  "CLKARDCLK", "CLKBWRCLK", "WCLK",      "RCLK",  "CLKA",
      "CLKB", "CLK0", "WCK",       "CLKINV",    "CLKAWRCLK", "RCLKN", "CLK1"};
  return std::find(kClocks.begin(), kClocks.end(), port) != kClocks.end();
}

}  // namespace offramp::netlist
