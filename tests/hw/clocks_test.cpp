#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "hw/check_module.h"

namespace offramp::hw {
namespace {

using test::check_module;
using testing::HasSubstr;

struct TwoClocks {
  ModuleBuilder& m;
  Clocking a = m.clocking({.clk = "clk_a_i", .rst_n = "rst_a_ni", .reset = false});
  Clocking b = m.clocking({.clk = "clk_b_i", .rst_n = "rst_b_ni", .reset = false});
  In x = m.input("x_i", bit());
  Reg from = m.reg("from_q", bit());

  explicit TwoClocks(ModuleBuilder& builder) : m(builder) {
    m.clocked(a, [&] { m.next(from, x); });
  }
};

TEST(ClockCrossing, IsReportedAtTheRegisterThatTakesTheValue) {
  std::uint32_t line = 0;
  const auto f = check_module([&](ModuleBuilder& m) {
    TwoClocks c(m);
    auto q = m.reg("to_q", bit());
    const auto through = m.let("through", ~c.from);
    line = __LINE__ + 1;
    m.clocked(c.b, [&] { m.next(q, through); });
    m.drive(m.output("y_o", bit()), q);
  });
  const auto& d = f.only("HW0018");
  EXPECT_EQ(d.loc.line, line);
  EXPECT_THAT(d.message, HasSubstr("'through' belongs to 'clk_a_i' and is taken by 'to_q' at 'clk_b_i'"));
}

TEST(ClockCrossing, OfASynchronizerIsMeant) {
  const auto f = check_module([](ModuleBuilder& m) {
    TwoClocks c(m);
    auto first = m.reg("first_q", bit(), {.synchronizer = true});
    auto second = m.reg("second_q", bit(), {.synchronizer = true});
    m.clocked(c.b, [&] {
      m.next(first, c.from);
      m.next(second, first);
    });
    m.drive(m.output("y_o", bit()), second);
  });
  EXPECT_EQ(render(f.all), "");
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
    auto q = m.reg("x_q", bit());
    m.clocked(p.ck, [&] { m.next(q, p.x); });
    m.drive(p.y, q);
    return p;
  }
};

TEST(ClockCrossing, IsFoundBetweenInstances) {
  std::uint32_t line = 0;
  const auto f = check_module([&](ModuleBuilder& m) {
    TwoClocks c(m);
    auto u = m.instance("u_first", Register{}, {.ck = c.a});
    u.in(u.ports.x, c.from);
    line = __LINE__ + 1;
    auto v = m.instance("u_second", Register{}, {.ck = c.b});
    v.in(v.ports.x, u.out(u.ports.y, "between"));
    m.drive(m.output("y_o", bit()), v.out(v.ports.y, "last"));
  });
  const auto& d = f.only("HW0018");
  EXPECT_EQ(d.loc.line, line);
  EXPECT_THAT(d.message,
              HasSubstr("'between' belongs to 'clk_a_i' and is taken by 'u_second.x_i' at 'clk_b_i'"));
}

TEST(ClockCrossing, ThroughAMemoryOfTwoClocksIsLegal) {
  const auto f = check_module([](ModuleBuilder& m) {
    TwoClocks c(m);
    const auto address = m.input("address_i", uint(3));
    const auto mem = m.memory("mem", bit(), 8);
    m.clocked(c.a, [&] { m.write(mem, address, c.from); });
    auto q = m.reg("word_q", bit());
    m.clocked(c.b, [&] { m.next(q, m.read(mem, address)); });
    m.drive(m.output("y_o", bit()), q);
  });
  EXPECT_EQ(render(f.all), "");
}

}  // namespace
}  // namespace offramp::hw
