// What clocked and comb blocks, memories and generate loops do, seen from outside: simulated by Icarus.
#include <gtest/gtest.h>

#include "hw/hw.h"
#include "hw/tools.h"

namespace offramp::hw::test {
namespace {

/// Runs a bench body against the printed module; a clock `clk` ticks at each `@(negedge clk)`.
std::string simulate(const Module& m, const std::string& declarations, const std::string& pins,
                     const std::string& body) {
  const TempDir dir;
  const std::string bench = "module tb;\n  reg clk = 0;\n  always #5 clk = ~clk;\n" + declarations +
                            "  dut u_dut (" + pins + ");\n  initial begin\n" + body +
                            "    $finish(0);\n  end\nendmodule\n";
  const std::string files = dir.write("dut.v", print_verilog(m)) + " " + dir.write("tb.v", bench);
  const auto built = run("iverilog -g2005 -Wall -Wno-timescale -s tb -o " + dir.path("sim") + " " + files);
  EXPECT_EQ(built.output, "");
  return run("vvp -n " + dir.path("sim")).output;
}

TEST(Processes, ResetEnableAndPriority) {
  SKIP_WITHOUT("iverilog");
  Design d;
  const Module& m = d.add_module("dut", [](ModuleBuilder& b) {
    const auto ck = b.clocking();
    const auto clear = b.input("clear_i", bit());
    const auto step = b.input("step_i", sint(4));
    const auto count = b.reg("count_q", sint(8), {.reset = -3});
    const auto seen = b.reg("seen_q", bit());  // no reset: an always block of its own
    b.clocked(ck, [&] {
      b.when(clear, [&] {
         b.next(count, 0);
         b.next(seen, 0);
       }).otherwise([&] {
        b.next(count, add_wrap(count, step));
        b.next(seen, 1);
      });
    });
    b.drive(b.output("count_o", sint(8)), count);
    b.drive(b.output("seen_o", bit()), seen);
  });
  EXPECT_EQ(render(check(d)), "");
  EXPECT_EQ(simulate(m, "  reg rst = 0, clear = 0; reg [3:0] step = 0; wire signed [7:0] c; wire s;\n",
                     ".clk_i(clk), .rst_ni(rst), .clear_i(clear), .step_i(step), .count_o(c), .seen_o(s)",
                     "    @(negedge clk) $display(\"%0d\", c);\n"
                     "    rst = 1; step = 4'd15;\n"
                     "    @(negedge clk) $display(\"%0d %b\", c, s);\n"
                     "    clear = 1;\n"
                     "    @(negedge clk) $display(\"%0d %b\", c, s);\n"
                     "    clear = 0; step = 7;\n"
                     "    @(negedge clk) $display(\"%0d %b\", c, s);\n"),
            "-3\n-4 1\n0 0\n7 1\n");
}

TEST(Processes, MemoryIsReadOneCycleLaterAndTheOldWordWins) {
  SKIP_WITHOUT("iverilog");
  Design d;
  const Module& m = d.add_module("dut", [](ModuleBuilder& b) {
    const auto ck = b.clocking({.reset = false});
    const auto we = b.input("we_i", bit());
    const auto addr = b.input("addr_i", uint(3));
    const auto data = b.input("data_i", uint(8));
    const auto mem = b.memory("mem", uint(8), 8);
    const auto q = b.reg("q", uint(8));
    b.clocked(ck, [&] {
      b.when(we, [&] { b.write(mem, addr, data); });
      b.next(q, b.read(mem, addr));
    });
    b.drive(b.output("q_o", uint(8)), q);
  });
  EXPECT_EQ(render(check(d)), "");
  EXPECT_EQ(simulate(m, "  reg we = 1; reg [2:0] a = 5; reg [7:0] d = 17; wire [7:0] q;\n",
                     ".clk_i(clk), .we_i(we), .addr_i(a), .data_i(d), .q_o(q)",
                     "    @(negedge clk) d = 18;\n"
                     "    @(negedge clk) $display(\"%0d\", q);\n"
                     "    we = 0;\n"
                     "    @(negedge clk) $display(\"%0d\", q);\n"),
            "17\n18\n");
}

TEST(Processes, CombSwitchAndParametricLoops) {
  SKIP_WITHOUT("iverilog");
  Design d;
  const Module& m = d.add_module("dut", [](ModuleBuilder& b) {
    const auto n = b.param("N", 3, {.min = 1, .max = 8});
    const auto w = b.param("W", 4, {.min = 2, .max = 8});
    const auto x = b.input("x_i", uint(n * w));
    const auto op = b.input("op_i", uint(2));
    const auto y = b.output("y_o", uint(n * w));
    b.generate_for("gen_lane", n, [&](const IntExpr& k) {
      const auto lane = b.let("lane", part(x, k * w, w));
      const auto r = b.wire("r", uint(w));
      b.comb([&] {
        b.drive(r, lane);
        b.switch_(op,
                  {{1, [&] { b.drive(r, ~lane); }}, {2, [&] {
                                                       b.when(lane == 3, [&] {
                                                          b.drive(r, 0);
                                                        }).otherwise([&] { b.drive(r, add_wrap(lane, 2)); });
                                                     }}});
      });
      b.drive(part(y, k * w, w), r);
    });
  });
  EXPECT_EQ(render(check(d)), "");
  EXPECT_EQ(simulate(m, "  reg [11:0] x = 12'h3f5; reg [1:0] op = 0; wire [11:0] y;\n",
                     ".x_i(x), .op_i(op), .y_o(y)",
                     "    #1 $display(\"%h\", y); op = 1;\n"
                     "    #1 $display(\"%h\", y); op = 2;\n"
                     "    #1 $display(\"%h\", y);\n"),
            "3f5\nc0a\n017\n");
}

}  // namespace
}  // namespace offramp::hw::test
