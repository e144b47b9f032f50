// Decides a >= b over the declared ranges: eliminate genvars and parameters at the corner that makes the
// difference smallest, split max and min into cases, and bound what is left term by term. It may say "no" to
// something true, and never says "yes" to something false.
#include <algorithm>
#include <limits>

#include "hw/int_expr.h"

namespace offramp::hw {

namespace {

constexpr int max_depth = 24;

bool nonnegative(const IntExpr& d, const Facts* facts, int depth);

struct Linear {
  IntExpr rest;
  IntExpr slope;
  bool ok = true;
};

bool same_atom(const IntAtom& a, const IntAtom& b) {
  if (a.kind != b.kind) return false;
  if (a.kind == AtomKind::symbol) return a.symbol == b.symbol;
  return a.a == b.a && a.b == b.b;
}

/// d = rest + slope * atom, if the atom occurs at most once in each product and in no other atom.
Linear split(const IntExpr& d, const IntAtom& atom) {
  Linear out{.rest = d.offset(), .slope = 0};
  for (const auto& t : d.terms()) {
    IntTerm left{t.factor, {}};
    int count = 0;
    for (const auto& a : t.atoms) {
      if (same_atom(a, atom)) {
        ++count;
        continue;
      }
      if (atom.kind == AtomKind::symbol && a.kind != AtomKind::symbol &&
          (mentions(a.a, atom.symbol.get()) || mentions(a.b, atom.symbol.get()))) {
        out.ok = false;
      }
      left.atoms.push_back(a);
    }
    if (count > 1) out.ok = false;
    const IntExpr e = IntExpr::from_terms(0, {left});
    if (count == 0) {
      out.rest = out.rest + e;
    } else {
      out.slope = out.slope + e;
    }
  }
  return out;
}

std::optional<IntExpr> low_of(const IntSymbol& s, const Facts* facts) {
  if (facts != nullptr) {
    if (const auto it = facts->find(&s); it != facts->end() && it->second.low) return it->second.low;
  }
  if (s.kind == SymbolKind::genvar) return IntExpr(0);
  return IntExpr(s.min);
}

std::optional<IntExpr> high_of(const IntSymbol& s, const Facts* facts) {
  if (facts != nullptr) {
    if (const auto it = facts->find(&s); it != facts->end() && it->second.high) return it->second.high;
  }
  if (s.kind == SymbolKind::genvar) return s.value - 1;
  return IntExpr(s.max);
}

__extension__ typedef __int128 Wide;  // products of ranges outgrow 64 bits
constexpr Wide infinite = Wide{1} << 100;
struct Range {
  Wide low;
  Wide high;
};

Wide clamp(Wide v) {
  return std::clamp(v, -infinite, infinite);
}
Wide multiply(Wide a, Wide b) {
  if (a == 0 || b == 0) return 0;
  const long double estimate = static_cast<long double>(a) * static_cast<long double>(b);
  if (estimate > 1e30L) return infinite;
  if (estimate < -1e30L) return -infinite;
  return clamp(a * b);
}

Range range_of(const IntExpr& e, const Facts* facts, int depth);

Wide log2_of(Wide v) {
  Wide n = 0;
  while (n < 126 && (Wide{1} << n) < v) ++n;
  return n;
}

Range range_of(const IntAtom& atom, const Facts* facts, int depth) {
  if (depth > max_depth) return {-infinite, infinite};
  switch (atom.kind) {
    case AtomKind::symbol: {
      const auto& s = *atom.symbol;
      if (s.kind == SymbolKind::localparam) return range_of(s.value, facts, depth + 1);
      return {range_of(*low_of(s, facts), facts, depth + 1).low,
              range_of(*high_of(s, facts), facts, depth + 1).high};
    }
    case AtomKind::clog2: {
      const Range r = range_of(atom.a, facts, depth + 1);
      return {log2_of(r.low), log2_of(r.high)};
    }
    case AtomKind::max:
    case AtomKind::min: {
      const Range x = range_of(atom.a, facts, depth + 1);
      const Range y = range_of(atom.b, facts, depth + 1);
      if (atom.kind == AtomKind::max) return {std::max(x.low, y.low), std::max(x.high, y.high)};
      return {std::min(x.low, y.low), std::min(x.high, y.high)};
    }
    case AtomKind::div: {
      const Range x = range_of(atom.a, facts, depth + 1);
      const Range k = range_of(atom.b, facts, depth + 1);
      if (x.low < 0 || k.low < 1) return {-infinite, infinite};
      return {x.low / k.high, x.high / k.low};
    }
  }
  return {-infinite, infinite};
}

Range range_of(const IntExpr& e, const Facts* facts, int depth) {
  Range total{e.offset(), e.offset()};
  if (depth > max_depth) return {-infinite, infinite};
  for (const auto& t : e.terms()) {
    Range p{t.factor, t.factor};
    for (const auto& a : t.atoms) {
      const Range r = range_of(a, facts, depth + 1);
      const Wide c[4] = {multiply(p.low, r.low), multiply(p.low, r.high), multiply(p.high, r.low),
                         multiply(p.high, r.high)};
      p = {*std::min_element(c, c + 4), *std::max_element(c, c + 4)};
    }
    total = {clamp(total.low + p.low), clamp(total.high + p.high)};
  }
  return total;
}

/// Lower bound after moving every atom to start at zero, which keeps `A*B - A` together where plain intervals
/// would lose it.
bool shifted_nonnegative(const IntExpr& d, const Facts* facts) {
  // Each product is expanded over (shift + rest) of its atoms; products of rests are compared as sets of
  // atoms.
  struct Part {
    Wide factor;
    std::vector<const IntAtom*> rests;
  };
  std::vector<Part> parts{{d.offset(), {}}};
  for (const auto& t : d.terms()) {
    if (t.atoms.size() > 6) return false;
    std::vector<Part> expanded{{t.factor, {}}};
    for (const auto& a : t.atoms) {
      const Range r = range_of(a, facts, 0);
      if (r.low <= -infinite) return false;
      std::vector<Part> next;
      for (const auto& p : expanded) {
        if (r.low != 0) next.push_back({multiply(p.factor, r.low), p.rests});
        auto q = p;
        q.rests.push_back(&a);
        next.push_back(std::move(q));
      }
      expanded = std::move(next);
    }
    for (auto& p : expanded) {
      const auto same = std::find_if(parts.begin(), parts.end(), [&](const Part& o) {
        return o.rests.size() == p.rests.size() &&
               std::equal(o.rests.begin(), o.rests.end(), p.rests.begin(),
                          [](const IntAtom* x, const IntAtom* y) { return same_atom(*x, *y); });
      });
      if (same == parts.end()) {
        parts.push_back(std::move(p));
      } else {
        same->factor = clamp(same->factor + p.factor);
      }
    }
  }
  Wide low = 0;
  for (const auto& p : parts) {
    if (p.rests.empty()) {
      low = clamp(low + p.factor);
    } else if (p.factor < 0) {
      Wide high = 1;
      for (const auto* a : p.rests) {
        const Range r = range_of(*a, facts, 0);
        high = multiply(high, clamp(r.high - r.low));
      }
      low = clamp(low + multiply(p.factor, high));
    }
  }
  return low >= 0;
}

bool nonnegative(const IntExpr& d, const Facts* facts, int depth) {
  if (d.is_constant()) return d.offset() >= 0;
  if (depth > max_depth) return false;
  if (shifted_nonnegative(d, facts)) return true;

  for (const auto& t : d.terms()) {
    for (const auto& atom : t.atoms) {
      if (atom.kind == AtomKind::symbol && atom.symbol->kind != SymbolKind::localparam) {
        const Linear l = split(d, atom);
        if (!l.ok) continue;
        std::optional<IntExpr> corner;
        // A symbol's own bound must not mention the symbol again, or the elimination would not end.
        if (nonnegative(l.slope, facts, depth + 4)) {
          corner = low_of(*atom.symbol, facts);
        } else if (nonnegative(-l.slope, facts, depth + 4)) {
          corner = high_of(*atom.symbol, facts);
        }
        if (corner && !mentions(*corner, atom.symbol.get()) &&
            nonnegative(l.rest + l.slope * *corner, facts, depth + 1)) {
          return true;
        }
      } else if (atom.kind == AtomKind::max || atom.kind == AtomKind::min) {
        const Linear l = split(d, atom);
        if (!l.ok) continue;
        const bool a = nonnegative(l.rest + l.slope * atom.a, facts, depth + 2);
        const bool b = nonnegative(l.rest + l.slope * atom.b, facts, depth + 2);
        if (a && b) return true;
        // One case is enough where the other choice can only be larger.
        const bool up = atom.kind == AtomKind::max;
        if ((a || b) && nonnegative(up ? l.slope : -l.slope, facts, depth + 4)) return true;
      } else if (atom.kind == AtomKind::clog2 && t.factor > 0 && t.atoms.size() == 1) {
        // clog2 never falls: +clog2(b) - clog2(a) >= 0 where b >= a.
        for (const auto& other : d.terms()) {
          if (other.factor >= 0 || other.atoms.size() != 1 || other.atoms[0].kind != AtomKind::clog2)
            continue;
          if (!nonnegative((atom.a - other.atoms[0].a).expanded(), facts, depth + 2)) continue;
          const Linear l = split(d, atom);
          if (l.ok && nonnegative(l.rest + l.slope * clog2(other.atoms[0].a), facts, depth + 1)) return true;
        }
      }
    }
  }
  return false;
}

}  // namespace

bool provably_ge(const IntExpr& a, const IntExpr& b, const Facts* facts) {
  if (a.is_constant() && b.is_constant()) return a.offset() >= b.offset();
  return nonnegative((a - b).expanded(), facts, 0);
}

void learn(Facts& facts, const IntCondition& condition) {
  using Op = IntCondition::Op;
  const auto symbol_of = [](const IntExpr& e) -> SymbolRef {
    if (e.offset() != 0 || e.terms().size() != 1) return nullptr;
    const auto& t = e.terms()[0];
    if (t.factor != 1 || t.atoms.size() != 1 || t.atoms[0].kind != AtomKind::symbol) return nullptr;
    if (t.atoms[0].symbol->kind == SymbolKind::localparam) return nullptr;
    return t.atoms[0].symbol;
  };
  const auto at_least = [&](const SymbolRef& s, const IntExpr& low) {
    if (!mentions(low, s.get())) facts[s.get()].low = low;
  };
  const auto at_most = [&](const SymbolRef& s, const IntExpr& high) {
    if (!mentions(high, s.get())) facts[s.get()].high = high;
  };
  const auto one_side = [&](const SymbolRef& s, Op op, const IntExpr& other) {
    switch (op) {
      case Op::eq:
        at_least(s, other);
        at_most(s, other);
        break;
      case Op::gt:
        at_least(s, other + 1);
        break;
      case Op::ge:
        at_least(s, other);
        break;
      case Op::lt:
        at_most(s, other - 1);
        break;
      case Op::le:
        at_most(s, other);
        break;
      case Op::ne:
        if (*low_of(*s, &facts) == other) at_least(s, other + 1);
        if (*high_of(*s, &facts) == other) at_most(s, other - 1);
        break;
    }
  };
  static constexpr Op mirrored[] = {Op::eq, Op::ne, Op::lt, Op::le, Op::gt, Op::ge};
  if (const auto s = symbol_of(condition.a))
    one_side(s, condition.op, condition.b);
  else if (const auto t = symbol_of(condition.b))
    one_side(t, mirrored[static_cast<int>(condition.op)], condition.a);
}

}  // namespace offramp::hw
