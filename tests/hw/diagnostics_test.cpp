// One test for each message: its id, its line, and that it names what it speaks of.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "hw/check_module.h"

namespace offramp::hw {
namespace {

using test::check_module;
using test::Found;
using testing::HasSubstr;

/// A child with one input and one output, combinational or registered.
struct Child {
  bool registered = false;
  bool operator==(const Child&) const = default;
  struct Ports {
    Clocking ck;
    In x;
    Out y;
  };
  [[nodiscard]] std::string name() const { return registered ? "child_reg" : "child"; }
  [[nodiscard]] Ports build(ModuleBuilder& m) const {
    const auto w = m.param("W", 8, {.min = 2, .max = 32});
    Ports p{.ck = m.clocking(), .x = m.input("x_i", uint(w)), .y = m.output("y_o", uint(w))};
    if (registered) {
      auto q = m.reg("y_q", uint(w), {.reset = 0});
      m.clocked(p.ck, [&] { m.next(q, p.x); });
      m.drive(p.y, q);
    } else {
      m.drive(p.y, ~p.x);
    }
    return p;
  }
};

TEST(Undriven, NamesTheWireAtItsDeclaration) {
  std::uint32_t line = 0;
  const auto f = check_module([&](ModuleBuilder& m) {
    line = __LINE__ + 1;
    auto w = m.wire("lonely", uint(4));
    m.drive(m.output("o", uint(4)), w);
  });
  EXPECT_EQ(f.only("HW0001").loc.line, line);
  EXPECT_THAT(f.only("HW0001").message, HasSubstr("'lonely' is not driven"));
}

TEST(Undriven, NamesTheMissingBits) {
  const auto f = check_module([](ModuleBuilder& m) {
    auto i = m.input("i", uint(2));
    auto w = m.wire("half", uint(8));
    m.drive(part(w, 2, 2), i);
    m.drive(bit_of(w, 6), bit_of(i, 0));
    m.drive(m.output("o", uint(8)), w);
  });
  EXPECT_THAT(f.only("HW0001").message, HasSubstr("bits [1:0], [5:4], [7] are missing"));
}

TEST(Undriven, FindsAMissingArrayElement) {
  const auto f = check_module([](ModuleBuilder& m) {
    const auto n = m.param("N", 4, {.min = 1, .max = 8});
    auto a = m.wire_array("a", bit(), {n + 1});
    m.generate_for("gen_n", n, [&](IntExpr i) { m.drive(a.at({i}), m.literal(bit(), 0)); });
    m.drive(m.output("o", bit()), a.at({n}));
  });
  EXPECT_THAT(f.only("HW0001").message, HasSubstr("'a[4]' is not driven with N = 4"));
}

TEST(MultipleDrivers, NameBothPlaces) {
  std::uint32_t first = 0;
  const auto f = check_module([&](ModuleBuilder& m) {
    auto i = m.input("i", uint(4));
    auto w = m.wire("w", uint(8));
    first = __LINE__ + 1;
    m.drive(slice(w, 5, 2), i);
    m.drive(slice(w, 3, 0), i);
    m.drive(slice(w, 7, 6), slice(i, 1, 0));
    m.drive(m.output("o", uint(8)), w);
  });
  const auto& d = f.only("HW0002");
  EXPECT_EQ(d.loc.line, first + 1);
  EXPECT_EQ(d.notes.at(0).loc.line, first);
  EXPECT_THAT(d.message, HasSubstr("'w[3:2]' is driven from two places"));
}

TEST(MultipleDrivers, AreFoundBetweenIterationsOfALoop) {
  const auto f = check_module([](ModuleBuilder& m) {
    auto o = m.output("o", uint(8));
    auto i = m.input("i", uint(8));
    m.generate_for("gen_n", 2, [&](IntExpr) { m.drive(o, i); });
  });
  EXPECT_THAT(f.only("HW0002").message, HasSubstr("several iterations"));
}

TEST(MultipleDrivers, ARegisterWithAResetHasOneProcess) {
  const auto with = [](bool reset) {
    return check_module([&](ModuleBuilder& m) {
      auto ck = m.clocking();
      auto x = m.input("x", uint(4));
      auto q = m.reg("q", uint(8), {.reset = reset ? std::optional<IntExpr>(0) : std::nullopt});
      m.clocked(ck, [&] { m.next(slice(q, 3, 0), x); });
      m.clocked(ck, [&] { m.next(slice(q, 7, 4), x); });
      m.drive(m.output("o", uint(8)), q);
    });
  };
  EXPECT_THAT(with(true).only("HW0002").message,
              HasSubstr("'q' has a reset value and is set by several clocked blocks"));
  EXPECT_FALSE(with(false).errors());
}

TEST(RegisteredOutput, IsSetByNextAlone) {
  const auto f = check_module([](ModuleBuilder& m) {
    auto ck = m.clocking();
    auto x = m.input("x", uint(4));
    auto right = m.output_reg("right", uint(4), {.reset = 0});
    auto wrong = m.output_reg("wrong", uint(4));
    m.clocked(ck, [&] { m.next(right, x); });
    m.drive(wrong, x);
  });
  EXPECT_THAT(f.only("HW0013").message, HasSubstr("'wrong' is a register, which drive cannot set; use next"));
  EXPECT_THAT(f.only("HW0001").message, HasSubstr("'wrong' is not driven"));
}

TEST(MultipleDrivers, DisjointPartsOfOneWireAreFine) {
  const auto f = check_module([](ModuleBuilder& m) {
    const auto n = m.param("N", 4, {.min = 1, .max = 8});
    const auto w = m.param("W", 3, {.min = 1, .max = 8});
    auto i = m.input("i", uint(n * w));
    auto o = m.output("o", uint(n * w));
    m.generate_for("gen_n", n, [&](IntExpr k) { m.drive(part(o, k * w, w), part(i, k * w, w)); });
  });
  EXPECT_EQ(render(f.all), "");
}

TEST(Latch, NamesTheBitsThatKeepTheirValue) {
  std::uint32_t line = 0;
  const auto f = check_module([&](ModuleBuilder& m) {
    auto c = m.input("c", bit());
    auto i = m.input("i", uint(4));
    auto o = m.output("o", uint(8));
    m.comb([&] {
      m.drive(slice(o, 3, 0), i);
      line = __LINE__ + 1;
      m.when(c, [&] { m.drive(slice(o, 7, 4), i); });
    });
  });
  EXPECT_THAT(f.only("HW0003").message, HasSubstr("'o' bits [7:4]"));
  EXPECT_EQ(f.only("HW0003").loc.line, line - 2);  // the first place that assigns it
}

TEST(Latch, CompleteBranchesAndCasesAreFine) {
  const auto f = check_module([](ModuleBuilder& m) {
    auto c = m.input("c", uint(2));
    auto i = m.input("i", uint(4));
    auto o = m.output("o", uint(4));
    auto p = m.output("p", uint(4));
    m.comb([&] {
      m.switch_(c, {{0, [&] { m.drive(o, i); }},
                    {1, [&] { m.drive(o, 0); }},
                    {2, [&] { m.drive(o, 1); }},
                    {3, [&] { m.drive(o, 2); }}});
      m.when(c == 1, [&] { m.drive(p, i); }).elsewhen(c == 2, [&] { m.drive(p, 3); }).otherwise([&] {
        m.drive(p, 4);
      });
    });
  });
  EXPECT_EQ(render(f.all), "");
}

TEST(CombinationalLoop, PrintsThePath) {
  const auto f = check_module([](ModuleBuilder& m) {
    auto i = m.input("i", bit());
    auto a = m.wire("a", bit());
    auto b = m.let("b", a & i);
    m.drive(a, ~b);
    m.drive(m.output("o", bit()), b);
  });
  EXPECT_THAT(f.only("HW0004").message, HasSubstr("b -> a -> b"));
}

TEST(CombinationalLoop, IsFoundThroughAnInstance) {
  const auto build = [](bool registered) {
    return [registered](ModuleBuilder& m) {
      auto ck = m.clocking();
      auto u = m.instance("u_child", Child{.registered = registered}, {.ck = ck});
      auto y = u.out(u.ports.y, "y");
      u.in(u.ports.x, y);
      m.drive(m.output("o", uint(8)), y);
    };
  };
  EXPECT_THAT(check_module(build(false)).only("HW0004").message, HasSubstr("y -> y"));
  EXPECT_EQ(render(check_module(build(true)).all), "");
}

TEST(CombinationalLoop, ChainsThroughArraysAndPartsAreNoLoops) {
  const auto f = check_module([](ModuleBuilder& m) {
    const auto n = m.param("N", 4, {.min = 1, .max = 8});
    auto i = m.input("i", uint(n));
    auto a = m.wire("a", uint(n + 1), {.chain = true});
    m.drive(bit_of(a, 0), bit_of(i, 0));
    m.generate_for("gen_n", n, [&](IntExpr k) { m.drive(bit_of(a, k + 1), bit_of(a, k) ^ bit_of(i, k)); });
    m.drive(m.output("o", uint(n + 1)), a);
  });
  EXPECT_EQ(render(f.all), "");
}

TEST(CombBlock, MustNotReadWhatItDrives) {
  std::uint32_t line = 0;
  const auto f = check_module([&](ModuleBuilder& m) {
    auto i = m.input("i", uint(4));
    auto o = m.output("o", uint(4));
    auto p = m.output("p", uint(4));
    m.comb([&] {
      m.drive(o, i);
      line = __LINE__ + 1;
      m.drive(p, ~o);
    });
  });
  EXPECT_EQ(f.only("HW0005").loc.line, line);
}

TEST(Chains, ThroughPartsOfOneSignalAreDeclared) {
  const auto with = [](bool chain, bool array) {
    return check_module([&](ModuleBuilder& m) {
      const auto n = m.param("N", 4, {.min = 2, .max = 8});
      const auto x = m.input("x", uint(1));
      if (array) {
        auto a = m.wire_array("a", uint(1), {n + 1}, {.chain = chain});
        m.drive(a.at({0}), x);
        m.generate_for("gen_n", n, [&](IntExpr i) { m.drive(a.at({i + 1}), ~a.at({i})); });
        m.drive(m.output("y", uint(1)), a.at({n}));
      } else {
        auto v = m.wire("v", uint(n + 1), {.chain = chain});
        m.drive(part(v, 0, 1), x);
        m.generate_for("gen_n", n, [&](IntExpr i) { m.drive(part(v, i + 1, 1), ~part(v, i, 1)); });
        m.drive(m.output("y", uint(1)), part(v, n, 1));
      }
    });
  };
  EXPECT_THAT(with(false, true).only("HW0025").message,
              HasSubstr("parts of 'a' feed each other in the same cycle"));
  EXPECT_THAT(with(false, false).only("HW0025").message,
              HasSubstr("parts of 'v' feed each other in the same cycle"));
  EXPECT_FALSE(with(true, true).errors());
  EXPECT_FALSE(with(true, false).errors());
}

TEST(Chains, ThroughARegisterAreNone) {
  const auto f = check_module([](ModuleBuilder& m) {
    const auto ck = m.clocking({.reset = false});
    auto a = m.wire_array("a", bit(), {3});
    m.drive(a.at({0}), m.input("x", bit()));
    m.generate_for("gen_n", 2, [&](IntExpr i) {
      auto q = m.reg("q", bit());
      m.clocked(ck, [&] { m.next(q, a.at({i})); });
      m.drive(a.at({i + 1}), q);
    });
    m.drive(m.output("y", bit()), a.at({2}));
  });
  EXPECT_EQ(render(f.all), "");
}

TEST(Chains, ThroughTwoValuesOfOneBlockAreRefused) {
  std::uint32_t line = 0;
  const auto f = check_module([&](ModuleBuilder& m) {
    const auto x = m.input("x", bit());
    const auto a = m.wire("a", bit());
    const auto b = m.wire("b", bit());
    const auto between = m.let("between", ~a);
    m.comb([&] {
      line = __LINE__ + 1;
      m.drive(a, x);
      m.drive(b, between);
    });
    m.drive(m.output("y", bit()), b);
  });
  EXPECT_EQ(f.only("HW0025").loc.line, line);
  EXPECT_THAT(f.only("HW0025").message, HasSubstr("split the block into one for each value"));
}

TEST(CombBlock, ThatReadsNothingIsRefused) {
  std::uint32_t line = 0;
  const auto f = check_module([&](ModuleBuilder& m) {
    const auto a = m.wire("a", bit());
    line = __LINE__ + 1;
    m.comb([&] { m.drive(a, 1); });
    m.drive(m.output("y", bit()), a);
  });
  EXPECT_EQ(f.only("HW0026").loc.line, line);
}

TEST(Names, CollisionsNameBothPlaces) {
  std::uint32_t line = 0;
  const auto f = check_module([&](ModuleBuilder& m) {
    line = __LINE__ + 1;
    auto i = m.input("x", bit());
    auto w = m.let("x", ~i);
    m.drive(m.output("o", bit()), w);
  });
  EXPECT_EQ(f.only("HW0006").loc.line, line + 1);
  EXPECT_EQ(f.only("HW0006").notes.at(0).loc.line, line);
}

TEST(Names, ReservedWordsAndOddNamesAreRefused) {
  EXPECT_THAT(check_module([](ModuleBuilder& m) { m.drive(m.output("output", bit()), m.input("i", bit())); })
                  .only("HW0006")
                  .message,
              HasSubstr("reserved word"));
  EXPECT_THAT(check_module([](ModuleBuilder& m) { m.drive(m.output("a b", bit()), m.input("i", bit())); })
                  .only("HW0006")
                  .message,
              HasSubstr("not a Verilog identifier"));
}

TEST(Names, TwoModulesOfOneNameAreRefused) {
  Design d;
  const auto build = [](ModuleBuilder& m) { m.drive(m.output("o", bit()), m.input("i", bit())); };
  d.add_module("twin", build);
  d.add_module("twin", build);
  EXPECT_THAT(Found{check(d)}.only("HW0006").message, HasSubstr("'twin'"));
}

TEST(Width, MismatchNamesTheCast) {
  std::uint32_t line = 0;
  const auto f = check_module([&](ModuleBuilder& m) {
    auto a = m.input("a", sint(20));
    auto b = m.input("b", sint(24));
    auto o = m.output("acc_o", sint(20));
    line = __LINE__ + 1;
    m.drive(o, add_wrap(a, b));
  });
  EXPECT_EQ(f.only("HW0007").loc.line, line);
  EXPECT_EQ(f.only("HW0007").message,
            "'acc_o' has 20 bits but is given 24 bits, an expression; use truncate(x, 20) or saturate(x, "
            "sint(20)) to "
            "drop bits");
}

TEST(Width, EqualOnlyAtTheDefaultIsAnError) {
  const auto f = check_module([](ModuleBuilder& m) {
    const auto w = m.param("W", 8);
    m.drive(m.output("o", uint(8)), m.input("i", uint(w)));
  });
  EXPECT_THAT(f.only("HW0007").message, HasSubstr("'o' has 8 bits but is given W bits"));
}

TEST(Width, UndecidableExtendIsAnError) {
  const auto f = check_module([](ModuleBuilder& m) {
    const auto w = m.param("W", 8);
    const auto v = m.param("V", 16);
    m.drive(m.output("o", uint(v)), extend(m.input("i", uint(w)), v));
  });
  EXPECT_THAT(f.only("HW0007").message, HasSubstr("not known to be at most as wide"));
}

TEST(Width, ADeclarationOfWidthZeroIsAnError) {
  const auto f = check_module([](ModuleBuilder& m) {
    const auto n = m.param("N", 8);
    m.drive(m.output("o", bit()), any(m.input("i", uint(clog2(n)))));
  });
  EXPECT_THAT(f.only("HW0007").message, HasSubstr("use max(width, 1)"));
}

TEST(Sign, MixingIsAnErrorAtTheOperator) {
  std::uint32_t line = 0;
  const auto f = check_module([&](ModuleBuilder& m) {
    auto a = m.input("a", sint(8));
    auto b = m.input("b", uint(8));
    line = __LINE__ + 1;
    m.drive(m.output("o", sint(9)), a + b);
  });
  EXPECT_EQ(f.only("HW0008").loc.line, line);
  EXPECT_THAT(f.only("HW0008").message, HasSubstr("'a' is sint(8) but 'b' is uint(8); use to_signed(x)"));
}

TEST(Unused, IsANoteAndNoError) {
  const auto f = check_module([](ModuleBuilder& m) {
    auto i = m.input("i", uint(4));
    (void)m.let("nobody", ~i);
    auto quiet = m.input("quiet", uint(4));
    m.unused(quiet);
    m.drive(m.output("o", uint(4)), i);
  });
  EXPECT_EQ(f.only("HW0009").severity, Severity::note);
  EXPECT_FALSE(f.errors());
}

TEST(Literal, ThatDoesNotFitIsAnError) {
  std::uint32_t line = 0;
  const auto f = check_module([&](ModuleBuilder& m) {
    auto i = m.input("i", uint(4));
    line = __LINE__ + 1;
    m.drive(m.output("o", bit()), i == 16);
  });
  EXPECT_EQ(f.only("HW0010").loc.line, line);
  EXPECT_THAT(f.only("HW0010").message, HasSubstr("literal 16 does not fit uint(4)"));
}

TEST(Literal, OfAParameterFitsItsClog2) {
  const auto f = check_module([](ModuleBuilder& m) {
    const auto n = m.param("N", 8, {.min = 2, .max = 64});
    auto i = m.input("i", uint(clog2(n)));
    m.drive(m.output("o", bit()), i == n - 1);
  });
  EXPECT_EQ(render(f.all), "");
}

TEST(Instance, UnconnectedInputIsAnError) {
  std::uint32_t line = 0;
  const auto f = check_module([&](ModuleBuilder& m) {
    auto ck = m.clocking();
    line = __LINE__ + 1;
    auto u = m.instance("u_child", Child{}, {.ck = ck});
    m.drive(m.output("o", uint(8)), u.out(u.ports.y, "y"));
  });
  EXPECT_EQ(f.only("HW0011").loc.line, line);
  EXPECT_THAT(f.only("HW0011").message, HasSubstr("input 'x_i' of 'u_child' (child) is not connected"));
}

TEST(ForeignHandle, NamesBothModules) {
  Design d;
  Value leaked;
  std::uint32_t line = 0;
  d.add_module("first", [&](ModuleBuilder& m) {
    line = __LINE__ + 1;
    leaked = m.input("i", bit());
    m.drive(m.output("o", bit()), leaked);
  });
  d.add_module("second", [&](ModuleBuilder& m) { m.drive(m.output("o", bit()), leaked); });
  const Found f{check(d)};
  EXPECT_THAT(f.only("HW0012").message,
              HasSubstr("'i' belongs to module 'first' and is used in module 'second'"));
  EXPECT_EQ(f.only("HW0012").notes.at(0).loc.line, line);
}

TEST(WrongPlace, DriveOfAnInputAndNextOutsideClocked) {
  EXPECT_THAT(check_module([](ModuleBuilder& m) { m.drive(m.input("i", bit()), m.input("j", bit())); })
                  .only("HW0013")
                  .message,
              HasSubstr("'i' is an input"));
  EXPECT_THAT(check_module([](ModuleBuilder& m) { m.next(m.reg("q", bit()), m.input("j", bit())); })
                  .only("HW0013")
                  .message,
              HasSubstr("outside clocked"));
}

TEST(Scope, AValueOfAGenerateBlockStaysInside) {
  const auto f = check_module([](ModuleBuilder& m) {
    auto i = m.input("i", uint(4));
    Value inside;
    m.generate_for("gen_n", 4, [&](IntExpr k) { inside = m.let("x", bit_of(i, k)); });
    m.drive(m.output("o", bit()), inside);
  });
  EXPECT_THAT(f.only("HW0014").message, HasSubstr("'x' is local to the generate block 'gen_n'"));
}

TEST(Range, OfASliceMustBeProved) {
  const auto f = check_module([](ModuleBuilder& m) {
    const auto w = m.param("W", 8);
    auto i = m.input("i", uint(w));
    m.drive(m.output("o", uint(4)), slice(i, 3, 0));
  });
  EXPECT_THAT(f.only("HW0015").message,
              HasSubstr("bits [0 +: 4] of 'i', which is uint(W), may leave its range"));
}

TEST(Range, IsKnownInsideAGenerateIf) {
  const auto f = check_module([](ModuleBuilder& m) {
    const auto n = m.param("N", 4, {.min = 1, .max = 8});
    const auto w = m.param("W", 8, {.min = 1, .max = 8});
    auto i = m.input("i", uint(n * w));
    auto o = m.output("o", uint(n * w));
    m.generate_for("gen_n", n, [&](IntExpr k) {
      m.generate_if(
          equal(k, 0), "gen_first", [&] { m.drive(part(o, k * w, w), part(i, k * w, w)); }, "gen_rest",
          [&] { m.drive(part(o, k * w, w), part(i, (k - 1) * w, w)); });
    });
  });
  EXPECT_EQ(render(f.all), "");
}

TEST(Parameters, OverridesMustExistAndStayInRange) {
  const auto with = [](const std::string& name, int value) {
    return [=](ModuleBuilder& m) {
      auto ck = m.clocking();
      auto u = m.instance("u_child", Child{}, {.ck = ck, .params = {{name, value}}});
      (void)u;
    };
  };
  EXPECT_THAT(check_module(with("WIDTH", 8)).only("HW0016").message,
              HasSubstr("has no such integer parameter"));
  EXPECT_THAT(check_module(with("W", 64)).only("HW0016").message, HasSubstr("may leave its range 2 to 32"));
}

TEST(WrongPlace, APortInsideAGenerateBlock) {
  const auto f = check_module([](ModuleBuilder& m) {
    const auto y = m.output("y", bit());
    m.generate_if(greater(IntExpr(1), 0), "gen_yes", [&] { m.drive(y, m.input("x", bit())); });
  });
  EXPECT_THAT(f.only("HW0013").message, HasSubstr("port 'x' is declared inside a generate block"));
}

TEST(Range, AnIndexOfSelectHas31BitsAtMost) {
  const auto f = check_module([](ModuleBuilder& m) {
    m.drive(m.output("y", bit()), select(m.input("x", uint(8)), m.input("i", uint(33)), 1));
  });
  EXPECT_THAT(f.only("HW0015").message, HasSubstr("more than 31 bits"));
}

/// A mistake that tells on which line it is made.
struct Misplaced {
  const char* id;
  std::function<std::uint32_t(ModuleBuilder&)> make;
};

class PlaceOf : public testing::TestWithParam<Misplaced> {};

TEST_P(PlaceOf, TheMistakeIsTheLineThatMadeIt) {
  std::uint32_t line = 0;
  const auto f = check_module([&](ModuleBuilder& m) { line = GetParam().make(m); });
  const auto& d = f.only(GetParam().id);
  EXPECT_EQ(d.loc.line, line) << render(f.all);
  EXPECT_THAT(describe(d.loc), HasSubstr("tests/hw/diagnostics_test.cpp:"));
}

const Misplaced misplaced[] = {{"HW0004",
                                [](ModuleBuilder& m) {
                                  const auto w = m.wire("w", bit());
                                  m.drive(w, ~w & m.input("x", bit()));
                                  const std::uint32_t line = __LINE__ - 1;
                                  m.drive(m.output("y", bit()), w);
                                  return line;
                                }},
                               {"HW0009",
                                [](ModuleBuilder& m) {
                                  (void)m.input("x", bit());
                                  return std::uint32_t{__LINE__ - 1};
                                }},
                               {"HW0013",
                                [](ModuleBuilder& m) {
                                  const auto x = m.input("x", bit());
                                  const auto line = std::uint32_t{__LINE__ + 1};
                                  m.drive(x, 1);
                                  return line;
                                }},
                               {"HW0014",
                                [](ModuleBuilder& m) {
                                  Value local;
                                  const auto y = m.output("y", bit());
                                  const auto x = m.input("x", bit());
                                  m.generate_for("gen_n", 1, [&](IntExpr) { local = m.let("local", ~x); });
                                  const auto line = std::uint32_t{__LINE__ + 1};
                                  m.drive(y, local);
                                  return line;
                                }},
                               {"HW0015",
                                [](ModuleBuilder& m) {
                                  const auto x = m.input("x", uint(4));
                                  const auto line = std::uint32_t{__LINE__ + 1};
                                  m.drive(m.output("y", bit()), bit_of(x, 4));
                                  return line;
                                }},
                               {"HW0016", [](ModuleBuilder& m) {
                                  const auto line = std::uint32_t{__LINE__ + 1};
                                  (void)m.param("P", 0, {.min = 1, .max = 4});
                                  return line;
                                }}};

INSTANTIATE_TEST_SUITE_P(Each, PlaceOf, testing::ValuesIn(misplaced),
                         [](const auto& info) { return std::string(info.param.id); });

TEST(RequireClean, ThrowsAllErrorsAtOnce) {
  Design d;
  d.add_module("dut", [](ModuleBuilder& m) {
    (void)m.wire("a", bit());
    (void)m.wire("b", bit());
  });
  try {
    d.require_clean();
    FAIL();
  } catch (const DesignError& e) {
    EXPECT_THAT(e.what(), HasSubstr("'a' is not driven"));
    EXPECT_THAT(e.what(), HasSubstr("'b' is not driven"));
  }
}

TEST(Locations, AreRelativeToTheRepository) {
  EXPECT_EQ(describe(SourceLoc{"/somewhere/offramp/gen/blocks/pe.cpp", 41}), "gen/blocks/pe.cpp:41");
  EXPECT_EQ(describe(SourceLoc{"../../tests/hw/x.cpp", 3}), "tests/hw/x.cpp:3");
  EXPECT_EQ(describe(SourceLoc::here()).substr(0, 9), "tests/hw/");
}

}  // namespace
}  // namespace offramp::hw
