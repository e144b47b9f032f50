#include "verif/trust/random_expression.h"

#include <algorithm>
#include <array>

namespace offramp::trust {

using hw::IntExpr;
using hw::Operand;
using hw::provably_ge;
using hw::Sign;
using hw::Type;
using hw::Value;

namespace {

constexpr int kWidest = 200;
constexpr std::array kEdges = {1, 2, 8, 31, 32, 33, 63, 64, 65, 128, 200};

}  // namespace

IntExpr ExpressionMaker::width() {
  const int kind = tape_.choose(16);
  if (kind >= 12 && !widths.empty())
    return widths[static_cast<std::size_t>(tape_.choose(static_cast<int>(widths.size())))];
  if (kind < 8) return 1 + tape_.choose(12);
  if (kind < 13) return 1 + tape_.choose(40);
  return kEdges[static_cast<std::size_t>(tape_.choose(kEdges.size()))];
}

Type ExpressionMaker::type() {
  const Sign sign = tape_.choose(2) == 0 ? Sign::unsigned_ : Sign::signed_;
  return {width(), sign};
}

int ExpressionMaker::low(const IntExpr& width) {
  const auto* facts = m_.module().facts();
  int yes = 1;
  int no = 4 * kWidest;
  while (no - yes > 1) {
    const int middle = (yes + no) / 2;
    (provably_ge(width, middle, facts) ? yes : no) = middle;
  }
  return yes;
}

int ExpressionMaker::high(const IntExpr& width) {
  const auto* facts = m_.module().facts();
  int no = 0;
  int yes = 1 << 16;
  while (yes - no > 1) {
    const int middle = (yes + no) / 2;
    (provably_ge(middle, width, facts) ? yes : no) = middle;
  }
  return yes;
}

Value ExpressionMaker::leaf() {
  return pool[static_cast<std::size_t>(tape_.choose(static_cast<int>(pool.size())))];
}

/// Expressions must not grow without end.
Value ExpressionMaker::limited(Value v) {
  if (provably_ge(kWidest, v.width(), m_.module().facts())) return v;
  return hw::truncate(v, std::min(low(v.width()), 64));
}

Value ExpressionMaker::signed_operand(bool is_signed, int depth) {
  const Value v = operand(depth);
  if (v.is_signed() == is_signed) return v;
  if (!is_signed) return hw::as_unsigned(v);
  return tape_.choose(2) == 0 ? hw::as_signed(v) : hw::to_signed(v);
}

/// Multipliers are what makes a netlist large, so a wide one is rare.
Value ExpressionMaker::factor(bool is_signed, int depth) {
  const int limit = tape_.one_in(40) ? 70 : 12;
  const Value v = signed_operand(is_signed, depth);
  if (provably_ge(limit, v.width(), m_.module().facts())) return v;
  return hw::truncate(v, std::min(low(v.width()), limit));
}

Value ExpressionMaker::equal_width(Value v, const IntExpr& width) {
  const auto* facts = m_.module().facts();
  if (v.width() == width) return v;
  if (provably_ge(width, v.width(), facts)) return hw::extend(v, width);
  if (provably_ge(v.width(), width, facts)) return hw::truncate(v, width);
  return hw::extend(hw::truncate(v, std::min(low(v.width()), low(width))), width);
}

Value ExpressionMaker::as(Value v, const Type& type) {
  const Value fitted = equal_width(v, type.width);
  return type.is_signed() ? hw::as_signed(fitted) : hw::as_unsigned(fitted);
}

Operand ExpressionMaker::literal_for(Value v) {
  const int bits = std::min(low(v.width()), 60) - (v.is_signed() ? 1 : 0);
  if (!widths.empty() && tape_.one_in(6)) {
    // A parameter as a number.
    const IntExpr p = widths[static_cast<std::size_t>(tape_.choose(static_cast<int>(widths.size())))];
    if (provably_ge(bits, hw::clog2(p + 1), m_.module().facts())) return Operand(p);
  }
  const auto largest = static_cast<std::int64_t>((std::uint64_t{1} << bits) - 1);
  std::int64_t magnitude = 0;
  switch (tape_.choose(4)) {
    case 0:
      magnitude = tape_.choose(4);
      break;
    case 1:
      magnitude = largest;
      break;
    case 2:
      magnitude = std::int64_t{1} << tape_.choose(bits + 1);
      break;
    default:
      magnitude = (static_cast<std::int64_t>(tape_.choose(1 << 30)) << 30) + tape_.choose(1 << 30);
      break;
  }
  magnitude &= largest;
  if (v.is_signed() && tape_.choose(2) == 1) {
    // The most negative value has no positive counterpart.
    return Operand(magnitude == 0 ? -largest - 1 : -magnitude);
  }
  return Operand(magnitude);
}

Value ExpressionMaker::arithmetic(int depth) {
  const bool is_signed = tape_.choose(2) == 1;
  const int kind = tape_.choose(6);
  if (kind == 3) return -operand(depth);
  // Named, here and below: arguments are evaluated in no fixed order, and a tape must mean one module.
  const Value a = kind == 2 ? factor(is_signed, depth) : signed_operand(is_signed, depth);
  const Value b = kind == 2 ? factor(is_signed, depth) : signed_operand(is_signed, depth);
  switch (kind) {
    case 0:
      return a + b;
    case 1:
      return a - b;
    case 2:
      return a * b;
    case 4:
      return hw::add_wrap(a, b);
    default:
      return hw::sub_wrap(a, b);
  }
}

Value ExpressionMaker::with_literal(int depth) {
  switch (tape_.choose(6)) {
    case 0: {
      const Value v = operand(depth);
      return v + literal_for(v);
    }
    case 1: {
      const Value v = operand(depth);
      return v - literal_for(v);
    }
    case 2: {
      const Value v = operand(depth);
      return literal_for(v) - v;
    }
    case 3: {
      const Value v = factor(tape_.choose(2) == 1, depth);
      return v * literal_for(v);
    }
    case 4: {
      const Value v = operand(depth);
      return hw::add_wrap(v, literal_for(v));
    }
    default: {
      const Value v = operand(depth);
      const Operand l = literal_for(v);
      return tape_.choose(2) == 0 ? hw::mux(bit(depth - 1), l, v) : v & l;
    }
  }
}

Value ExpressionMaker::comparison(int depth) {
  const bool is_signed = tape_.choose(2) == 1;
  const Value a = signed_operand(is_signed, depth);
  const Operand b = tape_.choose(3) == 0 ? literal_for(a) : Operand(signed_operand(is_signed, depth));
  switch (tape_.choose(6)) {
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
      return b >= Operand(a);
  }
}

Value ExpressionMaker::bitwise(int depth) {
  const int kind = tape_.choose(4);
  if (kind == 0) return ~operand(depth);
  const bool is_signed = tape_.choose(2) == 1;
  const Value a = signed_operand(is_signed, depth);
  const Value b = equal_width(signed_operand(is_signed, depth), a.width());
  return kind == 1 ? a & b : kind == 2 ? a | b : a ^ b;
}

Value ExpressionMaker::resized(int depth) {
  const Value v = operand(depth);
  switch (tape_.choose(4)) {
    case 0:
      return hw::truncate(v, 1 + tape_.choose(std::min(low(v.width()), kWidest)));
    case 1:
      return hw::extend(v, v.width() + tape_.choose(9));
    case 2:
      return hw::extend(v, hw::max(v.width(), width()));
    default:
      return widths.empty()
                 ? hw::extend(v, v.width() + 1 + tape_.choose(70))
                 : hw::extend(
                       v,
                       v.width() +
                           widths[static_cast<std::size_t>(tape_.choose(static_cast<int>(widths.size())))]);
  }
}

/// To a width of which it is known whether it is more or less: anything else the framework refuses.
Value ExpressionMaker::saturated(int depth) {
  const Value v = operand(depth);
  const bool to_signed = tape_.choose(2) == 1;
  const Sign sign = to_signed ? Sign::signed_ : Sign::unsigned_;
  const int value_bits = low(v.width()) - (v.is_signed() ? 1 : 0);
  if (value_bits >= 2 && !tape_.one_in(4)) {
    const int kept = 1 + tape_.choose(std::min(value_bits - 1, kWidest));
    return hw::saturate(v, {kept + (to_signed ? 1 : 0), sign});
  }
  return hw::saturate(v, {v.width() + (to_signed ? 1 : 0) + tape_.choose(3), sign});
}

Value ExpressionMaker::cast(int depth) {
  const Value v = operand(depth);
  switch (tape_.choose(3)) {
    case 0:
      return hw::as_signed(v);
    case 1:
      return hw::as_unsigned(v);
    default:
      return hw::to_signed(v);
  }
}

Value ExpressionMaker::taken(int depth) {
  const Value v = operand(depth);
  const int n = std::min(low(v.width()), kWidest);
  const int kind = tape_.choose(4);
  const int lsb = tape_.choose(n);
  if (kind == 0) return hw::bit_of(v, lsb);
  if (kind == 3) {
    // The upper bits of a width that only a parameter knows, as far as that can be shown.
    const auto* facts = m_.module().facts();
    if (provably_ge(v.width() - lsb, 1, facts)) return hw::part(v, lsb, v.width() - lsb);
  }
  const int w = 1 + tape_.choose(n - lsb);
  return kind == 1 ? hw::slice(v, lsb + w - 1, lsb) : hw::part(v, lsb, w);
}

Value ExpressionMaker::selected(int depth) {
  const int bits = 1 + tape_.choose(3);
  const IntExpr w = widths.empty() || tape_.choose(2) == 0 ? IntExpr(1 + tape_.choose(5)) : width();
  Value v = operand(depth);
  // Mostly an index cannot leave the value; where it does, what is read is unknown.
  const IntExpr whole = w * (1 << bits);
  const bool inside = !tape_.one_in(8) && high(whole) <= kWidest;
  if (inside) {
    v = equal_width(v, whole);
  } else if (!provably_ge(v.width(), w, m_.module().facts())) {
    v = equal_width(v, w);
  }
  Value i = signed_operand(false, depth - 1);
  if (high(i.width()) > 31) i = equal_width(i, 31);
  if (!inside) reads_undefined_ = true;
  return hw::select(v, !inside && tape_.choose(2) == 1 ? i : equal_width(i, bits), w);
}

Value ExpressionMaker::joined(int depth) {
  switch (tape_.choose(3)) {
    case 0:
      return hw::concat({operand(depth - 1), operand(depth - 1)});
    case 1:
      return hw::concat({operand(depth - 1), operand(depth - 2), operand(depth - 2)});
    default: {
      const Value v = operand(depth - 2);
      const bool parametric = !widths.empty() && tape_.one_in(3) && high(v.width()) <= 8;
      return hw::replicate(
          v, parametric ? widths[static_cast<std::size_t>(tape_.choose(static_cast<int>(widths.size())))]
                        : IntExpr(1 + tape_.choose(3)));
    }
  }
}

Value ExpressionMaker::shifted(int depth) {
  const Value v = operand(depth);
  switch (tape_.choose(4)) {
    case 0:
      return hw::shift_left(v, tape_.choose(5));
    case 1:
      return hw::shift_right(v, widths.empty() || tape_.choose(3) != 2 ? IntExpr(tape_.choose(45)) : width());
    default:
      break;
  }
  Value n = signed_operand(false, depth - 1);
  if (!tape_.one_in(12)) n = equal_width(n, 1 + tape_.choose(6));
  switch (tape_.choose(3)) {
    case 0:
      return hw::shift_right(v, n);
    case 1:
      return hw::shift_left(v, n, v.width() + tape_.choose(9));
    default:
      return hw::shift_left(v, n, 1 + tape_.choose(std::min(low(v.width()), kWidest)));
  }
}

Value ExpressionMaker::chosen(int depth) {
  const bool is_signed = tape_.choose(2) == 1;
  const Value sel = bit(depth - 1);
  const Value a = signed_operand(is_signed, depth);
  return hw::mux(sel, a, equal_width(signed_operand(is_signed, depth), a.width()));
}

Value ExpressionMaker::read(int depth) {
  if (memories.empty()) return operand(depth);
  const auto k = static_cast<std::size_t>(tape_.choose(static_cast<int>(memories.size())));
  return m_.read(memories[k], as(operand(depth - 1), hw::uint(address_widths[k])));
}

Value ExpressionMaker::bit(int depth) {
  const Value v = operand(depth);
  switch (tape_.choose(6)) {
    case 0:
      return hw::bit_of(v, tape_.choose(std::min(low(v.width()), kWidest)));
    case 1:
      return hw::any(v);
    case 2:
      return hw::all(v);
    case 3:
      return hw::parity(v);
    case 4:
      return v == literal_for(v);
    default:
      return comparison(depth - 1);
  }
}

Value ExpressionMaker::value(int depth) {
  switch (tape_.choose(20)) {
    case 0:
      return leaf();
    case 1:
    case 2:
    case 3:
      return arithmetic(depth);
    case 4:
    case 5:
      return with_literal(depth);
    case 6:
    case 7:
      return comparison(depth);
    case 8:
    case 9:
      return bitwise(depth);
    case 10:
      return resized(depth);
    case 11:
      return saturated(depth);
    case 12:
      return cast(depth);
    case 13:
      return taken(depth);
    case 14:
      return selected(depth);
    case 15:
      return joined(depth);
    case 16:
      return shifted(depth);
    case 17:
      return chosen(depth);
    case 18:
      return read(depth);
    default:
      return bit(depth);
  }
}

Value ExpressionMaker::value_of(const Type& type, int depth) {
  if (tape_.one_in(12)) {
    // A literal of the whole type.
    const int bits = std::min(low(type.width), 40) - (type.is_signed() ? 1 : 0);
    return m_.literal(type, tape_.choose(1 << std::min(bits, 20)));
  }
  return as(limited(value(depth)), type);
}

}  // namespace offramp::trust
