#include "hw/int_expr.h"

#include <gtest/gtest.h>

#include "hw/hw.h"

namespace offramp::hw {
namespace {

class Integers : public testing::Test {
 protected:
  Design design;
  Module module;
  ModuleBuilder m{design, scoped(module)};
  static Module& scoped(Module& x) {
    x.scopes.emplace_back();
    return x;
  }
  IntExpr rows = m.param("ROWS", 8, {.min = 1, .max = 256});
  IntExpr w = m.param("W", 8, {.min = 2, .max = 16});
};

TEST_F(Integers, AreCanonicalSumsOfProducts) {
  EXPECT_TRUE((rows + 1) * w == w + w * rows);
  EXPECT_TRUE(rows - rows == 0);
  EXPECT_TRUE(exact_div(4 * rows * w, 4) == w * rows);
  EXPECT_FALSE(rows == w);
  EXPECT_EQ(((rows + 1) * w - 1).verilog(), "ROWS*W + W - 1");
  EXPECT_EQ((3 - rows).verilog(), "3 - ROWS");
  EXPECT_EQ((-rows).verilog(), "-ROWS");
  EXPECT_EQ(max(rows, w).verilog(), "((ROWS > W) ? ROWS : W)");
}

TEST_F(Integers, SeeThroughLocalparams) {
  const IntExpr total = m.localparam("TOTAL", rows * w);
  EXPECT_EQ(total.verilog(), "TOTAL");
  EXPECT_EQ(total.verilog(true), "ROWS*W");
  EXPECT_TRUE(total == w * rows);
}

TEST_F(Integers, CompareOverAllParameterValues) {
  EXPECT_TRUE(provably_ge(rows * w, w));
  EXPECT_TRUE(provably_ge(rows * w + w, rows * w + 2));
  EXPECT_FALSE(provably_ge(rows, w));
  EXPECT_TRUE(provably_ge(max(rows, w), w));
  EXPECT_TRUE(provably_ge(w, min(rows, w)));
  EXPECT_TRUE(provably_ge(clog2(rows + 1), clog2(rows)));
  EXPECT_TRUE(provably_ge(16, w));
  EXPECT_FALSE(provably_ge(15, w));
  EXPECT_TRUE(provably_ge(8, clog2(rows)));
  EXPECT_TRUE(provably_ge(2 * w - 2, w));
}

TEST_F(Integers, EvaluateAtGivenValues) {
  EXPECT_EQ(evaluate(rows * w + clog2(rows)), 67);
  EXPECT_EQ(evaluate(ceil_div(rows + 1, 2)), 5);
}

// Whatever is proved must hold everywhere: compare with brute force over small ranges.
TEST_F(Integers, NeverProveSomethingFalse) {
  const IntExpr a = m.param("A", 2, {.min = 1, .max = 5});
  const IntExpr b = m.param("B", 2, {.min = 2, .max = 6});
  const IntSymbol* sa = module.params[2].get();
  const IntSymbol* sb = module.params[3].get();
  std::vector<IntExpr> pool = {a, b, 1, 2, 3};
  std::uint32_t random = 7;
  const auto pick = [&](std::size_t n) {
    random = random * 1664525U + 1013904223U;
    return (random >> 8) % n;
  };
  int proved = 0;
  for (int i = 0; i < 3000; ++i) {
    const IntExpr& x = pool[pick(pool.size())];
    const IntExpr& y = pool[pick(pool.size())];
    IntExpr e = 0;
    switch (pick(6)) {
      case 0:
        e = x + y;
        break;
      case 1:
        e = x - y;
        break;
      case 2:
        e = x * y;
        break;
      case 3:
        e = max(x, y);
        break;
      case 4:
        e = min(x, y);
        break;
      default:
        e = provably_ge(x, 0) ? clog2(x) : x;
        break;
    }
    const bool ge = provably_ge(e, y);
    proved += ge ? 1 : 0;
    for (std::int64_t va = 1; va <= 5; ++va) {
      for (std::int64_t vb = 2; vb <= 6; ++vb) {
        const IntEnv env{{sa, va}, {sb, vb}};
        if (ge) {
          ASSERT_GE(evaluate(e, env), evaluate(y, env)) << e.verilog() << " >= " << y.verilog();
        }
      }
    }
    if (e.verilog().size() < 40 && pool.size() < 60) pool.push_back(e);
  }
  EXPECT_GT(proved, 500);
}

}  // namespace
}  // namespace offramp::hw
