// What must never crash, hang or give a wrong file: each is a message with both places.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "hw/check_module.h"

namespace offramp::hw {
namespace {

using test::check_module;
using testing::HasSubstr;

/// The diagnostic that an action throws.
template <class F>
Diagnostic thrown(const F& act) {
  try {
    act();
  } catch (const DesignError& e) {
    EXPECT_EQ(e.diagnostics.size(), 1U);
    EXPECT_THAT(e.what(), HasSubstr(e.diagnostics.at(0).message));
    return e.diagnostics.at(0);
  }
  ADD_FAILURE() << "nothing was thrown";
  return {};
}

TEST(BadInput, AHandleOfADestroyedDesignIsNamedWithBothPlaces) {
  Value old;
  NetArray array;
  std::uint32_t built = 0;
  {
    Design gone;
    built = __LINE__ + 1;
    gone.add_module("gone", [&](ModuleBuilder& m) {
      old = m.input("x", uint(4));
      array = m.wire_array("a", uint(4), {2});
    });
  }
  const auto d = thrown([&] { (void)(old + 1); });
  EXPECT_EQ(d.id, "HW0012");
  EXPECT_EQ(d.loc.line, static_cast<std::uint32_t>(__LINE__ - 2));
  ASSERT_EQ(d.notes.size(), 1U);
  EXPECT_EQ(d.notes[0].loc.line, built);
  EXPECT_THAT(d.message, HasSubstr("module 'gone' is used after its design was destroyed"));

  Design live;
  EXPECT_EQ(thrown([&] {
              live.add_module("dut", [&](ModuleBuilder& m) { m.drive(m.output("y", uint(4)), old); });
            }).id,
            "HW0012");
  EXPECT_EQ(thrown([&] { (void)old.width(); }).id, "HW0012");
  EXPECT_EQ(thrown([&] { (void)array.at({0}); }).id, "HW0012");
}

TEST(BadInput, AFinishedModuleDoesNotChange) {
  Design d;
  ModuleBuilder* escaped = nullptr;
  Value x;
  const std::uint32_t built = __LINE__ + 1;
  const Module& m = d.add_module("dut", [&](ModuleBuilder& b) {
    escaped = &b;
    x = b.input("x", uint(4));
    b.drive(b.output("y", uint(4)), x);
  });
  const std::string before = print_verilog(m);
  const auto first = thrown([&] { (void)escaped->wire("late", bit()); });
  EXPECT_EQ(first.id, "HW0020");
  EXPECT_EQ(first.loc.line, static_cast<std::uint32_t>(__LINE__ - 2));
  EXPECT_EQ(first.notes.at(0).loc.line, built);
  EXPECT_EQ(thrown([&] { (void)(x + x); }).id, "HW0020");
  EXPECT_EQ(thrown([&] { (void)escaped->param("P", 1); }).id, "HW0020");
  EXPECT_EQ(thrown([&] { (void)escaped->localparam("L", 1); }).id, "HW0020");
  EXPECT_EQ(thrown([&] { (void)escaped->string_param("S", ""); }).id, "HW0020");
  EXPECT_EQ(thrown([&] { escaped->generate_for("gen_x", 2, [](IntExpr) {}); }).id, "HW0020");
  EXPECT_EQ(thrown([&] { escaped->comb([] {}); }).id, "HW0020");
  EXPECT_EQ(thrown([&] { escaped->section("late"); }).id, "HW0020");
  EXPECT_EQ(thrown([&] { escaped->doc("late"); }).id, "HW0020");
  EXPECT_EQ(print_verilog(m), before);
}

struct Endless {
  int depth = 0;
  bool grows = false;
  bool operator==(const Endless&) const = default;
  struct Ports {
    In x;
  };
  [[nodiscard]] std::string name() const { return "endless_" + std::to_string(depth); }
  [[nodiscard]] Ports build(ModuleBuilder& m) const {
    Ports p{m.input("x_i", bit())};
    auto u = m.instance("u_self", Endless{grows ? depth + 1 : depth, grows});
    u.in(u.ports.x, p.x);
    return p;
  }
};

TEST(BadInput, AModuleThatContainsItselfIsRefused) {
  Design d;
  const auto same_one = thrown([&] { d.add(Endless{}); });
  EXPECT_EQ(same_one.id, "HW0020");
  EXPECT_THAT(same_one.message, HasSubstr("module 'endless_0' contains itself"));
  EXPECT_EQ(same_one.notes.size(), 1U);
  Design other;
  EXPECT_EQ(thrown([&] { other.add(Endless{.grows = true}); }).id, "HW0020");
  Design third;
  EXPECT_EQ(thrown([&] {
              third.add_module("top",
                               [&](ModuleBuilder&) { third.add_module("top", [](ModuleBuilder&) {}); });
            }).id,
            "HW0020");
}

TEST(BadInput, NamesThatAreNoIdentifiersAreRefused) {
  for (const char* name : {"wire", "always", "9lives", "a-b", "", "a b", "logic", "é"}) {
    const auto f =
        check_module([&](ModuleBuilder& m) { m.drive(m.output("o", bit()), m.input(name, bit())); });
    EXPECT_THAT(f.only("HW0006").message, HasSubstr("'" + std::string(name) + "'"));
  }
}

TEST(BadInput, VectorsOfNoBitsAreRefused) {
  const auto f = check_module([](ModuleBuilder& m) {
    const auto n = m.param("N", 4, {.min = 0, .max = 8});
    m.drive(m.output("o", uint(n)), m.input("i", uint(n)));
  });
  int zero = 0;
  for (const auto& d : f.all) zero += d.id == "HW0007" ? 1 : 0;
  EXPECT_EQ(zero, 2) << render(f.all);
  EXPECT_TRUE(check_module([](ModuleBuilder& m) { (void)m.input("i", uint(0)); }).errors());
  EXPECT_TRUE(check_module([](ModuleBuilder& m) { (void)m.input("i", uint(-3)); }).errors());
}

TEST(BadInput, ABusOfAMillionBitsIsRefused) {
  std::uint32_t line = 0;
  const auto f = check_module([&](ModuleBuilder& m) {
    line = __LINE__ + 1;
    const auto x = m.input("x", uint(1 << 20));
    m.drive(m.output("y", bit()), any(x));
  });
  EXPECT_EQ(f.only("HW0021").loc.line, line);
  EXPECT_THAT(f.only("HW0021").message, HasSubstr("'x' has 1048576 bits, more than the 1048575"));
  // Also where a parameter makes it so, and where it is only an expression.
  const auto g = check_module([](ModuleBuilder& m) {
    const auto n = m.param("N", 1 << 11, {.min = 1 << 10, .max = 1 << 12});
    const auto x = m.input("x", bit());
    m.drive(m.output("y", bit()), any(replicate(x, n * n)));
  });
  EXPECT_THAT(g.only("HW0021").message, HasSubstr("4194304 bits"));
}

TEST(BadInput, ParametersStayInRange) {
  EXPECT_THAT(check_module([](ModuleBuilder& m) { (void)m.param("P", 9, {.min = 1, .max = 8}); })
                  .only("HW0016")
                  .message,
              HasSubstr("default 9, outside its range 1 to 8"));
  EXPECT_THAT(check_module([](ModuleBuilder& m) { (void)m.param("P", 9, {.min = 8, .max = 1}); })
                  .only("HW0016")
                  .message,
              HasSubstr("empty range"));
}

struct Leaf {
  bool operator==(const Leaf&) const = default;
  struct Ports {
    In x;
    Out y;
  };
  [[nodiscard]] std::string name() const { return "leaf"; }
  [[nodiscard]] Ports build(ModuleBuilder& m) const {
    Ports p{m.input("x_i", bit()), m.output("y_o", bit())};
    m.drive(p.y, ~p.x);
    return p;
  }
};

TEST(BadInput, AHundredThousandInstancesAreJustMany) {
  constexpr int count = 100'000;
  Design d;
  const Module& m = d.add_module("many", [&](ModuleBuilder& b) {
    const Value x = b.input("x_i", bit());
    for (int i = 0; i < count; ++i) {
      auto u = b.instance("u_" + std::to_string(i), Leaf{});
      u.in(u.ports.x, x);
      b.unused(u.out(u.ports.y, "y_" + std::to_string(i)));
    }
  });
  EXPECT_EQ(render(check(d)), "");
  const std::string text = print_verilog(m);
  EXPECT_THAT(text, HasSubstr("u_99999 ("));
}

TEST(BadInput, EveryMistakeOfAModuleIsReportedInOneRun) {
  const auto f = check_module([](ModuleBuilder& m) {
    const auto x = m.input("x", uint(4));
    m.drive(m.output("narrow", uint(3)), x);
    (void)m.wire("lonely", uint(2));
    const auto loop = m.wire("loop", bit());
    m.drive(loop, ~loop);
    const auto w = m.wire("half", uint(2));
    m.comb([&] { m.when(bit_of(x, 0), [&] { m.drive(w, 1); }); });
  });
  (void)f.only("HW0001");
  (void)f.only("HW0003");
  (void)f.only("HW0004");
  (void)f.only("HW0007");
}

}  // namespace
}  // namespace offramp::hw
