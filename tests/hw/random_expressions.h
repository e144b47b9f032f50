#pragma once
// Random modules of expressions over all operators, signs and widths, with constant or parametric widths.
#include <random>
#include <string>
#include <vector>

#include "hw/hw.h"

namespace offramp::hw::test {

class RandomModule {
 public:
  RandomModule(std::uint64_t seed, bool parametric) : random_(seed), parametric_(parametric) {}

  std::vector<Value> inputs;
  std::vector<Value> outputs;  // the expressions
  std::vector<Id> output_decls;

  void build(ModuleBuilder& m, int expressions) {
    m_ = &m;
    if (parametric_) {
      widths_ = {m.param("P", 5, {.min = 1, .max = 20}), m.param("Q", 9, {.min = 4, .max = 12}), IntExpr(1),
                 IntExpr(7)};
      widths_.push_back(m.localparam("PQ", widths_[0] + widths_[1]));
    }
    for (int i = 0; i < 10; ++i) {
      const Type t{width(i), i % 2 == 0 ? Sign::unsigned_ : Sign::signed_};
      inputs.push_back(m.input("i" + std::to_string(i), t));
      pool_.push_back(inputs.back());
    }
    for (int i = 0; i < expressions; ++i) {
      const Value v = expression(4);
      if (pick(3) == 0)
        pool_.push_back(m.let("let" + std::to_string(i), v));
      else if (pick(3) == 0)
        pool_.push_back(v);
      const Out o = m.output("o" + std::to_string(i), v.type());
      m.drive(o, v);
      outputs.push_back(v);
    }
  }

 private:
  int pick(int n) { return static_cast<int>(random_() % static_cast<std::uint64_t>(n)); }

  IntExpr width(int i) {
    if (parametric_) return widths_[static_cast<std::size_t>(pick(static_cast<int>(widths_.size())))];
    static constexpr int edges[] = {1, 1, 2, 8, 32, 33, 40, 31};
    return i < 6 && pick(2) == 0 ? edges[pick(8)] : 1 + pick(40);
  }

  /// Keeps widths within what the evaluator can hold.
  Value limited(Value v) {
    IntEnv largest;
    for (const auto& p : m_->module().params) largest[p.get()] = p->max;
    if (evaluate(v.width(), largest) <= 48) return v;
    return truncate(v, IntExpr(low(v.width())));
  }
  /// A lower bound of a width over all parameters.
  static std::int64_t low(const IntExpr& w) {
    std::int64_t n = 1;
    while (n < 40 && provably_ge(w, n + 1)) ++n;
    return n;
  }

  Value leaf() { return pool_[static_cast<std::size_t>(pick(static_cast<int>(pool_.size())))]; }
  Value any_value(int depth) { return limited(depth <= 0 || pick(5) == 0 ? leaf() : expression(depth - 1)); }
  Value signed_value(int depth) {
    const Value v = any_value(depth);
    return v.is_signed() ? v : pick(2) == 0 ? to_signed(v) : as_signed(v);
  }
  Value unsigned_value(int depth) {
    const Value v = any_value(depth);
    return v.is_signed() ? as_unsigned(v) : v;
  }
  Value with_sign(bool s, int depth) { return s ? signed_value(depth) : unsigned_value(depth); }
  Value one_bit(int depth) {
    const Value v = any_value(depth);
    switch (pick(4)) {
      case 0:
        return any(v);
      case 1:
        return parity(v);
      case 2:
        return bit_of(v, pick(static_cast<int>(low(v.width()))));
      default:
        return v.is_signed() ? v < 0 : v == 0;
    }
  }
  /// Changes v to the width of another value, where that can be proved.
  Value fit(Value v, const IntExpr& w) {
    if (v.width() == w) return v;
    if (provably_ge(w, v.width())) return extend(v, w);
    if (provably_ge(v.width(), w)) return truncate(v, w);
    return extend(truncate(v, 1), w);
  }
  Operand literal_for(Value v) {
    const int bits = static_cast<int>(std::min<std::int64_t>(low(v.width()), 40)) - (v.is_signed() ? 1 : 0);
    const std::int64_t magnitude = static_cast<std::int64_t>(random_() & ((std::uint64_t{1} << bits) - 1));
    if (v.is_signed() && pick(2) == 0) return Operand(pick(4) == 0 ? -(std::int64_t{1} << bits) : -magnitude);
    return Operand(magnitude);
  }

  Value expression(int depth) {
    const bool s = pick(2) == 0;
    switch (pick(27)) {
      case 0:
        return with_sign(s, depth) + with_sign(s, depth);
      case 1:
        return with_sign(s, depth) - with_sign(s, depth);
      case 2:
        return with_sign(s, depth) * with_sign(s, depth);
      case 3:
        return -any_value(depth);
      case 4:
        return add_wrap(with_sign(s, depth), with_sign(s, depth));
      case 5:
        return sub_wrap(with_sign(s, depth), with_sign(s, depth));
      case 6: {
        const Value v = any_value(depth);
        return truncate(v, 1 + pick(static_cast<int>(low(v.width()))));
      }
      case 7: {
        const Value v = any_value(depth);
        return extend(v, v.width() + pick(9));
      }
      case 8: {
        const Value v = any_value(depth);
        return parametric_ ? extend(v, max(v.width(), widths_[1])) : extend(v, v.width() + 1);
      }
      case 9: {
        const Value v = any_value(depth);
        const Type t{2 + pick(20), s ? Sign::signed_ : Sign::unsigned_};
        if (parametric_) {
          // Only what can be decided for every parameter value.
          const int n = static_cast<int>(low(v.width()));
          if (n < 5) return v;
          return saturate(v, {2 + pick(n - 4), t.sign});
        }
        return saturate(v, t);
      }
      case 10:
        return as_signed(any_value(depth));
      case 11:
        return as_unsigned(any_value(depth));
      case 12:
        return to_signed(any_value(depth));
      case 13:
      case 14: {
        const Value a = with_sign(s, depth);
        const Value b = fit(with_sign(s, depth), a.width());
        switch (pick(3)) {
          case 0:
            return a & b;
          case 1:
            return a | b;
          default:
            return a ^ b;
        }
      }
      case 15:
        return ~any_value(depth);
      case 16:
        return compare(with_sign(s, depth), with_sign(s, depth));
      case 17: {
        const Value v = any_value(depth);
        return compare(v, literal_for(v));
      }
      case 18: {
        const Value a = with_sign(s, depth);
        return mux(one_bit(depth), a, fit(with_sign(s, depth), a.width()));
      }
      case 19:
        return concat({any_value(depth - 1), any_value(depth - 1)});
      case 20:
        return replicate(any_value(depth - 2), 1 + pick(2));
      case 21: {
        const Value v = any_value(depth);
        const int n = static_cast<int>(low(v.width()));
        const int lsb = pick(n);
        const int w = 1 + pick(n - lsb);
        return pick(2) == 0 ? slice(v, lsb + w - 1, lsb) : part(v, lsb, w);
      }
      case 22: {
        const int w = 1 + pick(5);
        const int k = 1 + pick(2);
        const Value v = fit(any_value(depth), IntExpr(w << k));
        Value i = fit(unsigned_value(depth), IntExpr(k));
        return select(v, i, w);
      }
      case 23:
        return shift_left(any_value(depth), pick(5));
      case 24:
        return shift_right(any_value(depth), pick(45));
      case 25: {
        const Value v = any_value(depth);
        const Value n = fit(unsigned_value(depth - 1), IntExpr(1 + pick(6)));
        return pick(2) == 0 ? shift_right(v, n) : shift_left(v, n, IntExpr(pick(2)) + v.width());
      }
      default: {
        const Value v = any_value(depth);
        const Operand l = literal_for(v);
        switch (pick(4)) {
          case 0:
            return v + l;
          case 1:
            return v - l;
          case 2:
            return l - v;
          default:
            return pick(2) == 0 ? v * l : mux(one_bit(depth - 1), l, v);
        }
      }
    }
  }

  Value compare(const Operand& a, const Operand& b) {
    switch (pick(6)) {
      case 0:
        return a == b;
      case 1:
        return a != b;
      case 2:
        return a < b;
      case 3:
        return a <= b;
      case 4:
        return a > b;
      default:
        return a >= b;
    }
  }

  std::mt19937_64 random_;
  bool parametric_;
  ModuleBuilder* m_ = nullptr;
  std::vector<IntExpr> widths_;
  std::vector<Value> pool_;
};

}  // namespace offramp::hw::test
