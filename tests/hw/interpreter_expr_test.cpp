// The interpreter's operations: against the reference meaning of expressions on random modules, and sound
// where bits are unknown.
#include <gtest/gtest.h>

#include <random>

#include "hw/evaluate.h"
#include "hw/hw.h"
#include "hw/interpreter.h"
#include "hw/random_expressions.h"

namespace offramp::hw::test {
namespace {

LogicVector vector_of(Bits value, std::int64_t width) {
  LogicVector v = LogicVector::of(width, 0);
  for (std::int64_t i = 0; i < width; ++i) v.set_bit(i, ((value >> i) & 1) != 0 ? '1' : '0');
  return v;
}

/// Random bits, often those at which arithmetic goes wrong.
LogicVector any_vector(std::mt19937_64& random, std::int64_t width) {
  LogicVector v = LogicVector::of(width, 0);
  const auto kind = random() % 8;
  for (std::int64_t i = 0; i < width; ++i) {
    bool one = (random() & 1) != 0;
    if (kind == 0) one = false;
    if (kind == 1) one = true;
    if (kind == 2) one = i == width - 1;
    if (kind == 3) one = i != width - 1;
    if (kind == 4) one = one && i < 2;
    v.set_bit(i, one ? '1' : '0');
  }
  return v;
}

Bits bits_of(const LogicVector& v) {
  Bits b = 0;
  for (std::int64_t i = v.width(); i-- > 0;) b = b << 1 | (v.bit(i) == '1' ? 1U : 0U);
  return b;
}

struct Setting {
  std::uint64_t seed;
  std::int64_t p;  // 0: constant widths
  std::int64_t q;
};

struct RandomDut {
  Design design;
  RandomModule made;
  const Module* module = nullptr;
  IntEnv env;
  InterpreterOptions options;

  RandomDut(const Setting& s, int expressions) : made(s.seed, s.p != 0) {
    module = &design.add_module("dut", [&](ModuleBuilder& b) { made.build(b, expressions); });
    if (s.p == 0) return;
    env[module->params[0].get()] = s.p;
    env[module->params[1].get()] = s.q;
    options.parameters = {{"P", s.p}, {"Q", s.q}};
  }
  std::int64_t width(Id decl) const { return evaluate(module->decls[decl].type.width, env); }
};

class InterpretedExpressions : public testing::TestWithParam<Setting> {};

TEST_P(InterpretedExpressions, MeanWhatTheReferenceSays) {
  RandomDut dut(GetParam(), 150);
  const Module& m = *dut.module;
  ASSERT_EQ(render(m.diagnostics), "");
  Evaluator reference(m, dut.env);
  Interpreter sim(m, dut.options);
  std::mt19937_64 random(GetParam().seed);
  for (int i = 0; i < 60; ++i) {
    reference.restart();
    for (const Id p : m.ports) {
      if (m.decls[p].kind != DeclKind::input) continue;
      const LogicVector v = any_vector(random, dut.width(p));
      reference.inputs[p] = bits_of(v);
      sim.set(m.decls[p].name, v);
    }
    for (std::size_t k = 0; k < dut.made.outputs.size(); ++k) {
      const Id out = dut.made.outputs[k].id();
      const std::string name = "o" + std::to_string(k);
      const LogicVector got = sim.get(name);
      const LogicVector expected = vector_of(reference.bits(out), reference.width(out));
      // The reference reads 0 beyond the end of a select, which is unknown here.
      ASSERT_TRUE(got.agrees_with(expected))
          << "seed " << GetParam().seed << ", vector " << i << ", " << name << " = " << describe(m, out)
          << ": expected " << expected.text() << ", got " << got.text();
      ASSERT_TRUE(got.known()) << name << " = " << describe(m, out);
    }
  }
}

TEST_P(InterpretedExpressions, KnowABitOnlyWhereAllValuesOfTheUnknownOnesAgree) {
  RandomDut dut(GetParam(), 120);
  const Module& m = *dut.module;
  Interpreter unsure(m, dut.options);
  Interpreter sure(m, dut.options);
  std::mt19937_64 random(GetParam().seed + 100);
  std::uint64_t known = 0;
  std::uint64_t all = 0;
  for (int i = 0; i < 12; ++i) {
    std::map<std::string, LogicVector> inputs;
    for (const Id p : m.ports) {
      if (m.decls[p].kind != DeclKind::input) continue;
      LogicVector v = any_vector(random, dut.width(p));
      const auto many = random() % 4;
      for (std::int64_t b = 0; b < v.width(); ++b) {
        if (random() % 8 < many) v.set_bit(b, 'x');
      }
      unsure.set(m.decls[p].name, v);
      inputs[m.decls[p].name] = v;
    }
    std::vector<LogicVector> claims;
    for (std::size_t k = 0; k < dut.made.outputs.size(); ++k) {
      claims.push_back(unsure.get("o" + std::to_string(k)));
      for (std::int64_t b = 0; b < claims.back().width(); ++b) known += claims.back().bit(b) != 'x' ? 1 : 0;
      all += static_cast<std::uint64_t>(claims.back().width());
    }
    for (int trial = 0; trial < 40; ++trial) {
      for (auto [name, v] : inputs) {
        const auto way = random() % 4;
        for (std::int64_t b = 0; b < v.width(); ++b) {
          if (v.bit(b) == 'x')
            v.set_bit(b, way == 0 ? '0' : way == 1 ? '1' : (random() & 1) != 0 ? '1' : '0');
        }
        sure.set(name, v);
      }
      for (std::size_t k = 0; k < claims.size(); ++k) {
        const LogicVector actual = sure.get("o" + std::to_string(k));
        ASSERT_TRUE(claims[k].agrees_with(actual))
            << "seed " << GetParam().seed << ", o" << k << " = " << describe(m, dut.made.outputs[k].id())
            << ": claimed " << claims[k].text() << ", is " << actual.text();
      }
    }
  }
  EXPECT_GT(known * 5, all) << "so pessimistic that nothing is learnt: " << known << " of " << all;
  EXPECT_LT(known, all);
}

INSTANTIATE_TEST_SUITE_P(ConstantWidths, InterpretedExpressions,
                         testing::Values(Setting{1, 0, 0}, Setting{2, 0, 0}, Setting{3, 0, 0},
                                         Setting{4, 0, 0}, Setting{5, 0, 0}, Setting{6, 0, 0}));
INSTANTIATE_TEST_SUITE_P(ParametricWidths, InterpretedExpressions,
                         testing::Values(Setting{11, 5, 9}, Setting{12, 1, 4}, Setting{13, 20, 12},
                                         Setting{14, 9, 9}, Setting{15, 2, 10}));

/// One output of an expression over inputs a and b.
struct Binary {
  Design design;
  const Module* module = nullptr;
  std::unique_ptr<Interpreter> sim;

  Binary(const Type& a, const Type& b, const std::function<Value(Value, Value)>& f) {
    module = &design.add_module("dut", [&](ModuleBuilder& m) {
      const auto x = m.input("a", a);
      const auto y = m.input("b", b);
      const Value v = f(x, y);
      m.drive(m.output("y", v.type()), v);
    });
    EXPECT_EQ(render(module->diagnostics), "");
    sim = std::make_unique<Interpreter>(*module);
  }
  std::string operator()(const std::string& a, const std::string& b) {
    sim->set("a", LogicVector::parse(a));
    sim->set("b", LogicVector::parse(b));
    return sim->get("y").text();
  }
};

TEST(MixedSigns, AreComparedAsNumbersWhereOneOfThemFillsAWord) {
  Binary c(uint(64), sint(10), [](Value a, Value b) {
    const Value x = to_signed(a);
    return concat({x == b, x != b, x < b, x <= b, b < x});
  });
  const std::string ones(64, '1');
  EXPECT_EQ(c(ones, "1111111111"), "01001") << "2^64 - 1 and -1";
  EXPECT_EQ(c(std::string(64, '0'), "1111111111"), "01001");
  EXPECT_EQ(c(std::string(55, '0') + "100000000", "0100000000"), "10010");
  EXPECT_EQ(c("1" + std::string(63, '0'), "0111111111"), "01001");
}

TEST(UnknownBits, OfLogicAreExact) {
  Binary conj(uint(9), uint(9), [](Value a, Value b) { return a & b; });
  EXPECT_EQ(conj("000111xxx", "01x01x01x"), "00001x0xx");
  Binary disj(uint(9), uint(9), [](Value a, Value b) { return a | b; });
  EXPECT_EQ(disj("000111xxx", "01x01x01x"), "01x111x1x");
  Binary parity_of(uint(2), uint(2), [](Value a, Value b) { return concat({any(a), all(b), parity(a)}); });
  EXPECT_EQ(parity_of("x1", "x0"), "10x");
  EXPECT_EQ(parity_of("x0", "x1"), "xxx");
}

TEST(UnknownBits, OfAMuxKeepWhatBothChoicesShare) {
  Binary m(bit(), uint(8), [](Value a, Value b) { return mux(a, slice(b, 7, 4), slice(b, 3, 0)); });
  EXPECT_EQ(m("x",
              "1100"
              "1010"),
            "1xx0");
  EXPECT_EQ(m("1",
              "1100"
              "1010"),
            "1100");
  EXPECT_EQ(m("0",
              "1100"
              "101x"),
            "101x");
}

TEST(UnknownBits, OfSumsStayWhereNoCarryCanReachThem) {
  Binary sum(uint(6), uint(6), [](Value a, Value b) { return a + b; });
  EXPECT_EQ(sum("000x01", "000001"), "0000x10");
  EXPECT_EQ(sum("000x11", "000001"), "000xx00") << "4 or 8";
  Binary difference(uint(4), uint(4), [](Value a, Value b) { return sub_wrap(a, b); });
  EXPECT_EQ(difference("1x01", "0001"), "1x00");
  Binary product(uint(4), uint(4), [](Value a, Value b) { return a * b; });
  EXPECT_EQ(product("xx11", "0011"), "xxxxxx01");
  EXPECT_EQ(product("xxxx", "0000"), "00000000");
}

TEST(UnknownBits, OfComparisonsGiveAnAnswerWhereTheRestDecides) {
  Binary c(sint(4), sint(4), [](Value a, Value b) { return concat({a == b, a < b, a <= b}); });
  EXPECT_EQ(c("01xx", "1xxx"), "000");
  EXPECT_EQ(c("1x00", "0000"), "011");
  EXPECT_EQ(c("0x00", "00xx"), "xxx");
  EXPECT_EQ(c("00xx", "0011"), "xx1");
  Binary wide(sint(100), sint(100), [](Value a, Value b) { return concat({a == b, a < b, a <= b}); });
  const std::string zeros(90, '0');
  EXPECT_EQ(wide("1xxxxxxxxx" + zeros, "0000000000" + zeros), "011");
  EXPECT_EQ(wide("xxxxxxxxxx" + zeros, "1000000000" + zeros), "x0x") << "nothing is less than the least";
  EXPECT_EQ(wide("0xxxxxxxxx" + zeros, "1xxxxxxxxx" + zeros), "000");
}

TEST(UnknownBits, OfAnIndexOrBeyondTheEndReadUnknown) {
  Binary s(uint(10), uint(2), [](Value a, Value b) { return select(a, b, 4); });
  EXPECT_EQ(s("1011001110", "01"), "1100");
  EXPECT_EQ(s("1011001110", "10"), "xx10") << "two of the four bits are there";
  EXPECT_EQ(s("1011001110", "11"), "xxxx");
  EXPECT_EQ(s("1011001110", "0x"), "xxxx");
}

/// a and b are `w` bits wide; the two results must be equal for any inputs.
void expect_same(int w, Sign sign, const std::function<std::pair<Value, Value>(Value, Value)>& f) {
  Design d;
  const Module& m = d.add_module("dut", [&](ModuleBuilder& b) {
    const auto x = b.input("a", {w, sign});
    const auto y = b.input("b", {w, sign});
    const auto [left, right] = f(x, y);
    b.drive(b.output("left", left.type()), left);
    b.drive(b.output("right", right.type()), right);
  });
  ASSERT_EQ(render(m.diagnostics), "");
  Interpreter sim(m);
  std::mt19937_64 random(static_cast<std::uint64_t>(w));
  for (int i = 0; i < 40; ++i) {
    sim.set("a", any_vector(random, w));
    sim.set("b", any_vector(random, w));
    ASSERT_EQ(sim.get("left").text(), sim.get("right").text());
    ASSERT_TRUE(sim.get("left").known());
  }
}

TEST(WideVectors, ObeyTheLawsOfArithmetic) {
  for (const int w : {33, 64, 65, 127, 128, 200, 513}) {
    for (const Sign sign : {Sign::unsigned_, Sign::signed_}) {
      // (a + b) * (a - b) = a * a - b * b
      expect_same(w, sign, [w](Value a, Value b) {
        const Value sum = to_signed(a + b);
        const Value product = sum * (a - b);
        return std::pair{extend(product, 2 * w + 4), extend(to_signed(a * a) - to_signed(b * b), 2 * w + 4)};
      });
      // a < b exactly where a - b is negative
      expect_same(w, sign, [w](Value a, Value b) { return std::pair{a < b, bit_of(a - b, w)}; });
      expect_same(w, sign, [](Value a, Value b) { return std::pair{a >= b, (b < a) | (a == b)}; });
      // A shift by n is a product with 2^n; shifting back gives the number again.
      expect_same(w, sign, [w](Value a, Value b) {
        const Value n = as_unsigned(truncate(b, 7));
        return std::pair{shift_right(shift_left(a, n, w + 128), n), extend(a, w + 128)};
      });
      // Cut and put together again.
      expect_same(w, sign, [w](Value a, Value) {
        return std::pair{concat({slice(a, w - 1, 21), slice(a, 20, 3), slice(a, 2, 0)}), as_unsigned(a)};
      });
      expect_same(w, sign, [](Value a, Value b) { return std::pair{parity(a) ^ parity(b), parity(a ^ b)}; });
      expect_same(w, sign, [](Value a, Value) { return std::pair{~any(~a), all(a)}; });
      // Saturation by comparison.
      expect_same(w, sign, [w, sign](Value a, Value) {
        const Value limit = replicate(bit_of(a, 0) | ~bit_of(a, 0), w - 3);
        if (sign == Sign::unsigned_) {
          const Value big = a > extend(limit, w);
          return std::pair{saturate(a, uint(w - 3)), mux(big, limit, truncate(a, w - 3))};
        }
        const Value most = as_signed(shift_right(limit, 1));
        const Value least = ~most;
        const Value high = a > extend(most, w);
        const Value low = a < extend(least, w);
        return std::pair{saturate(a, sint(w - 3)), mux(high, most, mux(low, least, truncate(a, w - 3)))};
      });
    }
  }
}

TEST(WideVectors, OfThousandsOfBitsAreJoinedAndSelectedFrom) {
  Design d;
  const Module& m = d.add_module("dut", [&](ModuleBuilder& b) {
    const auto x = b.input("x", uint(70));
    const auto i = b.input("i", uint(6));
    const auto all = b.let("joined", replicate(x, 64));
    b.drive(b.output("y", uint(70)), select(all, i, 70));
    b.drive(b.output("z", uint(4480)), all);
  });
  ASSERT_EQ(render(m.diagnostics), "");
  Interpreter sim(m);
  std::mt19937_64 random(1);
  const LogicVector x = any_vector(random, 70);
  sim.set("x", x);
  for (int i = 0; i < 64; ++i) {
    sim.set("i", i);
    EXPECT_EQ(sim.get("y"), x);
  }
  const std::string z = sim.get("z").text();
  EXPECT_EQ(z.substr(z.size() - 140), x.text() + x.text());
}

TEST(WideVectors, KnowABitOnlyWhereAllValuesAgree) {
  Design d;
  const Module& m = d.add_module("dut", [&](ModuleBuilder& b) {
    const auto x = b.input("x", sint(90));
    const auto y = b.input("y", sint(75));
    int n = 0;
    const auto out = [&](Value v) { b.drive(b.output("o" + std::to_string(n++), v.type()), v); };
    out(x + y);
    out(x - y);
    out(x * y);
    out(-x);
    out(mux(x < y, x, extend(y, 90)));
    out(concat({x == y, x != y, x <= y, x > y, any(x), all(y), parity(x)}));
    out(saturate(x, sint(70)));
    out(saturate(x, uint(70)));
    out(shift_right(x, as_unsigned(truncate(y, 7))));
    out(shift_left(x, as_unsigned(truncate(y, 3)), 99));
    out(select(as_unsigned(x), as_unsigned(truncate(y, 2)), 30));
  });
  ASSERT_EQ(render(m.diagnostics), "");
  Interpreter unsure(m);
  Interpreter sure(m);
  std::mt19937_64 random(5);
  for (int i = 0; i < 300; ++i) {
    LogicVector x = any_vector(random, 90);
    LogicVector y = any_vector(random, 75);
    const auto fill = [&](LogicVector& v) {
      const auto kind = random() % 3;
      const auto from = static_cast<std::int64_t>(random() % 90);
      for (std::int64_t b = 0; b < v.width(); ++b) {
        if (kind == 0 ? b >= from && random() % 4 == 0 : kind == 1 ? b == from : b > from) v.set_bit(b, 'x');
      }
    };
    fill(x);
    fill(y);
    unsure.set("x", x);
    unsure.set("y", y);
    for (int trial = 0; trial < 20; ++trial) {
      LogicVector a = x;
      LogicVector c = y;
      const auto decide = [&](LogicVector& v) {
        const auto way = random() % 4;
        for (std::int64_t b = 0; b < v.width(); ++b) {
          if (v.bit(b) == 'x')
            v.set_bit(b, way == 0 ? '0' : way == 1 ? '1' : (random() & 1) != 0 ? '1' : '0');
        }
      };
      decide(a);
      decide(c);
      sure.set("x", a);
      sure.set("y", c);
      for (int k = 0; k <= 10; ++k) {
        const std::string name = "o" + std::to_string(k);
        ASSERT_TRUE(unsure.get(name).agrees_with(sure.get(name)))
            << name << " of " << x.text() << ", " << y.text() << ": claimed " << unsure.get(name).text()
            << ", is " << sure.get(name).text();
      }
    }
  }
}

}  // namespace
}  // namespace offramp::hw::test
