// Golden texts: what a reader sees. OFFRAMP_UPDATE_GOLDEN=1 rewrites tests/hw/golden; read the difference
// before committing it. Every text is also read by Verilator, Icarus and Yosys.
#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>

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

/// Compares with the golden file, or rewrites it, and has every tool read all modules of the design.
void expect_golden(const Design& d, const std::string& top, const std::vector<std::string>& settings) {
  EXPECT_EQ(render(check(d)), "");
  const TempDir dir;
  dir.write("init.hex", "001 ffe\n");
  std::vector<std::string> files;
  for (const Module* m : d.modules()) {
    const std::string text = print_verilog(*m);
    EXPECT_EQ(text, print_verilog(*m)) << "not deterministic";
    std::istringstream lines(text);
    for (std::string l; std::getline(lines, l);) {
      EXPECT_LE(l.size(), 110U) << l;
      EXPECT_FALSE(l.ends_with(' ')) << "'" << l << "'";
    }
    files.push_back(dir.write(m->name + ".v", text));
    const std::string golden = std::string(OFFRAMP_SOURCE_DIR) + "/tests/hw/golden/" + m->name + ".v";
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
