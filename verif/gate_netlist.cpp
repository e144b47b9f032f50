#include "verif/gate_netlist.h"

#include <fmt/format.h>

#include <chrono>
#include <map>

#include "base/error.h"
#include "base/files.h"
#include "base/process.h"
#include "base/sha256.h"
#include "base/text.h"

namespace offramp::verif {
namespace {

namespace fs = std::filesystem;

/// Yosys' commands between reading the RTL and writing the netlist.
std::string mapping(Gates gates, const std::string& top) {
  // Nets of one bit: a simulator must not take the bits of a carry chain for a loop.
  constexpr const char* kFinish = "splitnets; clean; ";
  if (gates == Gates::xilinx)
    return fmt::format("synth_xilinx -family xc7 -flatten -noiopad -top {}; {}", top, kFinish);
  // Memories stay memories, with their contents: as registers they would be most of the netlist.
  return fmt::format(
      "synth -flatten -top {} -run begin:fine; opt -fast -full; techmap; opt -fast; "
      "abc -g AND,OR,XOR,MUX; opt -fast; {}",
      top, kFinish);
}

/// A block RAM of AMD's 7 series as Yosys uses it: one clock for both ports, no output register. Bits of a
/// word lie at its address times the width, as AMD UG473 has it; a port reads before it or the other one
/// writes.
constexpr const char* kBlockRam = R"(
module {name} #(
{inits}  parameter RAM_MODE = "TDP",
  parameter integer READ_WIDTH_A = 0, parameter integer READ_WIDTH_B = 0,
  parameter integer WRITE_WIDTH_A = 0, parameter integer WRITE_WIDTH_B = 0,
  parameter WRITE_MODE_A = "WRITE_FIRST", parameter WRITE_MODE_B = "WRITE_FIRST",
  parameter integer DOA_REG = 0, parameter integer DOB_REG = 0,
  parameter INIT_A = 0, parameter INIT_B = 0, parameter SRVAL_A = 0, parameter SRVAL_B = 0,
  parameter RAM_EXTENSION_A = "NONE", parameter RAM_EXTENSION_B = "NONE",
  parameter IS_CLKARDCLK_INVERTED = 1'b0, parameter IS_CLKBWRCLK_INVERTED = 1'b0,
  parameter IS_ENARDEN_INVERTED = 1'b0, parameter IS_ENBWREN_INVERTED = 1'b0,
  parameter IS_RSTRAMARSTRAM_INVERTED = 1'b0, parameter IS_RSTRAMB_INVERTED = 1'b0,
  parameter IS_RSTREGARSTREG_INVERTED = 1'b0, parameter IS_RSTREGB_INVERTED = 1'b0
) (
  input CLKARDCLK, CLKBWRCLK, ENARDEN, ENBWREN, REGCEAREGCE, REGCEB,
  input RSTRAMARSTRAM, RSTRAMB, RSTREGARSTREG, RSTREGB,
  input [{address}:0] ADDRARDADDR, ADDRBWRADDR,
  input [{half}:0] DIADI, DIBDI, input [{half_p}:0] DIPADIP, DIPBDIP,
  input [{half_p}:0] WEA, input [{whole_p}:0] WEBWE,
  output [{half}:0] DOADO, DOBDO, output [{half_p}:0] DOPADOP, DOPBDOP
);
  function integer data_bits(input integer width);
    data_bits = width < 9 ? width : width / 9 * 8;
  endfunction
  localparam integer RA = data_bits(READ_WIDTH_A), RB = data_bits(READ_WIDTH_B);
  localparam integer WA = data_bits(WRITE_WIDTH_A), WB = data_bits(WRITE_WIDTH_B);
  localparam SDP = RAM_MODE == "SDP";
  reg d [0:{bits} - 1];
  reg p [0:{bits} / 8 - 1];
  reg [{whole}:0] a_q, b_q;
  reg [{whole_p}:0] ap_q, bp_q;
  wire clk = RA != 0 || WA != 0 ? CLKARDCLK : CLKBWRCLK;
  wire en_a = ENARDEN ^ IS_ENARDEN_INVERTED;
  wire en_b = ENBWREN ^ IS_ENBWREN_INVERTED;
  wire [{whole}:0] di_b = SDP ? {{DIBDI, DIADI}} : {{{{{half} + 1{{1'b0}}}}, DIBDI}};
  wire [{whole_p}:0] dip_b = SDP ? {{DIPBDIP, DIPADIP}} : {{{{{half_p} + 1{{1'b0}}}}, DIPBDIP}};
  integer i;
  integer ra, rb, wa, wb;
  initial begin
{loads}    a_q = 0; b_q = 0; ap_q = 0; bp_q = 0;
  end
  always @(posedge clk) begin
    ra = {first_a};
    rb = {first_b};
    wa = {write_a};
    wb = {write_b};
    if (en_a && RA != 0) begin
      for (i = 0; i < RA; i = i + 1) a_q[i] <= d[ra + i];
      for (i = 0; i < READ_WIDTH_A / 9; i = i + 1) ap_q[i] <= p[ra / 8 + i];
    end
    if (en_b && RB != 0) begin
      for (i = 0; i < RB; i = i + 1) b_q[i] <= d[rb + i];
      for (i = 0; i < READ_WIDTH_B / 9; i = i + 1) bp_q[i] <= p[rb / 8 + i];
    end
    if (en_a && !SDP) begin
      for (i = 0; i < WA; i = i + 1) if (WEA[i / 8]) d[wa + i] = DIADI[i];
      for (i = 0; i < WRITE_WIDTH_A / 9; i = i + 1) if (WEA[i]) p[wa / 8 + i] = DIPADIP[i];
    end
    if (en_b) begin
      for (i = 0; i < WB; i = i + 1) if (WEBWE[i / 8]) d[wb + i] = di_b[i];
      for (i = 0; i < WRITE_WIDTH_B / 9; i = i + 1) if (WEBWE[i]) p[wb / 8 + i] = dip_b[i];
    end
  end
  assign DOADO = a_q[{half}:0];
  assign DOPADOP = ap_q[{half_p}:0];
  assign DOBDO = SDP ? a_q[{whole}:{half} + 1] : b_q[{half}:0];
  assign DOPBDOP = SDP ? ap_q[{whole_p}:{half_p} + 1] : bp_q[{half_p}:0];
endmodule
)";

/// Models of block RAM: those that come with Yosys know its timing alone.
std::string block_ram_models() {
  std::string text;
  for (const int kib : {16, 32}) {
    std::string inits, loads;
    const auto add = [&](const char* name, const char* array, int count) {
      for (int n = 0; n < count; ++n) {
        inits += fmt::format("  parameter [255:0] {}_{:02X} = 256'b0,\n", name, n);
        loads += fmt::format("    for (i = 0; i < 256; i = i + 1) {}[{} + i] = {}_{:02X}[i];\n", array,
                             256 * n, name, n);
      }
    };
    add("INIT", "d", kib * 4);
    add("INITP", "p", kib / 2);
    // The top address bit of the larger one belongs to cascades, which Yosys leaves at 1.
    const auto first = [&](const char* pin, const char* width) {
      return fmt::format("{1} == 0 ? 0 : {0}[{2}:0] / {1} * {1}", pin, width, kib == 16 ? 13 : 14);
    };
    const int half = kib;
    text += fmt::format(
        kBlockRam, fmt::arg("name", kib == 16 ? "RAMB18E1" : "RAMB36E1"), fmt::arg("inits", inits),
        fmt::arg("loads", loads), fmt::arg("address", kib == 16 ? 13 : 15), fmt::arg("bits", kib * 1024),
        fmt::arg("half", half - 1), fmt::arg("half_p", half / 8 - 1), fmt::arg("whole", 2 * half - 1),
        fmt::arg("whole_p", half / 4 - 1), fmt::arg("first_a", first("ADDRARDADDR", "RA")),
        fmt::arg("first_b", first("ADDRBWRADDR", "RB")), fmt::arg("write_a", first("ADDRARDADDR", "WA")),
        fmt::arg("write_b", first("ADDRBWRADDR", "WB")));
  }
  return text;
}

/// Where Yosys keeps its cell libraries.
fs::path yosys_data() {
  const fs::path yosys = require_tool("yosys", "yosys");
  const fs::path data = yosys.parent_path().parent_path() / "share" / "yosys";
  if (!fs::exists(data / "xilinx" / "cells_sim.v")) {
    throw Error(
        fmt::format("'{}' has no xilinx/cells_sim.v, the models of AMD's cells; install Debian's yosys",
                    data.string()),
        ExitStatus::missing_tool);
  }
  return data;
}

}  // namespace

const char* to_string(Gates gates) {
  return gates == Gates::generic ? "generic" : "xilinx";
}

Gates gates_from(const std::string& word) {
  for (const Gates gates : {Gates::generic, Gates::xilinx}) {
    if (word == to_string(gates)) return gates;
  }
  throw Error(
      fmt::format("--netlist {}: there are netlists of generic gates and of xilinx cells", in_quotes(word)));
}

GateNetlist gate_netlist(const fs::path& design_dir, const accel::Emitted& emitted, Gates gates,
                         const fs::path& cache) {
  (void)require_tool("yosys", "yosys");
  std::string description = run_process({"yosys", "-V"}).output + mapping(gates, emitted.top);
  for (const auto& [name, text] : emitted.files) {
    if (name.starts_with("rtl/") || name.ends_with(".hex"))
      description += name + '\n' + read_file(design_dir / name);
  }
  GateNetlist netlist;
  const std::string key = sha256_hex(description).substr(0, 16);
  const fs::path file = cache / fmt::format("gates-{}-{}.v", to_string(gates), key);
  netlist.verilog.push_back(file.string());
  if (gates == Gates::xilinx) {
    const std::string models = block_ram_models();
    const fs::path rams = cache / fmt::format("block_ram-{}.v", sha256_hex(models).substr(0, 16));
    make_directory(cache);
    if (!fs::exists(rams)) write_file(rams, models);
    netlist.verilog.push_back(rams.string());
    netlist.libraries.push_back((yosys_data() / "xilinx" / "cells_sim.v").string());
  }
  if (fs::exists(file)) return netlist;
  make_directory(cache);
  const auto begin = std::chrono::steady_clock::now();
  std::string script = "read_verilog -sv";
  for (const std::string& rtl : emitted.rtl) script += ' ' + rtl;
  const fs::path unfinished = file.string() + ".part";
  script += "; " + mapping(gates, emitted.top) + "write_verilog -noattr " + unfinished.string();
  const ProcessResult result = run_process({"yosys", "-q", "-p", script}, {.directory = design_dir});
  if (result.exit_code != 0) {
    std::error_code ignored;
    fs::remove(unfinished, ignored);
    throw Error(fmt::format("Yosys refuses '{}': {}", emitted.top, result.output));
  }
  fs::rename(unfinished, file);
  netlist.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  return netlist;
}

}  // namespace offramp::verif
