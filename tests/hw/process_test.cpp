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

// Found by verif/trust: a signed index is a negative one, and Icarus keeps the carry of a sum in an index.
TEST(Processes, AMemoryIsAddressedByBitsWhateverTheirSignIs) {
  SKIP_WITHOUT("iverilog");
  Design d;
  const Module& m = d.add_module("dut", [](ModuleBuilder& b) {
    const auto ck = b.clocking({.reset = false});
    const auto s = b.input("s_i", sint(1));
    const auto x = b.input("x_i", uint(1));
    const auto mem = b.memory("mem", uint(4), 2);
    const auto by_sum = b.reg("by_sum_q", uint(4));
    const auto by_sign = b.reg("by_sign_q", uint(4));
    b.clocked(ck, [&] {
      b.write(mem, as_unsigned(s), 9);
      b.next(by_sum, b.read(mem, add_wrap(x, x)));
      b.next(by_sign, b.read(mem, as_unsigned(s)));
    });
    b.drive(b.output("by_sum_o", uint(4)), by_sum);
    b.drive(b.output("by_sign_o", uint(4)), by_sign);
  });
  EXPECT_EQ(simulate(m, "  reg s = 0, x = 1; wire [3:0] a, b;\n",
                     ".clk_i(clk), .s_i(s), .x_i(x), .by_sum_o(a), .by_sign_o(b)",
                     "    @(negedge clk) s = 1;\n"
                     "    @(negedge clk) @(negedge clk) $display(\"%0d %0d\", a, b);\n"),
            "9 9\n");
}

// Found by verif/trust: `[P-1:0]` of a wire without a range is no Verilog, also where P can only be 1.
TEST(Processes, WiresOfOneBitHaveNoParts) {
  SKIP_WITHOUT("iverilog");
  Design d;
  const Module& m = d.add_module("dut", [](ModuleBuilder& b) {
    const auto p = b.param("P", 1, {.min = 1, .max = 1});
    const auto x = b.input("x_i", uint(p));
    const auto y = b.input("y_i", sint(1));
    b.drive(b.output("extended_o", uint(1)), extend(x, 1));
    b.drive(b.output("truncated_o", sint(p)), truncate(y, p));
    b.drive(b.output("part_o", uint(p)), part(~y, 0, p));
    b.drive(b.output("selected_o", uint(p)), select(as_unsigned(y), b.literal(uint(1), 0), p));
    const auto o = b.output("driven_o", uint(1));
    b.drive(part(o, 0, p), x);
  });
  EXPECT_EQ(render(check(d)), "");
  EXPECT_EQ(
      simulate(
          m, "  wire a, b, c, d, e;\n",
          ".x_i(1'b1), .y_i(1'b1), .extended_o(a), .truncated_o(b), .part_o(c), .selected_o(d), .driven_o(e)",
          "    #1 $display(\"%b%b%b%b%b\", a, b, c, d, e);\n"),
      "11011\n");
}

// Found by verif/trust: Icarus never ended, since `always @*` waits for the whole array.
TEST(Processes, CombBlocksMayFormAChainThroughAnArray) {
  SKIP_WITHOUT("iverilog");
  Design d;
  const Module& m = d.add_module("dut", [](ModuleBuilder& b) {
    const auto n = b.param("N", 8, {.min = 1, .max = 16});
    const auto x = b.input("x_i", uint(8));
    auto chain = b.wire_array("chain", uint(8), {n + 1}, {.chain = true});
    b.drive(chain.at({0}), x);
    b.generate_for("gen_n", n, [&](IntExpr i) {
      const auto y = b.wire("y", uint(8));
      b.comb([&] {
        b.drive(y, add_wrap(chain.at({i}), 1));
        b.when(bit_of(chain.at({i}), 0), [&] { b.drive(y, add_wrap(chain.at({i}), 3)); });
      });
      b.drive(chain.at({i + 1}), y);
    });
    b.drive(b.output("y_o", uint(8)), chain.at({n}));
  });
  EXPECT_EQ(render(check(d)), "");
  const std::string text = print_verilog(m);
  EXPECT_NE(text.find("wire [7:0] _y_word = chain[i_n];"), std::string::npos) << text;
  EXPECT_EQ(simulate(m, "  reg [7:0] x = 0; wire [7:0] y;\n", ".x_i(x), .y_o(y)",
                     "    #1 $display(\"%0d\", y);\n    x = 7; #1 $display(\"%0d\", y);\n"),
            "16\n23\n");
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
