// What the interpreter does with registers, memories, processes and hierarchies.
#include "hw/interpreter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <random>

#include "hw/hw.h"
#include "hw/tools.h"

namespace offramp::hw::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

/// A module that has to be clean, and its interpreter.
struct Sim {
  Design design;
  const Module* module = nullptr;
  std::unique_ptr<Interpreter> run;

  explicit Sim(const std::function<void(ModuleBuilder&)>& build, const InterpreterOptions& options = {}) {
    module = &design.add_module("dut", build);
    design.require_clean();
    run = std::make_unique<Interpreter>(*module, options);
  }
  Interpreter* operator->() const { return run.get(); }
  [[nodiscard]] std::string operator[](const std::string& name) const { return run->get(name).text(); }
};

template <class F>
std::string message_of(const F& f) {
  try {
    f();
  } catch (const DesignError& e) {
    return e.what();
  }
  return "no DesignError";
}

TEST(InterpretedRegisters, TakeTheirValuesAtTheEdgeAndAllAtOnce) {
  Sim s([](ModuleBuilder& m) {
    const auto ck = m.clocking({.reset = false});
    const auto x = m.input("x_i", uint(4));
    const auto a = m.reg("a_q", uint(4));
    const auto b = m.reg("b_q", uint(4));
    const auto c = m.reg("c_q", uint(4));
    m.clocked(ck, [&] {
      m.next(c, b);
      m.next(a, x);
      m.next(b, a);
    });
    m.drive(m.output("y_o", uint(4)), add_wrap(c, 1));
  });
  s->set("x_i", 3);
  EXPECT_EQ(s["a_q"], "xxxx") << "nothing has set it";
  s->step();
  EXPECT_EQ(s["a_q"], "0011");
  EXPECT_EQ(s["b_q"], "xxxx");
  s->set("x_i", 5);
  EXPECT_EQ(s["a_q"], "0011") << "an input does not pass a register";
  s->step();
  EXPECT_EQ(s["b_q"], "0011");
  EXPECT_EQ(s["y_o"], "xxxx");
  s->step();
  EXPECT_EQ(s["y_o"], "0100");
  EXPECT_EQ(s->cycle(), 3u);
}

TEST(InterpretedRegisters, AreResetWhereTheyHaveAValueAndOthersRunOn) {
  Sim s([](ModuleBuilder& m) {
    const auto ck = m.clocking();
    const auto clear = m.input("clear_i", bit());
    const auto by = m.input("step_i", sint(4));
    const auto count = m.reg("count_q", sint(8), {.reset = -3});
    const auto seen = m.reg("seen_q", sint(8));
    m.clocked(ck, [&] {
      m.when(clear, [&] {
         m.next(count, 0);
         m.next(seen, 1);
       }).otherwise([&] {
        m.next(count, add_wrap(count, by));
        m.next(seen, count);
      });
    });
    m.drive(m.output("y_o", sint(8)), add_wrap(count, seen));
  });
  EXPECT_EQ(s["count_q"], "xxxxxxxx") << "a reset acts at an edge";
  s->set("rst_ni", 0);
  s->set("clear_i", 1);
  s->set("step_i", 7);
  s->step();
  EXPECT_EQ(s["count_q"], "11111101");
  EXPECT_EQ(s["seen_q"], "00000001") << "has no reset";
  s->set("rst_ni", 1);
  s->set("clear_i", 0);
  s->step();
  EXPECT_EQ(s["count_q"], "00000100");
  EXPECT_EQ(s["seen_q"], "11111101");
}

TEST(InterpretedRegisters, WithPartsSetApartKeepTheRestAndAreResetAsAWhole) {
  Sim s([](ModuleBuilder& m) {
    const auto ck = m.clocking();
    const auto on = m.input("on_i", bit());
    const auto q = m.reg("q", uint(8), {.reset = 0xA5});
    m.clocked(ck, [&] {
      m.when(on, [&] { m.next(slice(q, 3, 0), 6); });
      m.when(bit_of(q, 7), [&] { m.next(bit_of(q, 7), 0); });
      m.next(slice(q, 6, 4), add_wrap(slice(q, 6, 4), 1));
    });
    m.drive(m.output("y_o", uint(8)), q);
  });
  s->set("rst_ni", 0);
  s->set("on_i", 0);
  s->step();
  EXPECT_EQ(s["q"], "10100101");
  s->set("rst_ni", 1);
  s->step();
  EXPECT_EQ(s["q"], "00110101");
  s->set("on_i", 1);
  s->step();
  EXPECT_EQ(s["q"], "01000110");
}

TEST(InterpretedRegisters, OfAnUnknownResetKeepWhatBothCasesShare) {
  Sim s([](ModuleBuilder& m) {
    const auto ck = m.clocking();
    const auto x = m.input("x_i", uint(4));
    const auto q = m.reg("q", uint(4), {.reset = 6});
    m.clocked(ck, [&] { m.next(q, x); });
    m.drive(m.output("y_o", uint(4)), q);
  });
  s->set("x_i", 5);
  s->step();
  EXPECT_EQ(s["y_o"], "01xx");
}

TEST(InterpretedConditions, ThatAreUnknownMergeBothBranches) {
  Sim s([](ModuleBuilder& m) {
    const auto c = m.input("c_i", bit());
    const auto op = m.input("op_i", uint(2));
    const auto y = m.output("y_o", uint(4));
    const auto z = m.output("z_o", uint(4));
    m.comb([&] {
      m.drive(y, 0);
      m.when(c, [&] { m.drive(y, 12); }).elsewhen(bit_of(op, 0), [&] { m.drive(y, 10); });
      m.switch_(op, {{0, [&] { m.drive(z, 1); }}, {1, [&] { m.drive(z, 3); }}, {2, [&] { m.drive(z, 13); }}},
                [&] { m.drive(z, 7); });
    });
  });
  s->set("op_i", 1);
  s->set("c_i", 1);
  EXPECT_EQ(s["y_o"], "1100");
  s->set("c_i", LogicVector(1));
  EXPECT_EQ(s["y_o"], "1xx0");
  EXPECT_EQ(s["z_o"], "0011");
  s->set("op_i", LogicVector::parse("0x"));
  EXPECT_EQ(s["z_o"], "0xx1") << "cases that a known bit excludes do not count";
  s->set("op_i", LogicVector::parse("xx"));
  EXPECT_EQ(s["z_o"], "xxx1");
  s->set("c_i", 0);
  s->set("op_i", 3);
  EXPECT_EQ(s["y_o"], "1010");
  EXPECT_EQ(s["z_o"], "0111");
}

TEST(InterpretedConditions, LetTheLastAssignmentWinAlsoInParts) {
  Sim s([](ModuleBuilder& m) {
    const auto c = m.input("c_i", bit());
    const auto y = m.output("y_o", uint(8));
    m.comb([&] {
      m.drive(y, 0xF0);
      m.when(c, [&] {
        m.drive(slice(y, 5, 2), 5);
        m.drive(bit_of(y, 3), 1);
      });
    });
  });
  s->set("c_i", 0);
  EXPECT_EQ(s["y_o"], "11110000");
  s->set("c_i", 1);
  EXPECT_EQ(s["y_o"], "11011100");
  s->set("c_i", LogicVector(1));
  EXPECT_EQ(s["y_o"], "11x1xx00");
}

struct Ram {
  const Type word;
  std::int64_t depth;
  void operator()(ModuleBuilder& m) const {
    const auto ck = m.clocking({.reset = false});
    const auto we = m.input("we_i", bit());
    const auto address = m.input("addr_i", uint(max(clog2(IntExpr(depth)), 1)));
    const auto data = m.input("data_i", word);
    const auto mem = m.memory("mem", word, depth);
    const auto q = m.reg("q", word);
    m.clocked(ck, [&] {
      m.when(we, [&] { m.write(mem, address, data); });
      m.next(q, m.read(mem, address));
    });
    m.drive(m.output("q_o", word), q);
  }
};

TEST(InterpretedMemories, GiveTheOldWordWhenReadUnderWrite) {
  Sim s(Ram{uint(8), 6});
  s->set("we_i", 1);
  s->set("addr_i", 5);
  s->set("data_i", 17);
  s->step();
  EXPECT_EQ(s["q_o"], "xxxxxxxx");
  EXPECT_EQ(s->word("mem", 5).low64(), 17u);
  s->set("data_i", 18);
  s->step();
  EXPECT_EQ(s["q_o"], "00010001");
  s->set("we_i", 0);
  s->step();
  EXPECT_EQ(s["q_o"], "00010010");
}

TEST(InterpretedMemories, IgnoreWritesBeyondTheirDepthAndReadUnknownThere) {
  Sim s(Ram{uint(8), 6});
  s->set("we_i", 1);
  for (int a = 0; a < 8; ++a) {
    s->set("addr_i", a);
    s->set("data_i", 10 + a);
    s->step();
  }
  for (int a = 0; a < 6; ++a) EXPECT_EQ(s->word("mem", a).text(), LogicVector::of(8, 10 + a).text());
  s->set("we_i", 0);
  s->set("addr_i", 7);
  s->step();
  EXPECT_EQ(s["q_o"], "xxxxxxxx");
  EXPECT_THAT(message_of([&] { (void)s->word("mem", 6); }), HasSubstr("'mem' has no word 6; it has 6"));
  EXPECT_THAT(message_of([&] { (void)s->word("men", 0); }), HasSubstr("did you mean 'mem'?"));
  EXPECT_THAT(message_of([&] { (void)s->get("mem"); }), HasSubstr("word()"));
}

TEST(InterpretedMemories, MergeWhereAWriteMayHaveHappened) {
  for (const int width : {8, 100}) {
    Sim s(Ram{uint(width), 4});
    const auto low = [&](int a) {
      return s->word("mem", a).text().substr(static_cast<std::size_t>(width) - 4);
    };
    s->set("we_i", 1);
    for (int a = 0; a < 4; ++a) {
      s->set("addr_i", a);
      s->set("data_i", a);
      s->step();
    }
    s->set("we_i", LogicVector(1));
    s->set("addr_i", 1);
    s->set("data_i", 3);
    s->step();
    EXPECT_EQ(low(1), "00x1");
    s->set("we_i", 1);
    s->set("addr_i", LogicVector::parse("1x"));
    s->step();
    EXPECT_EQ(low(0), "0000") << "is not at an address of the form 1x";
    EXPECT_EQ(low(2), "001x");
    EXPECT_EQ(low(3), "0011");
    s->set("addr_i", LogicVector(2));
    s->set("data_i", 4);
    s->set("we_i", LogicVector(1));
    s->step();
    EXPECT_EQ(low(0), "0x00");
    s->set("we_i", 0);
    s->step();
    EXPECT_EQ(s["q_o"], std::string(static_cast<std::size_t>(width), 'x')) << "the address is unknown";
  }
}

TEST(InterpretedMemories, AreWrittenOnlyInTheBranchThatIsTaken) {
  Sim s([](ModuleBuilder& m) {
    const auto ck = m.clocking({.reset = false});
    const auto c = m.input("c_i", uint(2));
    const auto mem = m.memory("mem", uint(4), 4);
    m.clocked(ck, [&] {
      m.write(mem, 3, 9);
      m.when(bit_of(c, 0), [&] { m.write(mem, 0, 1); })
          .elsewhen(bit_of(c, 1), [&] { m.write(mem, 1, 2); })
          .otherwise([&] { m.write(mem, 2, 3); });
      m.switch_(c, {{3, [&] { m.write(mem, 3, 5); }}}, [&] { m.write(mem, 3, 6); });
    });
    m.drive(m.output("y_o", uint(4)), m.read(mem, c));
  });
  const auto words = [&] {
    std::string all;
    for (int a = 0; a < 4; ++a) all += (a == 0 ? "" : " ") + s->word("mem", a).text();
    return all;
  };
  s->set("c_i", 3);
  s->step();
  EXPECT_EQ(words(), "0001 xxxx xxxx 0101") << "the last write to a word wins";
  s->set("c_i", 2);
  s->step();
  EXPECT_EQ(words(), "0001 0010 xxxx 0110");
  s->set("c_i", 0);
  s->step();
  EXPECT_EQ(words(), "0001 0010 0011 0110");
}

void build_rom(ModuleBuilder& m) {
  const auto file = m.string_param("INIT_FILE", "", "contents");
  const auto a = m.input("addr_i", uint(3));
  const auto mem = m.memory("mem", uint(9), 8, {.init = file});
  m.drive(m.output("y_o", uint(9)), m.read(mem, a));
}

TEST(InterpretedMemories, AreFilledFromTheirFile) {
  const TempDir dir;
  dir.write("a.hex", "// words\n1ff 0_1 /* two\nlines */ x\n@6 1x5\n");
  Sim s(build_rom, {.string_parameters = {{"INIT_FILE", "a.hex"}}, .folder = dir.path("")});
  EXPECT_EQ(s->word("mem", 0).text(), "111111111");
  EXPECT_EQ(s->word("mem", 1).text(), "000000001");
  EXPECT_EQ(s->word("mem", 2).text(), "00000xxxx");
  EXPECT_EQ(s->word("mem", 3).text(), "xxxxxxxxx");
  EXPECT_EQ(s->word("mem", 6).text(), "1xxxx0101");
  s->set("addr_i", 6);
  EXPECT_EQ(s["y_o"], "1xxxx0101");
  Sim empty(build_rom);
  EXPECT_EQ(empty->word("mem", 0).text(), "xxxxxxxxx");
}

TEST(InterpretedMemories, SayWhatIsWrongWithTheirFile) {
  const TempDir dir;
  const auto load = [&](const std::string& text) {
    dir.write("a.hex", text);
    return message_of([&] {
      Sim(build_rom, {.string_parameters = {{"INIT_FILE", "a.hex"}}, .folder = dir.path("")});
    });
  };
  EXPECT_THAT(load("1\n2\n3g\n"), HasSubstr("line 3, has the word '3g'; it is not hexadecimal"));
  EXPECT_THAT(load("1\n200\n"), HasSubstr("line 2, has the word '200', more than the 9 bits"));
  EXPECT_THAT(load("1 2 3 4 5 6 7 8 9"), HasSubstr("more words than the 8 of the memory"));
  EXPECT_THAT(load("@8 1"), HasSubstr("the address @8, beyond the 8 words"));
  EXPECT_THAT(message_of([&] {
                Sim(build_rom, {.string_parameters = {{"INIT_FILE", "no.hex"}}});
              }),
              HasSubstr("'mem', file 'no.hex', cannot be read; set `folder`"));
}

TEST(InterpretedHierarchies, UnrollLoopsBranchesAndArrays) {
  const auto build = [](ModuleBuilder& m) {
    const auto n = m.param("N", 3, {.min = 1, .max = 8});
    const auto w = m.param("W", 4, {.min = 2, .max = 8});
    const auto x = m.input("x_i", uint(n * w));
    const auto chain = m.wire_array("chain", uint(w), {n + 1, IntExpr(2)}, {.chain = true});
    m.drive(chain.at({0, 0}), m.literal(uint(w), 1));
    m.generate_for("gen_other", n + 1, [&](IntExpr i) { m.drive(chain.at({i, 1}), ~chain.at({i, 0})); });
    m.generate_for("gen_step", n, [&](IntExpr i) {
      const auto here = m.let("here", part(x, i * w, w));
      const auto from = chain.at({i, 0});
      const auto to = chain.at({i + 1, 0});
      m.generate_if(
          equal(i, 1), "gen_second", [&] { m.drive(to, from ^ here); }, "gen_rest",
          [&] { m.drive(to, add_wrap(from, here)); });
    });
    m.drive(m.output("y_o", uint(w)), chain.at({n, 0}));
  };
  Sim s(build);
  s->set("x_i", 0x3A5);
  EXPECT_EQ(s["gen_step[1].here"], "1010");
  EXPECT_EQ(s["chain[1][0]"], "0110") << "1 + 5";
  EXPECT_EQ(s["chain[2][0]"], "1100") << "xor a";
  EXPECT_EQ(s["y_o"], "1111");
  EXPECT_EQ(s["chain[3][1]"], "0000");
  EXPECT_THAT(s->signals(),
              ElementsAre("x_i", "y_o", "chain[0][0]", "chain[0][1]", "chain[1][0]", "chain[1][1]",
                          "chain[2][0]", "chain[2][1]", "chain[3][0]", "chain[3][1]", "gen_step[0].here",
                          "gen_step[1].here", "gen_step[2].here"));
  Sim small(build, {.parameters = {{"N", 1}, {"W", 8}}});
  small->set("x_i", 9);
  EXPECT_EQ(small["y_o"], "00001010");
}

TEST(InterpretedHierarchies, FollowChainsThroughThePartsOfOneVector) {
  Sim s([](ModuleBuilder& m) {
    const auto x = m.input("x_i", uint(8));
    const auto carry = m.wire("carry", uint(9), {.chain = true});
    m.drive(bit_of(carry, 0), 1);
    m.generate_for("gen_bit", 8,
                   [&](IntExpr i) { m.drive(bit_of(carry, i + 1), bit_of(carry, i) & bit_of(x, i)); });
    m.drive(m.output("y_o", uint(9)), carry);
  });
  s->set("x_i", 0x37);
  EXPECT_EQ(s["y_o"], "000001111");
}

struct Scale {
  bool operator==(const Scale&) const = default;
  struct Ports {
    Clocking ck;
    In x;
    Out y;
  };
  [[nodiscard]] std::string name() const { return "scale"; }
  [[nodiscard]] Ports build(ModuleBuilder& m) const {
    const auto w = m.param("W", 4, {.min = 1, .max = 16});
    const auto by = m.param("BY", 1, {.min = 1, .max = 15});
    const auto file = m.string_param("FILE", "", "a table");
    Ports p{
        .ck = m.clocking({.reset = false}), .x = m.input("x_i", uint(w)), .y = m.output("y_o", uint(w + 5))};
    const auto table = m.memory("words", uint(5), 2, {.init = file});
    auto q = m.reg("q", uint(w + 4));
    m.clocked(p.ck, [&] { m.next(q, p.x * m.literal(uint(4), by)); });
    m.drive(p.y, q + m.read(table, bit_of(q, 0)));
    return p;
  }
};

struct Pair {
  bool operator==(const Pair&) const = default;
  struct Ports {
    Clocking ck;
    In x;
    Out y;
  };
  [[nodiscard]] std::string name() const { return "pair"; }
  [[nodiscard]] Ports build(ModuleBuilder& m) const {
    const auto w = m.param("W", 6, {.min = 1, .max = 15});
    const auto file = m.string_param("TABLE", "", "of the second one");
    Ports p{
        .ck = m.clocking({.reset = false}), .x = m.input("x_i", uint(w)), .y = m.output("y_o", uint(w + 6))};
    const auto sum = m.wire_array("sum", uint(w + 5), {2});
    auto first =
        m.instance("u_first", Scale{}, {.ck = p.ck, .params = {{"W", w}, {"BY", 3}, {"FILE", "one.hex"}}});
    first.in(first.ports.x, p.x);
    m.drive(sum.at({0}), first.out(first.ports.y, "first"));
    m.generate_for("gen_more", 1, [&](IntExpr i) {
      auto u =
          m.instance("u_scale", Scale{}, {.ck = p.ck, .params = {{"W", w}, {"BY", i + 5}, {"FILE", file}}});
      u.in(u.ports.x, ~p.x);
      m.drive(sum.at({i + 1}), u.out(u.ports.y, "more"));
    });
    m.drive(p.y, sum.at({0}) + sum.at({1}));
    return p;
  }
};

TEST(InterpretedHierarchies, PassParametersFilesAndClocksDown) {
  const TempDir dir;
  dir.write("one.hex", "0 1\n");
  dir.write("two.hex", "10 11\n");
  Design d;
  const Module& m = d.module_of(Pair{});
  d.require_clean();
  Interpreter sim(
      m, {.parameters = {{"W", 7}}, .string_parameters = {{"TABLE", "two.hex"}}, .folder = dir.path("")});
  sim.set("x_i", 100);
  sim.step();
  EXPECT_EQ(sim.get("u_first.q").low64(), 300u);
  EXPECT_EQ(sim.get("gen_more[0].u_scale.q").low64(), 27u * 5);
  EXPECT_EQ(sim.get("gen_more[0].u_scale.y_o").low64(), 27u * 5 + 17);
  EXPECT_EQ(sim.get("gen_more[0].more").low64(), 27u * 5 + 17);
  EXPECT_EQ(sim.get("y_o").low64(), 300u + 27 * 5 + 17);
  EXPECT_EQ(sim.get("y_o").width(), 13);
  EXPECT_EQ(sim.word("gen_more[0].u_scale.words", 1).low64(), 17u);
}

TEST(InterpretedHierarchies, MultiplyMatricesInASystolicArray) {
  constexpr int n = 3;
  Sim s([](ModuleBuilder& m) {
    const auto rows = m.param("N", n, {.min = 1, .max = 8});
    const auto ck = m.clocking({.reset = false});
    const auto load = m.input("load_i", bit());
    const auto weight = m.input("weight_i", uint(rows * rows * 8));
    const auto x = m.input("x_i", uint(rows * 8));
    const auto y = m.output("y_o", uint(rows * 20));
    const auto sum = m.wire_array("sum", sint(20), {rows + 1, rows});
    m.generate_for("gen_edge", rows, [&](IntExpr c) {
      m.drive(sum.at({0, c}), 0);
      m.drive(part(y, c * 20, 20), as_unsigned(sum.at({rows, c})));
    });
    m.generate_for("gen_row", rows, [&](IntExpr r) {
      const auto here = m.let("here", as_signed(part(x, r * 8, 8)));
      m.generate_for("gen_column", rows, [&](IntExpr c) {
        const auto w = m.reg("w_q", sint(8));
        const auto q = m.reg("sum_q", sint(20));
        m.clocked(ck, [&] {
          m.when(load, [&] { m.next(w, as_signed(part(weight, (r * rows + c) * 8, 8))); });
          m.next(q, add_wrap(sum.at({r, c}), here * w));
        });
        m.drive(sum.at({r + 1, c}), q);
      });
    });
  });
  std::mt19937 random(7);
  std::array<std::array<int, n>, n> w{};
  LogicVector weights = LogicVector::of(n * n * 8, 0);
  const auto put = [](LogicVector& v, int at, int value) {
    for (int b = 0; b < 8; ++b) v.set_bit(at + b, ((value >> b) & 1) != 0 ? '1' : '0');
  };
  for (int r = 0; r < n; ++r) {
    for (int c = 0; c < n; ++c) {
      w[r][c] = static_cast<int>(random() % 256) - 128;
      put(weights, (r * n + c) * 8, w[r][c]);
    }
  }
  s->set("weight_i", weights);
  s->set("load_i", 1);
  s->step();
  s->set("load_i", 0);
  // Row r of vector t enters in cycle t + r.
  std::vector<std::array<int, n>> vectors(20);
  for (auto& v : vectors) {
    for (int& e : v) e = static_cast<int>(random() % 256) - 128;
  }
  for (int t = 0; t < static_cast<int>(vectors.size()); ++t) {
    LogicVector x = LogicVector::of(n * 8, 0);
    for (int r = 0; r < n && r <= t; ++r)
      put(x, r * 8, vectors[static_cast<std::size_t>(t - r)][static_cast<std::size_t>(r)]);
    s->set("x_i", x);
    s->step();
    if (t < n - 1) continue;
    const auto& v = vectors[static_cast<std::size_t>(t - n + 1)];
    const LogicVector y = s->get("y_o");
    for (int c = 0; c < n; ++c) {
      int expected = 0;
      for (int r = 0; r < n; ++r) expected += v[static_cast<std::size_t>(r)] * w[r][c];
      EXPECT_EQ(y.text().substr(static_cast<std::size_t>((n - 1 - c) * 20), 20),
                LogicVector::of(20, expected).text());
    }
  }
}

TEST(InterpretedClocks, TickTogetherOrAlone) {
  Sim s([](ModuleBuilder& m) {
    const auto a = m.clocking({.clk = "clk_a_i", .reset = false});
    const auto b = m.clocking({.clk = "clk_b_i", .reset = false});
    const auto x = m.input("x_i", bit());
    const auto first = m.reg("first_q", bit(), {.synchronizer = true});
    const auto second = m.reg("second_q", bit(), {.synchronizer = true});
    m.clocked(a, [&] { m.next(first, x); });
    m.clocked(b, [&] { m.next(second, first); });
    m.drive(m.output("y_o", bit()), second);
  });
  s->set("x_i", 1);
  s->step("clk_a_i");
  EXPECT_EQ(s["first_q"] + s["second_q"], "1x");
  s->set("x_i", 0);
  s->step("clk_b_i");
  EXPECT_EQ(s["first_q"] + s["second_q"], "11");
  s->step();
  EXPECT_EQ(s["first_q"] + s["second_q"], "01");
  s->step();
  EXPECT_EQ(s["first_q"] + s["second_q"], "00");
  EXPECT_EQ(s->cycle(), 4u);
  EXPECT_THAT(message_of([&] { s->step("x_i"); }), HasSubstr("'x_i' is not a clock"));
  EXPECT_THAT(message_of([&] { s->step("clk_c_i"); }), HasSubstr("no input 'clk_c_i'; did you mean 'clk_"));
  EXPECT_THAT(message_of([&] { s->set("clk_a_i", 1); }), HasSubstr("is a clock and cannot be set"));
}

TEST(InterpretedProperties, AreReportedAtTheirEdgesOnceResetIsOver) {
  Sim s([](ModuleBuilder& m) {
    const auto ck = m.clocking();
    const auto x = m.input("x_i", uint(4));
    const auto q = m.reg("q", uint(4), {.reset = 0});
    m.clocked(ck, [&] { m.next(q, x); });
    m.drive(m.output("y_o", uint(4)), q);
    m.formal([&] {
      const auto last = m.reg("last_q", uint(4), {.reset = 0});
      m.clocked(ck, [&] { m.next(last, q); });
      m.assert_always(ck, "a_small", q < 8);
      m.assume_always(ck, "m_even", ~bit_of(x, 0));
      m.cover_sometime(ck, "c_twice", (q == last) & (q == 9));
    });
  });
  std::vector<std::string> seen;
  const auto run = [&](int reset, int x) {
    s->set("rst_ni", reset);
    s->set("x_i", x);
    s->step();
  };
  run(0, 1);
  EXPECT_TRUE(s->property_events().empty()) << "in reset nothing is asked";
  run(1, 8);
  run(1, 9);
  run(1, 9);
  run(1, 0);
  run(1, 0);
  for (const auto& e : s->property_events()) {
    seen.push_back(e.name + " " + std::to_string(e.cycle) +
                   (e.kind == PropertyKind::cover ? " reached" : ""));
  }
  EXPECT_THAT(
      seen, ElementsAre("a_small 2", "m_even 2", "a_small 3", "m_even 3", "a_small 4", "c_twice 4 reached"));
  EXPECT_EQ(s["last_q"], "0000");
}

TEST(InterpreterMessages, NameWhatIsWrongAndWhatIsThere) {
  const auto build = [](ModuleBuilder& m) {
    const auto w = m.param("WIDTH", 4, {.min = 2, .max = 8});
    const auto x = m.input("x_i", uint(w));
    const auto total = m.let("total", x + x);
    m.drive(m.output("y_o", uint(w + 1)), total);
  };
  Sim s(build);
  EXPECT_THAT(message_of([&] { (void)s->get("totl"); }),
              HasSubstr("no signal 'totl' at these parameters; did you mean 'total'?"));
  EXPECT_THAT(message_of([&] { s->set("y_o", 1); }), HasSubstr("no input 'y_o'; did you mean 'x_i'?"));
  EXPECT_THAT(message_of([&] { s->set("x_i", 16); }), HasSubstr("'x_i' has 4 bits, which cannot hold 16"));
  EXPECT_THAT(message_of([&] { s->set("x_i", LogicVector(5)); }),
              HasSubstr("has 4 bits but is set to 5 bits"));
  EXPECT_THAT(message_of([&] {
                Sim(build, {.parameters = {{"W", 4}}});
              }),
              HasSubstr("no integer parameter 'W'; it has WIDTH"));
  EXPECT_THAT(message_of([&] {
                Sim(build, {.parameters = {{"WIDTH", 9}}});
              }),
              HasSubstr("'WIDTH' of module 'dut' is set to 9, outside its range 2 to 8"));
  EXPECT_THAT(message_of([&] {
                Sim(build, {.string_parameters = {{"FILE", "x"}}});
              }),
              HasSubstr("no string parameter 'FILE'; it has none"));
  s->set("x_i", -1);
  EXPECT_EQ(s["y_o"], "11110");
}

struct Register {
  bool operator==(const Register&) const = default;
  struct Ports {
    Clocking ck;
    In x;
    Out y;
  };
  [[nodiscard]] std::string name() const { return "register"; }
  [[nodiscard]] Ports build(ModuleBuilder& m) const {
    Ports p{.ck = m.clocking({.reset = false}), .x = m.input("x_i", bit()), .y = m.output("y_o", bit())};
    auto q = m.reg("q", bit());
    m.clocked(p.ck, [&] { m.next(q, p.x); });
    m.drive(p.y, q);
    return p;
  }
};

TEST(InterpreterMessages, RefuseGatedClocksAndLoops) {
  Design d;
  const Module& gated = d.add_module("gated", [](ModuleBuilder& m) {
    const auto ck = m.clocking({.reset = false});
    const auto on = m.input("on_i", bit());
    auto u = m.instance("u_reg", Register{});
    u.in(u.ports.ck.clk, ck.clk & on);
    u.in(u.ports.x, on);
    m.drive(m.output("y_o", bit()), u.out(u.ports.y, "y"));
  });
  EXPECT_THAT(message_of([&] { Interpreter{gated}; }), HasSubstr("clock 'u_reg.clk_i' is not an input"));
  const Module& loop = d.add_module("loop", [](ModuleBuilder& m) {
    const auto a = m.wire("a", uint(4));
    const auto b = m.wire("b", uint(4));
    m.drive(a, ~b);
    m.drive(b, add_wrap(a, 1));
  });
  EXPECT_THAT(message_of([&] { Interpreter{loop}; }), HasSubstr("combinational loop: "));
  const Module& wires = d.add_module("wires", [](ModuleBuilder& m) {
    const auto a = m.wire("a", uint(4));
    const auto b = m.wire("b", uint(4));
    m.drive(a, b);
    m.drive(b, a);
  });
  EXPECT_THAT(message_of([&] { Interpreter{wires}; }), HasSubstr("connected to itself"));
}

TEST(Interpreter, NamesTheSignalThatIsNearest) {
  Sim s([](ModuleBuilder& m) { m.drive(m.output("sum_o", bit()), m.input("x_i", bit())); });
  try {
    (void)s->get("sun_o");
    FAIL();
  } catch (const DesignError& e) {
    EXPECT_EQ(e.diagnostics.at(0).id, "HW0024");
    EXPECT_THAT(e.what(), testing::HasSubstr("sum_o"));
  }
}

}  // namespace
}  // namespace offramp::hw::test
