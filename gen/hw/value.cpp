#include "hw/value.h"

#include <stdexcept>

namespace offramp::hw {

namespace {

const Type one_bit;

const Expr& node(Value v) {
  return v.module()->exprs[v.id()];
}

Value make(Module& m, Op op, Type type, SourceLoc loc, std::initializer_list<Value> args = {}) {
  Expr e;
  e.op = op;
  e.type = std::move(type);
  e.loc = loc;
  std::size_t n = 0;
  for (const Value a : args) {
    e.args[n++] = a.id();
    if (node(a).op == Op::invalid) e.op = Op::invalid;  // reported where it was made
  }
  return {&m, m.add(std::move(e))};
}

Value invalid(Module& m, Type type, SourceLoc loc) {
  return make(m, Op::invalid, std::move(type), loc);
}

bool valid(Value v) {
  return node(v).op != Op::invalid;
}

[[noreturn]] void refuse_dead(Value v, SourceLoc loc) {
  throw DesignError(
      "HW0012",
      "a handle of module '" + v.token()->name +
          "' is used after its design was destroyed; keep the Design alive as long as its handles",
      loc, {{"the module was built here", v.token()->loc}});
}

bool is_dead(Value v) {
  return v.token() != nullptr && v.module() == nullptr;
}

Module& module_of(const Operand& a) {
  if (a.is_literal) {
    throw std::logic_error("an operation on literals alone has no module (" + describe(a.loc) +
                           "); use IntExpr arithmetic or m.literal(type, value)");
  }
  if (is_dead(a.value)) refuse_dead(a.value, a.loc);
  if (a.value.module() == nullptr) {
    throw std::logic_error("an empty Value is used (" + describe(a.loc) + "); it was never assigned");
  }
  return *a.value.module();
}

Module& module_of(const Operand& a, const Operand& b) {
  return module_of(a.is_literal ? b : a);
}

std::string quantity(const Module& m, Value v) {
  return describe(m, v.id()) + " is " + describe(v.type());
}

std::vector<Note> made_here(const Module& m, Value v) {
  const Expr& e = node(v);
  const SourceLoc at =
      e.decl != none && (e.op == Op::ref || e.op == Op::element) ? m.decls[e.decl].loc : e.loc;
  return {{describe(m, v.id()) + " is made here", at}};
}

struct Pair {
  Module& m;
  Value a;
  Value b;
  SourceLoc loc;
  bool ok;
};

/// Both operands as values of one module and one sign; anything else is reported once.
Pair pair(const Operand& x, const Operand& y, const char* what) {
  Module& m = module_of(x, y);
  const Type type = (x.is_literal ? y : x).value.type();
  Pair p{m, resolve(m, x, type), resolve(m, y, type), x.loc, true};
  p.ok = valid(p.a) && valid(p.b);
  if (p.ok && p.a.type().sign != p.b.type().sign) {
    m.report("HW0008",
             std::string(what) + " mixes signs: " + quantity(m, p.a) + " but " + quantity(m, p.b) +
                 "; use to_signed(x) to keep the value (one bit wider), or as_signed(x) for the same bits",
             p.loc, made_here(m, p.b));
    p.ok = false;
  }
  return p;
}

const IntExpr wider(const Pair& p) {
  return max(p.a.width(), p.b.width());
}

/// Operators on operands that must have exactly one type.
Value same_type(Op op, const Operand& x, const Operand& y, const char* what) {
  const Pair p = pair(x, y, what);
  if (p.ok && p.a.width() != p.b.width()) {
    p.m.report("HW0007",
               std::string(what) + " needs equal widths: " + quantity(p.m, p.a) + " but " +
                   quantity(p.m, p.b) + "; use extend(x, width) or truncate(x, width)",
               p.loc, made_here(p.m, p.b));
    return invalid(p.m, p.a.type(), p.loc);
  }
  if (!p.ok) return invalid(p.m, p.a.type(), p.loc);
  return make(p.m, op, p.a.type(), p.loc, {p.a, p.b});
}

Value compare(Op op, const Operand& x, const Operand& y) {
  const Pair p = pair(x, y, "a comparison");
  if (!p.ok) return invalid(p.m, bit(), p.loc);
  return make(p.m, op, bit(), p.loc, {p.a, p.b});
}

/// The operand itself, which must be a value.
Value single(const Operand& x) {
  return resolve(module_of(x), x, one_bit);
}

Value reduce(Op op, const Operand& x) {
  const Value v = single(x);
  return make(*v.module(), op, bit(), x.loc, {v});
}

bool in_range(const Operand& v, const IntExpr& lsb, const IntExpr& width, Value of) {
  Module& m = *of.module();
  const Facts* facts = m.facts();
  if (!provably_ge(width, 1, facts)) {
    m.report("HW0015",
             "a part of " + describe(m, of.id()) + " has width " + width.verilog() +
                 ", which is not at least 1 for all parameter values; narrow a parameter's range",
             v.loc);
    return false;
  }
  if (provably_ge(lsb, 0, facts) && provably_ge(of.width(), lsb + width, facts)) return true;
  m.report("HW0015",
           "bits [" + lsb.verilog() + " +: " + width.verilog() + "] of " + describe(m, of.id()) +
               ", which is " + describe(of.type()) +
               ", may leave its range; use lower bits, a wider value, or narrow a parameter's range",
           v.loc, made_here(m, of));
  return false;
}

/// Parts are taken from what carries the bits: casts of sign are seen through, parts of parts are added up.
Value carrier(Value v) {
  while (node(v).op == Op::as_signed || node(v).op == Op::as_unsigned) v = {v.module(), node(v).args[0]};
  return v;
}

Value take(Op op, const Operand& x, const IntExpr& lsb, const IntExpr& width) {
  Value v = single(x);
  Module& m = *v.module();
  if (!valid(v) || !in_range(x, lsb, width, v)) return invalid(m, uint(width), x.loc);
  IntExpr offset = lsb;
  for (;;) {
    v = carrier(v);
    const Expr& e = node(v);
    if (e.op == Op::bit_of || e.op == Op::part) {
      offset = offset + e.i0;
    } else if (e.op == Op::slice) {
      offset = offset + e.i1;
    } else {
      break;
    }
    v = {&m, e.args[0]};
  }
  const Value r = make(m, op, uint(width), x.loc, {v});
  Expr& e = m.exprs[r.id()];
  switch (op) {
    case Op::bit_of:
      e.i0 = offset;
      break;
    case Op::slice:
      e.i0 = offset + width - 1;
      e.i1 = offset;
      break;
    default:
      e.i0 = offset;
      e.i1 = width;
      break;
  }
  return r;
}

}  // namespace

Type Value::type() const {
  if (is_dead(*this)) refuse_dead(*this, token_->loc);
  return token_ == nullptr ? one_bit : token_->module->exprs[id_].type;
}

Value make_literal(Module& m, const Type& type, const IntExpr& value, SourceLoc loc) {
  const Facts* facts = m.facts();
  bool fits = false;
  const auto magnitude = [](const IntExpr& v) { return clog2(v + 1); };  // bits of v >= 0
  if (const auto c = value.constant()) {
    if (*c >= 0) {
      fits = provably_ge(type.width, IntExpr(magnitude(value)) + (type.is_signed() ? 1 : 0), facts);
    } else {
      fits = type.is_signed() && provably_ge(type.width, clog2(-value) + 1, facts);
    }
  } else if (provably_ge(value, 0, facts)) {
    fits = provably_ge(type.width, magnitude(value) + (type.is_signed() ? 1 : 0), facts);
  }
  if (!fits) {
    m.report("HW0010",
             "the literal " + value.verilog() + " does not fit " + describe(type) +
                 (value.is_constant() ? "" : " for all parameter values") +
                 "; widen the type or extend the other operand",
             loc);
    return invalid(m, type, loc);
  }
  const Value v = make(m, Op::literal, type, loc);
  m.exprs[v.id()].i0 = value;
  return v;
}

Value resolve(Module& m, const Operand& operand, const Type& type) {
  if (operand.is_literal) return make_literal(m, type, operand.literal, operand.loc);
  Module& owner = module_of(operand);
  if (&owner != &m) {
    m.report("HW0012",
             describe(owner, operand.value.id()) + " belongs to module '" + owner.name +
                 "' and is used in module '" + m.name + "'; connect it through ports with instance.in/out",
             operand.loc, made_here(owner, operand.value));
    return invalid(m, operand.value.type(), operand.loc);
  }
  const Id home = node(operand.value).scope;
  if (!encloses(m, home, m.scope)) {
    m.report(
        "HW0014",
        describe(m, operand.value.id()) + " is local to " +
            (m.scopes[home].kind == ScopeKind::formal ? "a formal block"
                                                      : "the generate block '" + m.scopes[home].label + "'") +
            " and is used outside it; declare a wire or a wire_array before the block",
        operand.loc, made_here(m, operand.value));
    return invalid(m, operand.value.type(), operand.loc);
  }
  return operand.value;
}

Value operator+(const Operand& x, const Operand& y) {
  const Pair p = pair(x, y, "'+'");
  const Type t{wider(p) + 1, p.a.type().sign};
  return p.ok ? make(p.m, Op::add, t, p.loc, {p.a, p.b}) : invalid(p.m, t, p.loc);
}

Value operator-(const Operand& x, const Operand& y) {
  const Pair p = pair(x, y, "'-'");
  const Type t = sint(wider(p) + 1);
  return p.ok ? make(p.m, Op::sub, t, p.loc, {p.a, p.b}) : invalid(p.m, t, p.loc);
}

Value operator*(const Operand& x, const Operand& y) {
  const Pair p = pair(x, y, "'*'");
  const Type t{p.a.width() + p.b.width(), p.a.type().sign};
  return p.ok ? make(p.m, Op::mul, t, p.loc, {p.a, p.b}) : invalid(p.m, t, p.loc);
}

Value operator-(const Operand& x) {
  const Value v = single(x);
  return make(*v.module(), Op::neg, sint(v.width() + 1), x.loc, {v});
}

Value add_wrap(const Operand& x, const Operand& y) {
  const Pair p = pair(x, y, "add_wrap");
  const Type t{wider(p), p.a.type().sign};
  return p.ok ? make(p.m, Op::add_wrap, t, p.loc, {p.a, p.b}) : invalid(p.m, t, p.loc);
}

Value sub_wrap(const Operand& x, const Operand& y) {
  const Pair p = pair(x, y, "sub_wrap");
  const Type t{wider(p), p.a.type().sign};
  return p.ok ? make(p.m, Op::sub_wrap, t, p.loc, {p.a, p.b}) : invalid(p.m, t, p.loc);
}

Value truncate(const Operand& x, const IntExpr& width) {
  const Value v = single(x);
  Module& m = *v.module();
  const Type t{width, v.type().sign};
  if (!valid(v)) return invalid(m, t, x.loc);
  if (v.width() == width) return v;
  if (!provably_ge(v.width(), width, m.facts()) || !provably_ge(width, 1, m.facts())) {
    m.report("HW0007",
             "truncate to " + width.verilog() + " bits, but " + quantity(m, v) +
                 ", which is not known to be at least as wide; use extend(x, width) to widen",
             x.loc, made_here(m, v));
    return invalid(m, t, x.loc);
  }
  return make(m, Op::truncate, t, x.loc, {v});
}

Value extend(const Operand& x, const IntExpr& width) {
  const Value v = single(x);
  Module& m = *v.module();
  const Type t{width, v.type().sign};
  if (!valid(v)) return invalid(m, t, x.loc);
  if (v.width() == width) return v;
  if (!provably_ge(width, v.width(), m.facts())) {
    m.report("HW0007",
             "extend to " + width.verilog() + " bits, but " + quantity(m, v) +
                 ", which is not known to be at most as wide; use truncate(x, width) or saturate(x, type)",
             x.loc, made_here(m, v));
    return invalid(m, t, x.loc);
  }
  return make(m, Op::extend, t, x.loc, {v});
}

Value saturate(const Operand& x, const Type& type) {
  const Value v = single(x);
  Module& m = *v.module();
  if (!valid(v)) return invalid(m, type, x.loc);
  if (v.type() == type) return v;
  const Facts* facts = m.facts();
  // The printed forms differ, so it must be known which one is meant for all parameter values.
  const bool widens = v.type().sign == type.sign
                          ? provably_ge(type.width, v.width(), facts)
                          : type.is_signed() && provably_ge(type.width, v.width() + 1, facts);
  if (widens) {
    if (v.type().sign == type.sign) return make(m, Op::extend, type, x.loc, {v});
    const Value s = make(m, Op::to_signed, sint(v.width() + 1), x.loc, {v});
    return s.width() == type.width ? s : make(m, Op::extend, type, x.loc, {s});
  }
  // Bits that may be dropped: those above the largest value of the target.
  const IntExpr kept = type.width - (type.is_signed() ? 1 : 0);
  const IntExpr value_bits = v.width() - (v.is_signed() ? 1 : 0);
  const bool narrows = provably_ge(value_bits, kept + 1, facts);
  const bool only_negative = v.is_signed() && !type.is_signed() && provably_ge(kept, value_bits, facts);
  if (!(narrows || only_negative) || !provably_ge(type.width, type.is_signed() ? 2 : 1, facts)) {
    m.report("HW0007",
             "saturate to " + describe(type) + ", but " + quantity(m, v) +
                 ": which of the two is wider is not known for all parameter values" +
                 "; extend first, or narrow a parameter's range (a signed target needs 2 bits)",
             x.loc, made_here(m, v));
    return invalid(m, type, x.loc);
  }
  return make(m, Op::saturate, type, x.loc, {v});
}

Value as_signed(const Operand& x) {
  const Value v = single(x);
  if (v.is_signed()) return v;
  return make(*v.module(), Op::as_signed, sint(v.width()), x.loc, {v});
}

Value as_unsigned(const Operand& x) {
  const Value v = single(x);
  if (!v.is_signed()) return v;
  return make(*v.module(), Op::as_unsigned, uint(v.width()), x.loc, {v});
}

Value to_signed(const Operand& x) {
  const Value v = single(x);
  if (v.is_signed()) return v;
  return make(*v.module(), Op::to_signed, sint(v.width() + 1), x.loc, {v});
}

Value operator&(const Operand& x, const Operand& y) {
  return same_type(Op::bit_and, x, y, "'&'");
}
Value operator|(const Operand& x, const Operand& y) {
  return same_type(Op::bit_or, x, y, "'|'");
}
Value operator^(const Operand& x, const Operand& y) {
  return same_type(Op::bit_xor, x, y, "'^'");
}
Value operator~(const Operand& x) {
  const Value v = single(x);
  const Type t = v.type();
  return make(*v.module(), Op::bit_not, t, x.loc, {v});
}

Value operator==(const Operand& x, const Operand& y) {
  return compare(Op::eq, x, y);
}
Value operator!=(const Operand& x, const Operand& y) {
  return compare(Op::ne, x, y);
}
Value operator<(const Operand& x, const Operand& y) {
  return compare(Op::lt, x, y);
}
Value operator<=(const Operand& x, const Operand& y) {
  return compare(Op::le, x, y);
}
Value operator>(const Operand& x, const Operand& y) {
  return compare(Op::gt, x, y);
}
Value operator>=(const Operand& x, const Operand& y) {
  return compare(Op::ge, x, y);
}

Value mux(const Operand& sel, const Operand& t, const Operand& f) {
  Module& m = !sel.is_literal ? module_of(sel) : module_of(t, f);
  const Value s = resolve(m, sel, one_bit);
  if (t.is_literal && f.is_literal) {
    m.report("HW0007",
             "both choices of a mux are literals, so its type is not known; use m.literal(type, value)",
             t.loc);
    return invalid(m, bit(), t.loc);
  }
  const Value r = same_type(Op::mux, t, f, "mux");
  if (!valid(r) || !valid(s)) return invalid(m, r.type(), sel.loc);
  if (!(s.type() == one_bit)) {
    m.report("HW0007",
             "the select of a mux must be one unsigned bit, but " + quantity(m, s) +
                 "; use any(x) or a comparison",
             sel.loc, made_here(m, s));
    return invalid(m, r.type(), sel.loc);
  }
  Expr& e = m.exprs[r.id()];
  e.args = {s.id(), e.args[0], e.args[1]};
  return r;
}

Value concat(const std::vector<Value>& values, SourceLoc loc) {
  if (values.empty()) throw std::logic_error("concat of nothing (" + describe(loc) + ")");
  Module& m = module_of(Operand(values.front(), loc));
  IntExpr width = 0;
  std::vector<Id> list;
  bool ok = true;
  for (const Value v : values) {
    const Value r = resolve(m, Operand(v, loc), v.type());
    ok = ok && valid(r);
    width = width + v.width();
    list.push_back(r.id());
  }
  if (!ok) return invalid(m, uint(width), loc);
  const Value r = make(m, Op::concat, uint(width), loc);
  m.exprs[r.id()].list = std::move(list);
  return r;
}

Value replicate(const Operand& x, const IntExpr& count) {
  const Value v = single(x);
  Module& m = *v.module();
  const Type t = uint(v.width() * count);
  if (!provably_ge(count, 1, m.facts())) {
    m.report("HW0007",
             "replicate " + count.verilog() + " times, which is not at least 1 for all parameter values",
             x.loc);
    return invalid(m, t, x.loc);
  }
  const Value r = make(m, Op::replicate, t, x.loc, {v});
  m.exprs[r.id()].i0 = count;
  return r;
}

Value bit_of(const Operand& v, const IntExpr& index) {
  return take(Op::bit_of, v, index, 1);
}
Value slice(const Operand& v, const IntExpr& msb, const IntExpr& lsb) {
  return take(Op::slice, v, lsb, msb - lsb + 1);
}
Value part(const Operand& v, const IntExpr& lsb, const IntExpr& width) {
  return take(Op::part, v, lsb, width);
}

Value select(const Operand& x, const Operand& index, const IntExpr& width) {
  const Value v = single(x);
  Module& m = *v.module();
  const Type t = uint(width);
  if (index.is_literal) return part(x, index.literal * width, width);
  const Value i = resolve(m, index, one_bit);
  if (!valid(v) || !valid(i)) return invalid(m, t, x.loc);
  if (i.is_signed()) {
    m.report("HW0008", "the index of select must be unsigned, but " + quantity(m, i) + "; use as_unsigned(x)",
             index.loc, made_here(m, i));
    return invalid(m, t, x.loc);
  }
  // Verilog computes the place of the part in 32 bits, and tools stop at wider indices.
  if (!provably_ge(31, i.width(), m.facts())) {
    m.report("HW0015",
             "the index of select has more than 31 bits: " + quantity(m, i) + "; use truncate(x, 31)",
             index.loc, made_here(m, i));
    return invalid(m, t, x.loc);
  }
  if (!in_range(x, 0, width, v)) return invalid(m, t, x.loc);
  const Value r = make(m, Op::select, t, x.loc, {carrier(v), i});
  m.exprs[r.id()].i1 = width;
  return r;
}

Value any(const Operand& x) {
  return reduce(Op::any, x);
}
Value all(const Operand& x) {
  return reduce(Op::all, x);
}
Value parity(const Operand& x) {
  return reduce(Op::parity, x);
}

Value shift_left(const Operand& x, const IntExpr& n) {
  const Value v = single(x);
  Module& m = *v.module();
  const Type t{v.width() + n, v.type().sign};
  if (!provably_ge(n, 0, m.facts())) {
    m.report("HW0007", "shift_left by " + n.verilog() + ", which may be negative", x.loc);
    return invalid(m, t, x.loc);
  }
  if (n == IntExpr(0)) return v;
  const Value r = make(m, Op::shift_left, t, x.loc, {v});
  m.exprs[r.id()].i0 = n;
  return r;
}

Value shift_right(const Operand& x, const IntExpr& n) {
  const Value v = single(x);
  Module& m = *v.module();
  const Type t = v.type();
  if (!provably_ge(n, 0, m.facts())) {
    m.report("HW0007", "shift_right by " + n.verilog() + ", which may be negative", x.loc);
    return invalid(m, t, x.loc);
  }
  if (n == IntExpr(0)) return v;
  const Value r = make(m, Op::shift_right, t, x.loc, {v});
  m.exprs[r.id()].i0 = n;
  return r;
}

namespace {

Value shift_by(Op op, const Operand& x, Value amount, const IntExpr& width) {
  const Value v = single(x);
  Module& m = *v.module();
  const Value n = resolve(m, Operand(amount, x.loc), one_bit);
  const Type t{width, v.type().sign};
  if (!valid(v) || !valid(n)) return invalid(m, t, x.loc);
  if (n.is_signed()) {
    m.report("HW0008",
             "the amount of a shift must be unsigned, but " + quantity(m, n) + "; use as_unsigned(x)", x.loc,
             made_here(m, n));
    return invalid(m, t, x.loc);
  }
  return make(m, op, t, x.loc, {v, n});
}

}  // namespace

Value shift_left(const Operand& x, Value n, const IntExpr& result_width) {
  const Value v = single(x);
  Value resized = v;
  if (!(v.width() == result_width)) {
    resized = provably_ge(v.width(), result_width, v.module()->facts())
                  ? truncate(Operand(v, x.loc), result_width)
                  : extend(Operand(v, x.loc), result_width);
  }
  return shift_by(Op::shift_left_by, Operand(resized, x.loc), n, result_width);
}

Value shift_right(const Operand& x, Value n) {
  const IntExpr width = single(x).width();
  return shift_by(Op::shift_right_by, x, n, width);
}

Value round_half_up(const Operand& x, const IntExpr& n) {
  const Value v = single(x);
  Module& m = *v.module();
  const Type result{v.width() - n + 1, v.type().sign};
  if (!valid(v)) return invalid(m, result, x.loc);
  if (!provably_ge(n, 1, m.facts()) || !provably_ge(v.width(), n, m.facts())) {
    m.report("HW0007",
             "round_half_up by " + n.verilog() + " bits, but " + quantity(m, v) +
                 ": 1 <= bits <= width is not known for all parameter values; extend first, or narrow a "
                 "parameter's range",
             x.loc, made_here(m, v));
    return invalid(m, result, x.loc);
  }
  // floor((v + 2^(n-1)) / 2^n) = floor((floor(v / 2^(n-1)) + 1) / 2): one short increment in place of a wide
  // sum.
  const IntExpr kept = v.width() - n + 1;
  const Value halves = part(x, n - 1, kept);
  const Value typed = v.is_signed() ? as_signed(Operand(halves, x.loc)) : halves;
  const Value sum = add_wrap(Operand(extend(Operand(typed, x.loc), kept + 1), x.loc), Operand(1, x.loc));
  const Value shifted = part(Operand(sum, x.loc), 1, kept);
  return v.is_signed() ? as_signed(Operand(shifted, x.loc)) : shifted;
}

}  // namespace offramp::hw
