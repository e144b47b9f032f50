#include "netlist/netlist.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/expect_error.h"
#include "base/files.h"
#include "base/process.h"
#include "base/temp_folder.h"
#include "netlist/counts.h"
#include "netlist/fanout.h"
#include "netlist/levels.h"

namespace offramp::netlist {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// Two stages of a counter's comparison in modules of their own, and one that is used twice.
constexpr const char* kDesign = R"(
module bottom #(parameter W = 4) (input clk, input [W-1:0] a, output reg [W-1:0] q);
  always @(posedge clk) q <= q ^ a;
endmodule
module middle (input clk, input [11:0] x, input late, output reg hit);
  wire all_of = &x;
  always @(posedge clk) hit <= all_of & late;
endmodule
module top (input clk, input [11:0] x, input [3:0] a, output hit, output [3:0] p, output [7:0] r);
  reg [11:0] x_q; reg [5:0] y_q;
  wire late = ^y_q;
  always @(posedge clk) begin x_q <= x; y_q <= x[5:0] ^ x[11:6]; end
  middle u_middle (.clk(clk), .x(x_q), .late(late), .hit(hit));
  bottom #(.W(4)) u_low (.clk(clk), .a(a), .q(p));
  bottom #(.W(8)) u_high (.clk(clk), .a({a, a}), .q(r));
endmodule
)";

Netlist synthesized(const std::string& verilog, const std::string& command) {
  const test::TempFolder folder;
  write_file(folder / "design.v", verilog);
  const ProcessResult result =
      run_process({"yosys", "-q", "-p", "read_verilog design.v; " + command + "; write_json netlist.json"},
                  {.directory = folder.path()});
  EXPECT_EQ(result.exit_code, 0) << result.output;
  return read_netlist(read_file(folder / "netlist.json"), "netlist.json");
}

#define SKIP_WITHOUT_YOSYS() \
  if (!find_tool("yosys")) GTEST_SKIP() << "skipped: yosys not found"

const ModuleCounts& of(const std::vector<ModuleCounts>& all, const std::string& name, std::size_t n = 0) {
  for (const ModuleCounts& m : all) {
    if (m.hdl_name == name && n-- == 0) return m;
  }
  throw std::logic_error("no module " + name);
}

/// The design's netlist for AMD's 7 series, synthesized once.
const Netlist& seven_series() {
  static const Netlist netlist = synthesized(kDesign, "synth_xilinx -family xc7 -top top -noiopad");
  return netlist;
}

TEST(Netlist, CountsTheCellsOfAModuleAndOfThoseBelowIt) {
  SKIP_WITHOUT_YOSYS();
  const Netlist& n = seven_series();
  const std::vector<ModuleCounts> all = counts(n);
  ASSERT_EQ(all.size(), 4u);
  EXPECT_EQ(all.front().hdl_name, "top");
  EXPECT_EQ(all.front().own.ff, 18);
  EXPECT_EQ(all.front().own.lut, 7);  // the parity of y_q, and what y_q takes
  EXPECT_EQ(all.front().with_submodules.ff, 18 + 1 + 4 + 8);
  EXPECT_EQ(of(all, "bottom", 0).own.ff + of(all, "bottom", 1).own.ff, 12);
  EXPECT_EQ(of(all, "bottom").instances, 1);
  EXPECT_EQ(of(all, "middle").own.ff, 1);
  EXPECT_TRUE(all.front().with_submodules.unknown.empty());
}

TEST(Netlist, FollowsAPathThroughModulesToItsRegisters) {
  SKIP_WITHOUT_YOSYS();
  const Netlist& n = seven_series();
  const Levels inside(*n.find("middle"));
  const Module flat = flatten(n, n.top());
  const Levels across(flat);
  // AND of 12 and the late bit: two levels, or two behind the parity's one where late comes in first.
  EXPECT_EQ(inside.longest().luts, 2);
  const LogicPath path = across.longest();
  EXPECT_GE(path.luts, 2);
  EXPECT_THAT(path.to, HasSubstr("u_middle."));
  EXPECT_THAT(path.to, HasSubstr("FDRE D"));
  EXPECT_THAT(path.from, HasSubstr("_q["));
  EXPECT_EQ(static_cast<int>(path.nets.size()), path.luts + path.muxes + 1);
  int ends = 0;
  for (const int at_level : across.histogram()) ends += at_level;
  EXPECT_EQ(ends, static_cast<int>(across.endpoints().size()));
}

TEST(Netlist, FlatteningKeepsEveryCellAndJoinsWhatPortsJoin) {
  SKIP_WITHOUT_YOSYS();
  const Netlist& n = seven_series();
  const Module flat = flatten(n, n.top());
  const Counts cells = count_cells(n, flat);
  const Counts total = counts(n).front().with_submodules;
  EXPECT_EQ(cells.ff, total.ff);
  EXPECT_EQ(cells.lut, total.lut);
  // Yosys' own flatten leaves as many endpoints at each level.
  const Netlist theirs =
      synthesized(kDesign, "synth_xilinx -family xc7 -top top -noiopad; flatten; opt_clean");
  EXPECT_EQ(Levels(flat).histogram(), Levels(theirs.top()).histogram());
}

TEST(Netlist, FindsTheClockAndTheWidestNetBesideIt) {
  SKIP_WITHOUT_YOSYS();
  const Netlist& n = seven_series();
  const Module flat = flatten(n, n.top());
  const std::vector<FanOut> nets = fanout(flat);
  EXPECT_TRUE(nets.front().is_clock());
  EXPECT_EQ(nets.front().clock_pins, 31);
  // Each bit of a goes into u_low once and into u_high twice.
  EXPECT_FALSE(nets[1].is_clock());
  EXPECT_EQ(nets[1].pins, 3) << nets[1].name;
  EXPECT_THAT(nets[1].name, HasSubstr("a["));
}

TEST(Netlist, CountsDistributedMemoriesByTheTablesThatTheyTake) {
  SKIP_WITHOUT_YOSYS();
  const Netlist n = synthesized(R"(
module top (input clk, input we, input [4:0] wa, input [5:0] d, input [4:0] ra, output [5:0] q, input s, output t);
  reg [5:0] mem [0:31];
  always @(posedge clk) if (we) mem[wa] <= d;
  assign q = mem[ra];
  reg [15:0] line;
  always @(posedge clk) line <= {line[14:0], s};
  assign t = line[15];
endmodule)",
                                "synth_xilinx -family xc7 -top top -noiopad");
  const Counts c = counts(n).front().own;
  EXPECT_EQ(c.lut_memory, 4);
  EXPECT_EQ(c.shift_register, 1);
  EXPECT_EQ(c.lut, 5);
  // The memory is read at once: a level from the address to the output.
  EXPECT_EQ(Levels(n.top()).longest().luts, 1);
}

TEST(Netlist, KnowsTheCellsOfLatticesFamilies) {
  SKIP_WITHOUT_YOSYS();
  for (const char* command : {"synth_ecp5 -top top -noflatten", "synth_ice40 -top top -noflatten"}) {
    const std::vector<ModuleCounts> all = counts(synthesized(kDesign, command));
    EXPECT_EQ(all.front().with_submodules.ff, 31) << command;
    EXPECT_GT(all.front().with_submodules.lut, 12) << command;
    EXPECT_TRUE(all.front().with_submodules.unknown.empty()) << command;
  }
}

TEST(Netlist, StopsAtALoopOfLogicAndNamesIt) {
  SKIP_WITHOUT_YOSYS();
  const Netlist n = synthesized(R"(
module top (input a, input b, output y);
  wire x = (a & y) | b;
  assign y = ~(x ^ a);
endmodule)",
                                "synth_xilinx -family xc7 -top top -noiopad");
  test::expect_error([&] { (void)Levels(n.top()); }, {"Combinational loop", "module top"});
}

TEST(Netlist, RefusesTextThatIsNoNetlist) {
  test::expect_error([] { (void)read_netlist("{\"modules\": 3}", "n.json"); }, {"n.json", "write_json"});
  test::expect_error([] { (void)read_netlist("{\"modules\": {}}", "n.json").top(); },
                     {"no top module", "-top"});
}

TEST(CellType, ReadsRegistersOfADspSlice) {
  Cell dsp{.name = "d", .type = "DSP48E1"};
  EXPECT_TRUE(passes(dsp, Kind::dsp, "A"));
  dsp.parameters["MREG"] = "1";
  EXPECT_FALSE(passes(dsp, Kind::dsp, "A"));
  EXPECT_TRUE(passes(dsp, Kind::dsp, "C"));
  dsp.parameters["PREG"] = "1";
  EXPECT_FALSE(passes(dsp, Kind::dsp, "C"));
  EXPECT_FALSE(passes(dsp, Kind::dsp, "CLK"));
}

}  // namespace
}  // namespace offramp::netlist
