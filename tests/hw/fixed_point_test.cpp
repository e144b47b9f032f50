#include "hw/fixed_point.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fixed/requant.h"
#include "hw/check_module.h"
#include "hw/evaluate.h"

namespace offramp::hw {
namespace {

using test::check_module;
using testing::HasSubstr;

TEST(RoundHalfUp, IsThatOfTheFixedPointReference) {
  for (const bool is_signed : {false, true}) {
    for (int width = 1; width <= 9; ++width) {
      for (int n = 1; n <= width; ++n) {
        Design d;
        Value x;
        Value y;
        const Module& m = d.add_module("dut", [&](ModuleBuilder& b) {
          x = b.input("x", {width, is_signed ? Sign::signed_ : Sign::unsigned_});
          y = round_half_up(x, n);
          b.drive(b.output("y", y.type()), y);
        });
        ASSERT_EQ(render(check(d)), "");
        test::Evaluator evaluator(m, {});
        for (int v = 0; v < 1 << width; ++v) {
          evaluator.restart();
          evaluator.inputs[m.exprs[x.id()].decl] = static_cast<test::Bits>(v);
          ASSERT_EQ(static_cast<std::int64_t>(evaluator.number(y.id())),
                    fixed::round_half_up(static_cast<std::int64_t>(evaluator.number(x.id())), n))
              << "width " << width << ", by " << n << ", of " << v;
        }
      }
    }
  }
}

TEST(RoundHalfUp, WantsBitsToDropForAllParameterValues) {
  const auto f = check_module([](ModuleBuilder& m) {
    const auto n = m.param("N", 4, {.min = 1, .max = 12});
    (void)round_half_up(m.input("x", sint(8)), n);
  });
  EXPECT_THAT(f.only("HW0007").message,
              HasSubstr("1 <= bits <= width is not known for all parameter values"));
}

TEST(FixedPoint, KeepsTrackOfTheFraction) {
  Design d;
  d.add_module("dut", [](ModuleBuilder& m) {
    const auto f = m.param("FRACTION", 4, {.min = 1, .max = 6});
    const FixedPoint a{m.input("a", sint(8)), f};
    const FixedPoint b{m.input("b", sint(10)), 8};
    const FixedPoint product = multiply(a, b);
    EXPECT_EQ(product.fraction, f + 8);
    EXPECT_EQ(product.type().width, IntExpr(18));
    const FixedPoint sum = add(align(a, 8), b);
    EXPECT_EQ(sum.fraction, IntExpr(8));
    EXPECT_EQ(round_half_up(product, f).fraction, IntExpr(f));
    const FixedPoint narrow = saturate(round_half_up(product, f), sint(8));
    m.drive(m.output("y", sint(8)), narrow.value);
    m.drive(m.output("z", sum.type()), sum.value);
    m.drive(m.output("d", subtract(b, b).type()), subtract(b, b).value);
  });
  EXPECT_EQ(render(check(d)), "");
}

TEST(FixedPoint, RefusesToMixFractions) {
  std::uint32_t line = 0;
  const auto f = check_module([&](ModuleBuilder& m) {
    const FixedPoint a{m.input("a", sint(8)), 4};
    const FixedPoint b{m.input("b", sint(8)), 5};
    line = __LINE__ + 1;
    const FixedPoint sum = add(a, b);
    m.drive(m.output("y", sum.type()), sum.value);
  });
  EXPECT_EQ(f.only("HW0022").loc.line, line);
  EXPECT_THAT(
      f.only("HW0022").message,
      HasSubstr("needs equal fractions: 'a' has 4 bits behind the point, 'b' has 5 bits behind the point"));
}

TEST(FixedPoint, NamesTheOperationForTheOtherDirection) {
  const auto f = check_module([](ModuleBuilder& m) {
    const FixedPoint a{m.input("a", sint(8)), 4};
    m.drive(m.output("y", sint(8)), align(a, 2).value);
  });
  EXPECT_THAT(f.only("HW0022").message, HasSubstr("use round_half_up(x, fraction)"));
}

}  // namespace
}  // namespace offramp::hw
