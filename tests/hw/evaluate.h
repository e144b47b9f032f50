#pragma once
// A second, independent meaning of expressions: what the IR says, computed on 128-bit integers at given
// values of the inputs. It shares nothing with the printer.
#include <map>

#include "hw/ir.h"

namespace offramp::hw::test {

__extension__ typedef unsigned __int128 Bits;
__extension__ typedef __int128 Integer;

inline Bits mask(std::int64_t width) {
  return width >= 128 ? ~Bits{0} : (Bits{1} << width) - 1;
}

class Evaluator {
 public:
  Evaluator(const Module& m, IntEnv env) : m_(m), env_(std::move(env)) {}

  std::map<Id, Bits> inputs;  ///< by declaration

  void restart() { known_.clear(); }

  /// The bits of a node, as wide as its type.
  Bits bits(Id id) {
    if (const auto it = known_.find(id); it != known_.end()) return it->second;
    const Bits b = compute(m_.exprs[id]) & mask(width(id));
    known_[id] = b;
    return b;
  }

  [[nodiscard]] std::int64_t width(Id id) const { return evaluate(m_.exprs[id].type.width, env_); }

  /// The number that the bits stand for.
  Integer number(Id id) {
    const std::int64_t w = width(id);
    const Bits b = bits(id);
    if (m_.exprs[id].type.is_signed() && w < 128 && ((b >> (w - 1)) & 1) != 0) {
      return static_cast<Integer>(b | ~mask(w));
    }
    return static_cast<Integer>(b);
  }

 private:
  Bits compute(const Expr& e) {
    const auto n = [&](std::size_t i) { return number(e.args[i]); };
    const auto b = [&](std::size_t i) { return bits(e.args[i]); };
    const auto wrap = [](Integer v) { return static_cast<Bits>(v); };
    const auto value = [&](const IntExpr& i) { return evaluate(i, env_); };
    switch (e.op) {
      case Op::invalid:
        return 0;
      case Op::literal:
        return wrap(value(e.i0));
      case Op::ref: {
        const Decl& d = m_.decls[e.decl];
        if (d.kind == DeclKind::let) return bits(d.source);
        if (d.kind == DeclKind::constant) return wrap(value(d.value));
        return inputs.at(e.decl);
      }
      case Op::add:
      case Op::add_wrap:
        return wrap(n(0) + n(1));
      case Op::sub:
      case Op::sub_wrap:
        return wrap(n(0) - n(1));
      case Op::mul:
        return wrap(n(0) * n(1));
      case Op::neg:
        return wrap(-n(0));
      case Op::truncate:
      case Op::extend:
      case Op::as_signed:
      case Op::as_unsigned:
      case Op::to_signed:
        return wrap(n(0));
      case Op::saturate: {
        const std::int64_t w = value(e.type.width);
        const Integer high = e.type.is_signed() ? (Integer{1} << (w - 1)) - 1 : (Integer{1} << w) - 1;
        const Integer low = e.type.is_signed() ? -high - 1 : 0;
        const Integer v = n(0);
        return wrap(v > high ? high : v < low ? low : v);
      }
      case Op::bit_and:
        return b(0) & b(1);
      case Op::bit_or:
        return b(0) | b(1);
      case Op::bit_xor:
        return b(0) ^ b(1);
      case Op::bit_not:
        return ~b(0);
      case Op::eq:
        return n(0) == n(1);
      case Op::ne:
        return n(0) != n(1);
      case Op::lt:
        return n(0) < n(1);
      case Op::le:
        return n(0) <= n(1);
      case Op::gt:
        return n(0) > n(1);
      case Op::ge:
        return n(0) >= n(1);
      case Op::mux:
        return b(0) != 0 ? b(1) : b(2);
      case Op::concat: {
        Bits r = 0;
        for (const Id a : e.list) r = (r << width(a)) | bits(a);
        return r;
      }
      case Op::replicate: {
        Bits r = 0;
        for (std::int64_t i = 0; i < value(e.i0); ++i) r = (r << width(e.args[0])) | b(0);
        return r;
      }
      case Op::bit_of:
      case Op::part:
        return b(0) >> value(e.i0);
      case Op::slice:
        return b(0) >> value(e.i1);
      case Op::select:
        return b(0) >> (static_cast<std::int64_t>(b(1)) * value(e.i1));
      case Op::any:
        return b(0) != 0;
      case Op::all:
        return b(0) == mask(width(e.args[0]));
      case Op::parity: {
        Bits p = 0;
        for (Bits v = b(0); v != 0; v >>= 1) p ^= v & 1;
        return p;
      }
      case Op::shift_left:
        return b(0) << value(e.i0);
      case Op::shift_left_by:
        return b(1) >= 128 ? 0 : b(0) << static_cast<int>(b(1));
      case Op::shift_right:
      case Op::shift_right_by: {
        const Bits by = e.op == Op::shift_right ? static_cast<Bits>(value(e.i0)) : b(1);
        const int amount = by > 127 ? 127 : static_cast<int>(by);
        return wrap(n(0) >> amount);
      }
      case Op::element:
      case Op::mem_read:
        break;
    }
    throw std::logic_error("the evaluator does not know this node");
  }

  const Module& m_;
  IntEnv env_;
  std::map<Id, Bits> known_;
};

}  // namespace offramp::hw::test
