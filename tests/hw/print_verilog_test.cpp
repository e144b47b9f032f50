// Golden texts: what a reader sees. OFFRAMP_UPDATE_GOLDEN=1 rewrites tests/hw/golden; read the difference
// before committing it. Every text is also read by Verilator, Icarus and Yosys.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <stdexcept>

#include "hw/hw.h"
#include "hw/tools.h"

namespace offramp::hw::test {
namespace {

struct MacPe {
  int data_w = 8;
  bool operator==(const MacPe&) const = default;
  struct Ports {
    Clocking ck;
    In load, en, weight, act, acc;
    Out act_o, acc_o;
  };
  [[nodiscard]] std::string name() const { return "mac_pe"; }
  [[nodiscard]] Ports build(ModuleBuilder& m) const {
    m.doc("Weight-stationary processing element: acc_o = acc_i + act_i * weight, one cycle later.");
    const auto dw = m.param("DATA_W", data_w, {.min = 2, .max = 16}, "operand width in bits");
    const auto aw = m.param("ACC_W", 40, {.min = 33, .max = 64}, "accumulator width in bits");
    Ports p{.ck = m.clocking(),
            .load = m.input("load_i", bit(), "take weight_i"),
            .en = m.input("en_i", bit(), "advance"),
            .weight = m.input("weight_i", sint(dw)),
            .act = m.input("act_i", sint(dw)),
            .acc = m.input("acc_i", sint(aw)),
            .act_o = m.output("act_o", sint(dw)),
            .acc_o = m.output("acc_o", sint(aw))};
    const auto weight_q = m.reg("weight_q", sint(dw));
    const auto act_q = m.reg("act_q", sint(dw), {.reset = 0});
    const auto acc_q = m.reg("acc_q", sint(aw), {.reset = 0});
    const auto prod = m.let("prod", p.act * weight_q);
    m.clocked(p.ck, [&] {
      m.when(p.load, [&] { m.next(weight_q, p.weight); });
      m.when(p.en, [&] {
        m.next(act_q, p.act);
        m.next(acc_q, add_wrap(p.acc, extend(prod, aw)));
      });
    });
    m.drive(p.act_o, act_q);
    m.drive(p.acc_o, acc_q);
    return p;
  }
};

struct Column {
  bool operator==(const Column&) const = default;
  struct Ports {
    Clocking ck;
    In load, en, weight, act;
    Out sum;
  };
  [[nodiscard]] std::string name() const { return "column"; }
  [[nodiscard]] Ports build(ModuleBuilder& m) const {
    m.doc("A column of processing elements; partial sums flow down.");
    const auto rows = m.param("ROWS", 4, {.min = 1, .max = 64}, "processing elements");
    const auto dw = m.param("DATA_W", 8, {.min = 2, .max = 16}, "operand width in bits");
    const auto aw = m.localparam("ACC_W", 2 * dw + 32, "holds any sum");
    Ports p{.ck = m.clocking(),
            .load = m.input("load_i", bit()),
            .en = m.input("en_i", bit()),
            .weight = m.input("weight_i", uint(rows * dw), "ROWS operands, row 0 lowest"),
            .act = m.input("act_i", uint(rows * dw), "ROWS operands, row 0 lowest"),
            .sum = m.output("sum_o", sint(aw))};
    m.comment("psum[r] enters row r; psum[ROWS] is the result.");
    const auto psum = m.wire_array("psum", sint(aw), {rows + 1});
    m.drive(psum.at({0}), 0);
    m.generate_for("gen_row", rows, [&](const IntExpr& r) {
      auto u = m.instance("u_pe", MacPe{}, {.ck = p.ck, .params = {{"DATA_W", dw}, {"ACC_W", aw}}});
      u.in(u.ports.load, p.load);
      u.in(u.ports.en, p.en);
      u.in(u.ports.weight, as_signed(part(p.weight, r * dw, dw)));
      u.in(u.ports.act, as_signed(part(p.act, r * dw, dw)));
      u.in(u.ports.acc, psum.at({r}));
      m.unused(u.out(u.ports.act_o, "act"));
      m.drive(psum.at({r + 1}), u.out(u.ports.acc_o, "acc"));
    });
    m.drive(p.sum, psum.at({rows}));
    return p;
  }
};

void control(ModuleBuilder& m) {
  m.doc("A counter with a small state machine, a memory and a saturating output.");
  const auto depth = m.param("DEPTH", 16, {.min = 2, .max = 1024}, "words");
  const auto init = m.string_param("INIT_FILE", "init.hex", "contents of the memory");
  const auto aw = m.localparam("ADDR_W", clog2(depth));
  const auto ck = m.clocking();
  const auto go = m.input("go_i", bit(), "start");
  const auto data = m.output("data_o", sint(8), "saturated word");
  const auto busy = m.output("busy_o", bit());

  const auto idle = m.constant("IDLE", uint(2), 0);
  const auto run = m.constant("RUN", uint(2), 1);
  const auto last = m.constant("LAST", uint(aw), depth - 1);
  const auto mem = m.memory("mem", sint(12), depth, {.init = init, .ram_style = "block"});

  m.section("State");
  const auto state_q = m.reg("state_q", uint(2), {.reset = 0});
  const auto state_d = m.wire("state_d", uint(2));
  const auto addr_q = m.reg("addr_q", uint(aw), {.reset = 0});
  const auto word_q = m.reg("word_q", sint(12));
  m.comb([&] {
    m.drive(state_d, state_q);
    m.switch_(state_q, {{idle, [&] { m.when(go, [&] { m.drive(state_d, run); }); }},
                        {run, [&] {
                           m.comment("one pass over the memory");
                           m.when(addr_q == last, [&] { m.drive(state_d, idle); });
                         }}});
  });
  m.clocked(ck, [&] {
    m.next(state_q, state_d);
    m.when(state_q == run, [&] {
      m.when(addr_q == last, [&] { m.next(addr_q, 0); }).otherwise([&] {
        m.next(addr_q, add_wrap(addr_q, 1));
      });
    });
    m.next(word_q, m.read(mem, addr_q));
  });
  m.section("Output");
  m.drive(data, saturate(word_q + 100, sint(8)));
  m.drive(busy, state_q != idle);
}

void edges(ModuleBuilder& m) {
  m.doc("A running parity: the first stage has no left neighbour.");
  const auto n = m.param("N", 8, {.min = 1, .max = 64}, "bits");
  const auto x = m.input("x_i", uint(n));
  const auto y = m.output("y_o", uint(n));
  m.generate_for("gen_bit", n, [&](const IntExpr& i) {
    m.generate_if(
        equal(i, 0), "gen_first", [&] { m.drive(bit_of(y, i), bit_of(x, i)); }, "gen_rest",
        [&] { m.drive(bit_of(y, i), bit_of(x, i) ^ bit_of(x, i - 1)); });
  });
}

/// A pulse one cycle after each change of its input; the reset is also read as a value.
struct Change {
  bool operator==(const Change&) const = default;
  struct Ports {
    Clocking ck;
    In data;
    Out pulse, ready;
  };
  [[nodiscard]] std::string name() const { return "change"; }
  [[nodiscard]] Ports build(ModuleBuilder& m) const {
    m.doc("A pulse after each change of the input.");
    Ports p{.ck = m.clocking(),
            .data = m.input("data_i", bit()),
            .pulse = m.output("pulse_o", bit()),
            .ready = m.output("ready_o", bit(), "low during reset")};
    const auto data_q = m.reg("data_q", bit());
    const auto pulse_q = m.reg("pulse_q", bit(), {.reset = 0});
    m.clocked(p.ck, [&] {
      m.next(data_q, p.data);
      m.next(pulse_q, p.data ^ data_q);
    });
    m.drive(p.pulse, pulse_q & ~p.ck.rst_n);
    m.drive(p.ready, p.ck.rst_n & ~pulse_q);
    return p;
  }
};

/// Two instances, one of which has a reset of its own making.
void changes(ModuleBuilder& m) {
  m.doc("Two change detectors; the second is also reset by clear_i.");
  const auto ck = m.clocking();
  const auto data = m.input("data_i", bit());
  const auto clear = m.input("clear_i", bit());
  const auto pulses = m.output("pulses_o", uint(2));
  const auto extended = m.output("resets_o", uint(3), "the reset, three times");
  const auto connect = [&](const char* name, const Clocking& clocking, int bit) {
    auto u = m.instance(name, Change{}, {.ck = clocking});
    u.in(u.ports.data, data);
    m.drive(bit_of(pulses, bit), u.out(u.ports.pulse, "pulse" + std::to_string(bit)));
    m.unused(u.out(u.ports.ready, "ready" + std::to_string(bit)));
  };
  connect("u_plain", ck, 0);
  const auto cleared_n = m.let("cleared_n", ck.rst_n & ~clear);
  connect("u_cleared", Clocking{.clk = ck.clk, .rst_n = In(&m.module(), cleared_n.id())}, 1);
  m.drive(extended, as_unsigned(extend(as_signed(ck.rst_n), 3)));
}

void synchronized(ModuleBuilder& m) {
  m.doc("Two registers in a row take a level of another clock.");
  const auto ck = m.clocking({.reset = false});
  const auto level = m.input("level_i", bit());
  const auto meta_q = m.reg("meta_q", bit(), {.synchronizer = true});
  const auto level_q = m.reg("level_q", bit(), {.synchronizer = true});
  m.clocked(ck, [&] {
    m.next(meta_q, level);
    m.next(level_q, meta_q);
  });
  m.drive(m.output("level_o", bit()), level_q);
}

void documented_memory(ModuleBuilder& m) {
  m.doc("A memory that says what it is for.");
  const auto ck = m.clocking({.reset = false});
  const auto address = m.input("address_i", uint(4));
  const auto write = m.input("write_i", bit());
  const auto data = m.input("data_i", uint(8));
  const auto words = m.memory("words", uint(8), 16, {.doc = "Words in the order in which they came."});
  const auto word_q = m.reg("word_q", uint(8));
  m.clocked(ck, [&] {
    m.when(write, [&] { m.write(words, address, data); });
    m.next(word_q, m.read(words, address));
  });
  m.drive(m.output("data_o", uint(8)), word_q);
}

/// A counter with its properties beside it; they hold if `bound` is at least 9.
void counter(ModuleBuilder& m, int bound) {
  m.doc("Counts to nine and starts again.");
  const auto ck = m.clocking();
  const auto enable = m.input("enable_i", bit());
  const auto count = m.output("count_o", uint(4));
  const auto count_q = m.reg("count_q", uint(4), {.reset = 0});
  m.clocked(ck, [&] {
    m.when(enable, [&] { m.next(count_q, mux(count_q == 9, m.literal(uint(4), 0), add_wrap(count_q, 1))); });
  });
  m.drive(count, count_q);
  m.formal([&] {
    const auto before_q = m.reg("f_before_q", uint(4), {.reset = 0});
    m.clocked(ck, [&] { m.next(before_q, count_q); });
    m.comment("It never leaves its range,");
    m.assert_always(ck, "a_range", count_q <= bound);
    m.comment("and never jumps.");
    m.assert_always(ck, "a_step",
                    (count_q == before_q) | (count_q == add_wrap(before_q, 1)) | (count_q == 0));
    m.assume_always(ck, "m_enabled", enable | (count_q != 3));
    m.cover_sometime(ck, "c_last", count_q == 9);
    m.assert_always({.clk = ck.clk, .rst_n = {}}, "a_known", (count_q ^ count_q) == 0);
  });
}

void proved(ModuleBuilder& m) {
  counter(m, 9);
}

/// What a golden text is of: the options, and what is added to its name.
struct Style {
  PrintOptions options = {};
  std::string suffix;
};

/// Compares with the golden file, or rewrites it, and has every tool read all modules of the design.
void expect_golden(const Design& d, const std::string& top, const std::vector<std::string>& settings,
                   const Style& style = {}) {
  EXPECT_EQ(render(check(d)), "");
  const TempDir dir;
  dir.write("init.hex", "001 ffe\n");
  std::vector<std::string> files;
  for (const Module* m : d.modules()) {
    const std::string text = print_verilog(*m, style.options);
    EXPECT_EQ(text, print_verilog(*m, style.options)) << "not deterministic";
    std::istringstream lines(text);
    for (std::string l; std::getline(lines, l);) {
      EXPECT_LE(l.size(), 110U) << l;
      EXPECT_FALSE(l.ends_with(' ')) << "'" << l << "'";
    }
    files.push_back(dir.write(m->name + ".v", text));
    const std::string golden =
        std::string(OFFRAMP_SOURCE_DIR) + "/tests/hw/golden/" + m->name + style.suffix + ".v";
    if (std::getenv("OFFRAMP_UPDATE_GOLDEN") != nullptr) std::ofstream(golden) << text;
    EXPECT_EQ(text, read_file(golden)) << "OFFRAMP_UPDATE_GOLDEN=1 rewrites it";
  }
  std::vector<std::string> missing;
  EXPECT_EQ(lint(files, top, missing), "");
  for (const auto& s : settings) EXPECT_EQ(lint(files, top, missing, s), "") << s;
  if (!missing.empty()) GTEST_SKIP() << "skipped: " << missing.front() << " not found";
}

TEST(Printer, InstancesInAGenerateLoop) {
  Design d;
  d.add(Column{});
  ASSERT_EQ(d.modules().size(), 2U);
  EXPECT_EQ(d.modules()[0]->name, "mac_pe");  // children first
  expect_golden(d, "column", {"-GROWS=1 -GDATA_W=2", "-GROWS=5", "-GROWS=64 -GDATA_W=16"});
}

TEST(Printer, StateMachineMemoryAndSaturation) {
  Design d;
  d.add_module("control", control);
  expect_golden(d, "control", {"-GDEPTH=2", "-GDEPTH=17", "-GDEPTH=1024"});
}

TEST(Printer, ConditionOnAGenvar) {
  Design d;
  d.add_module("edges", edges);
  expect_golden(d, "edges", {"-GN=1", "-GN=2", "-GN=64"});
}

constexpr ResetStyle kAsynchronous{.asynchronous = true};
constexpr ResetStyle kActiveHigh{.active_high = true};
constexpr ResetStyle kAsynchronousActiveHigh{.asynchronous = true, .active_high = true};

TEST(Printer, ResetsSynchronouslyAndActiveLowByDefault) {
  Design d;
  d.add_module("changes", changes);
  expect_golden(d, "changes", {});
}

TEST(Printer, ResetsAsynchronously) {
  Design d;
  d.add(Change{});
  expect_golden(d, "change", {}, {{kAsynchronous}, "_async"});
}

TEST(Printer, ResetsActiveHighThroughTheHierarchy) {
  Design d;
  d.add_module("changes", changes);
  expect_golden(d, "changes", {}, {{kActiveHigh}, "_high"});
}

TEST(Printer, ResetsAsynchronouslyAndActiveHigh) {
  Design d;
  d.add(Change{});
  expect_golden(d, "change", {}, {{kAsynchronousActiveHigh}, "_async_high"});
}

// The same bench sees the same pulses whatever the style; what is asynchronous does not wait for the clock.
TEST(Printer, ResetStylesDifferInNothingButTheReset) {
  SKIP_WITHOUT("iverilog");
  Design d;
  d.add_module("changes", changes);
  for (const ResetStyle style : {ResetStyle{}, kAsynchronous, kActiveHigh, kAsynchronousActiveHigh}) {
    const TempDir dir;
    std::string files;
    for (const Module* m : d.modules()) {
      files += " " + dir.write(m->name + ".v", print_verilog(*m, {.reset = style}));
    }
    const std::string port = style.active_high ? ".rst_i(~rst_n)" : ".rst_ni(rst_n)";
    files +=
        " " + dir.write("tb.v",
                        "module tb;\n"
                        "  reg clk = 0, rst_n = 0, data = 0, clear = 0;\n"
                        "  wire [1:0] pulses;\n"
                        "  wire [2:0] resets;\n"
                        "  changes u (.clk_i(clk), " +
                            port +
                            ", .data_i(data), .clear_i(clear), .pulses_o(pulses), .resets_o(resets));\n"
                            "  task tick; begin #1 clk = 1; #1 clk = 0; #1; end endtask\n"
                            "  initial begin\n"
                            "    tick; tick;\n"
                            "    $write(\"%b\", resets);\n"
                            "    rst_n = 1;\n"
                            "    tick;\n"
                            "    data = 1;\n"
                            "    tick;\n"
                            "    $write(\" %b %b %b\", u.u_plain.pulse_q, u.u_cleared.pulse_q, resets);\n"
                            "    clear = 1;\n"
                            "    #1 $write(\" %b %b\", u.u_plain.pulse_q, u.u_cleared.pulse_q);\n"
                            "    data = 0;\n"
                            "    tick;\n"
                            "    $display(\" %b %b\", u.u_plain.pulse_q, u.u_cleared.pulse_q);\n"
                            "    $finish;\n"
                            "  end\n"
                            "endmodule\n");
    const auto r = run("cd " + dir.path("") + " && iverilog -g2005 -o tb " + files + " && vvp -n tb");
    EXPECT_EQ(r.output, style.asynchronous ? "000 1 1 111 1 0 1 0\n" : "000 1 1 111 1 1 1 0\n");
  }
}

TEST(Printer, SaysThatAnActiveHighResetMeetsAnotherName) {
  Design d;
  const Module& m = d.add_module("clash", [](ModuleBuilder& b) {
    (void)b.clocking();
    (void)b.input("rst_i", bit());
  });
  EXPECT_THROW((void)print_verilog(m, {.reset = kActiveHigh}), std::logic_error);
}

TEST(Printer, SynchronizersAreMarkedForTheRouter) {
  Design d;
  d.add_module("synchronized", synchronized);
  expect_golden(d, "synchronized", {});
}

TEST(Printer, AMemorySaysWhatItIsFor) {
  Design d;
  d.add_module("documented_memory", documented_memory);
  expect_golden(d, "documented_memory", {});
}

TEST(Printer, PropertiesStandBehindFormal) {
  Design d;
  d.add_module("proved", proved);
  expect_golden(d, "proved", {"+define+FORMAL --assert"});
}

TEST(Printer, PropertiesAreProvedAndRefutedByYosys) {
  SKIP_WITHOUT("yosys");
  Design d;
  const Module& good = d.add_module("proved", proved);
  const Module& bad = d.add_module("refuted", [](ModuleBuilder& m) { counter(m, 8); });
  for (const ResetStyle style : {ResetStyle{}, kActiveHigh, kAsynchronous, kAsynchronousActiveHigh}) {
    const auto prove = [&](const Module& m) {
      const TempDir dir;
      const std::string file = dir.write(m.name + ".v", print_verilog(m, {.reset = style}));
      return run("yosys -q -p 'read_verilog -formal -sv -D FORMAL " + file + "; prep -top " + m.name +
                 "; async2sync; chformal -cover -remove; sat -prove-asserts -set-assumes -tempinduct -seq 1"
                 " -set-at 1 " +
                 (style.active_high ? "rst_i 1" : "rst_ni 0") + " -verify " + m.name + "'");
    };
    const auto proof = prove(good);
    EXPECT_EQ(proof.status, 0) << proof.output;
    const auto refutation = prove(bad);
    EXPECT_NE(refutation.status, 0);
    EXPECT_THAT(refutation.output, testing::HasSubstr("proof did fail"));
  }
}

TEST(Printer, ALongRemarkOnALocalparamStandsAboveIt) {
  Design d;
  const Module& m = d.add_module("remark", [](ModuleBuilder& b) {
    (void)b.localparam("SIZE", 4, std::string(60, 'a') + " " + std::string(60, 'b'));
  });
  EXPECT_THAT(print_verilog(m),
              testing::HasSubstr("\n  // " + std::string(60, 'a') + "\n  // " + std::string(60, 'b') +
                                 "\n  localparam integer SIZE = 4;\n"));
}

TEST(Printer, AHandWrittenModuleIsNotPrinted) {
  Module m;
  m.name = "ram_macro";
  m.external = "ram_macro.v";
  m.scopes.emplace_back();
  EXPECT_THROW((void)print_verilog(m), std::logic_error);
}

TEST(Printer, IsLinearInTheSizeOfTheModule) {
  const auto seconds = [](int n) {
    Design d;
    const Module& m = d.add_module("flat", [&](ModuleBuilder& b) {
      Value x = b.input("x_i", uint(16));
      for (int i = 0; i < n; ++i) x = b.let("t" + std::to_string(i), add_wrap(x, x ^ 5));
      b.drive(b.output("o", uint(16)), x);
    });
    const auto start = std::chrono::steady_clock::now();
    const std::string text = print_verilog(m);
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  };
  (void)seconds(1000);
  const double small = seconds(5000);
  EXPECT_LT(seconds(40000), small * 8 * 4 + 0.05);
}

}  // namespace
}  // namespace offramp::hw::test
