#include "hw/int_expr.h"

#include <gtest/gtest.h>

#include <chrono>

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

/// Parameters and genvars without a module.
class Symbols {
 public:
  IntExpr param(const char* name, std::int64_t min, std::int64_t max) {
    return make(SymbolKind::param, name, max, min, max);
  }
  IntExpr genvar(const char* name, const IntExpr& count) {
    return make(SymbolKind::genvar, name, count, 0, 0);
  }
  [[nodiscard]] const std::vector<std::shared_ptr<const IntSymbol>>& all() const { return all_; }

 private:
  IntExpr make(SymbolKind kind, const char* name, const IntExpr& value, std::int64_t min, std::int64_t max) {
    auto s = std::make_shared<IntSymbol>();
    s->kind = kind;
    s->name = name;
    s->order = static_cast<std::uint32_t>(all_.size());
    s->value = value;
    s->min = min;
    s->max = max;
    all_.push_back(s);
    return IntExpr(s);
  }
  std::vector<std::shared_ptr<const IntSymbol>> all_;
};

/// Three parameters with small ranges and a genvar that counts to the first, and random expressions of them.
class RandomGoals {
 public:
  explicit RandomGoals(std::uint32_t seed) : random_(seed) {
    const IntExpr a = symbols_.param("A", 1, 4);
    const IntExpr b = symbols_.param("B", 2, 5);
    const IntExpr c = symbols_.param("C", 0, 3);
    const IntExpr i = symbols_.genvar("i", a);
    pool_ = {a, b, c, i, 0, 1, 2, 3, a - 1 - i};
    for (std::int64_t va = 1; va <= 4; ++va) {
      for (std::int64_t vb = 2; vb <= 5; ++vb) {
        for (std::int64_t vc = 0; vc <= 3; ++vc) {
          for (std::int64_t vi = 0; vi < va; ++vi) {
            points_.push_back({{symbols_.all()[0].get(), va},
                               {symbols_.all()[1].get(), vb},
                               {symbols_.all()[2].get(), vc},
                               {symbols_.all()[3].get(), vi}});
          }
        }
      }
    }
  }

  const IntExpr& pick() { return pool_[below(pool_.size())]; }
  IntExpr combine() {
    const IntExpr& x = pick();
    const IntExpr& y = pick();
    switch (below(8)) {
      case 0:
      case 1:
        return x + y;
      case 2:
        return x - y;
      case 3:
      case 4:
        return x * y;
      case 5:
        return max(x, y);
      case 6:
        return min(x, y);
      default:
        if (!provably_ge(x, 0)) return x;
        return below(2) == 0 ? clog2(x) : floor_div(x, static_cast<int>(below(3)) + 1);
    }
  }
  void keep(const IntExpr& e) {
    if (e.verilog().size() > 60) return;
    if (pool_.size() < 80) pool_.push_back(e);
    // The symbols stay, everything else makes room in time.
    else
      pool_[9 + below(71)] = e;
  }
  /// Something that may hold inside a generate_if.
  IntCondition condition() {
    const IntExpr x(symbols_.all()[below(symbols_.all().size())]);
    const IntExpr& y = pick();
    switch (below(4)) {
      case 0:
        return greater(x, y);
      case 1:
        return less_equal(x, y);
      case 2:
        return equal(x, y);
      default:
        return not_equal(x, y);
    }
  }
  [[nodiscard]] const std::vector<IntEnv>& points() const { return points_; }
  std::size_t below(std::size_t n) {
    random_ = random_ * 1664525U + 1013904223U;
    return (random_ >> 8) % n;
  }

 private:
  std::uint32_t random_;
  Symbols symbols_;
  std::vector<IntExpr> pool_;
  std::vector<IntEnv> points_;
};

// What is proved of parameters, genvars and what a generate_if says about them holds at every point.
TEST(IntegerProofs, HoldAtEveryPoint) {
  int proved = 0;
  int missed = 0;
  for (std::uint32_t seed = 1; seed <= 4; ++seed) {
    RandomGoals goals(seed);
    for (int n = 0; n < 1000; ++n) {
      const IntExpr x = goals.combine();
      const IntExpr y = goals.combine();
      const IntCondition condition = goals.condition();
      Facts facts;
      learn(facts, condition);
      const bool everywhere = provably_ge(x, y);
      const bool inside = provably_ge(x, y, &facts);
      bool holds = true;
      for (const IntEnv& at : goals.points()) {
        const bool ge = evaluate(x, at) >= evaluate(y, at);
        holds = holds && ge;
        if (everywhere) {
          ASSERT_TRUE(ge) << x.verilog() << " >= " << y.verilog();
        }
        if (inside && condition.evaluate(at)) {
          ASSERT_TRUE(ge) << x.verilog() << " >= " << y.verilog() << " where " << condition.verilog();
        }
      }
      proved += everywhere ? 1 : 0;
      missed += holds && !everywhere ? 1 : 0;
      goals.keep(goals.below(2) == 0 ? x : y);
    }
  }
  RecordProperty("proved", proved);
  RecordProperty("true_but_not_proved", missed);
  EXPECT_GT(proved, 800);
  EXPECT_LT(missed, proved / 3);
}

TEST(IntegerProofs, BoundLogarithmsAndQuotients) {
  Symbols symbols;
  const IntExpr w = symbols.param("W", 1, 40);
  const IntExpr i = symbols.genvar("i", w);
  EXPECT_TRUE(provably_ge(w - 1, clog2(w)));
  EXPECT_FALSE(provably_ge(w - 2, clog2(w)));
  EXPECT_TRUE(provably_ge(w + clog2(w - i), i + 1));
  EXPECT_TRUE(provably_ge(w, 2 * floor_div(w, 2)));
  EXPECT_TRUE(provably_ge(2 * floor_div(w, 2) + 1, w));
  EXPECT_FALSE(provably_ge(2 * floor_div(w, 2), w));
}

// Found by verif/trust.
TEST(IntegerProofs, SeeThroughALocalparamThatCountsALoop) {
  Design d;
  d.add_module("dut", [](ModuleBuilder& m) {
    const auto p = m.param("P", 8, {.min = 4, .max = 9});
    const auto n = m.localparam("N", clog2(p + 1));
    const auto x = m.input("x_i", uint(n));
    auto a = m.wire_array("a", bit(), {n});
    m.generate_for("gen_n", n, [&](IntExpr i) { m.drive(a.at({i}), bit_of(x, i)); });
    m.drive(m.output("y_o", bit()), a.at({n - 1}));
    m.generate_for("gen_rest", n - 1, [&](IntExpr i) { m.unused(a.at({i})); });
  });
  EXPECT_EQ(render(check(d)), "");
}

// Found by verif/trust: a condition weaker than the declared range replaced it.
TEST(IntegerProofs, DoNotForgetTheRangeOverAWeakCondition) {
  Design d;
  d.add_module("dut", [](ModuleBuilder& m) {
    const auto p = m.param("P", 4, {.min = 3, .max = 8});
    const auto x = m.input("x_i", uint(p));
    const auto y = m.output("y_o", uint(3));
    const auto z = m.output("z_o", uint(8));
    m.generate_if(greater_equal(p, 1), "gen_always", [&] { m.drive(y, part(x, 0, 3)); });
    m.generate_if(less(p, 100), "gen_too", [&] { m.drive(z, extend(x, 8)); });
  });
  EXPECT_EQ(render(check(d)), "");
}

TEST(IntegerProofs, KnowThatALoopMayBeEmpty) {
  Symbols symbols;
  const IntExpr n = symbols.param("N", 0, 9);
  const IntExpr i = symbols.genvar("i", n);
  EXPECT_TRUE(provably_ge(n, i + 1));
  EXPECT_FALSE(provably_ge(n, i + 2));
  EXPECT_FALSE(provably_ge(n, 1));  // not inside a loop
}

// The ranges of a systolic array: every one takes a handful of goals, in the right order.
TEST(IntegerProofs, FindTheOrderOfElimination) {
  Symbols symbols;
  const IntExpr rows = symbols.param("ROWS", 1, 256);
  const IntExpr columns = symbols.param("COLUMNS", 1, 256);
  const IntExpr lanes = symbols.param("LANES", 1, 16);
  const IntExpr a = symbols.param("A", 1, 16);
  const IntExpr b = symbols.param("B", 1, 16);
  const IntExpr c = symbols.param("C", 1, 16);
  const IntExpr i = symbols.genvar("i", rows);
  const IntExpr k = symbols.genvar("k", columns);
  const IntExpr width = lanes * (a + b + c);
  const auto start = std::chrono::steady_clock::now();
  for (int n = 0; n < 100; ++n) {
    ASSERT_TRUE(provably_ge(rows * columns * width, (i * columns + k) * width + width));
    ASSERT_FALSE(provably_ge(rows * columns * width, (i * columns + k) * width + width + 1));
  }
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(2));
}

}  // namespace
}  // namespace offramp::hw
