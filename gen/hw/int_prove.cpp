// Decides a >= b over the declared ranges: eliminate genvars and parameters at the corner that makes the
// difference smallest, split max and min into cases, and bound what is left term by term. It may say "no" to
// something true, and never says "yes" to something false.
#include <algorithm>
#include <array>
#include <limits>

#include "hw/int_expr.h"

namespace offramp::hw {

namespace {

constexpr int max_depth = 24;
/// Goals that one proof may look at. What is provable at all is found in some tens.
constexpr int max_goals = 4000;

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
  Linear out;
  std::vector<IntTerm> rest;
  std::vector<IntTerm> slope;
  for (const auto& t : d.terms()) {
    int count = 0;
    for (const auto& a : t.atoms) {
      if (same_atom(a, atom)) {
        ++count;
      } else if (atom.kind == AtomKind::symbol && a.kind != AtomKind::symbol &&
                 (mentions(a.a, atom.symbol.get()) || mentions(a.b, atom.symbol.get()))) {
        out.ok = false;
      }
    }
    if (count > 1) out.ok = false;
    if (!out.ok) return out;
    if (count == 0) {
      rest.push_back(t);
      continue;
    }
    IntTerm& left = slope.emplace_back(IntTerm{t.factor, {}});
    left.atoms.reserve(t.atoms.size() - 1);
    for (const auto& a : t.atoms) {
      if (!same_atom(a, atom)) left.atoms.push_back(a);
    }
  }
  out.rest = IntExpr::from_terms(d.offset(), std::move(rest));
  out.slope = IntExpr::from_terms(0, std::move(slope));
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

Range range_of(const IntSymbol& s, const Facts* facts, int depth) {
  if (s.kind == SymbolKind::localparam) return range_of(s.value, facts, depth + 1);
  Range r{s.min, s.max};
  if (s.kind == SymbolKind::genvar) r = {0, clamp(range_of(s.value, facts, depth + 1).high - 1)};
  if (facts != nullptr) {
    if (const auto it = facts->find(&s); it != facts->end()) {
      if (it->second.low) r.low = range_of(*it->second.low, facts, depth + 1).low;
      if (it->second.high) r.high = range_of(*it->second.high, facts, depth + 1).high;
    }
  }
  return r;
}

Range range_of(const IntAtom& atom, const Facts* facts, int depth) {
  if (depth > max_depth) return {-infinite, infinite};
  switch (atom.kind) {
    case AtomKind::symbol:
      return range_of(*atom.symbol, facts, depth);
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

/// A product of atoms, each counted from its smallest value.
struct Part {
  static constexpr std::size_t max_atoms = 6;
  Wide factor = 0;
  std::size_t size = 0;
  std::array<const IntAtom*, max_atoms> rests{};

  [[nodiscard]] bool same_rests(const Part& o) const {
    return size == o.size &&
           std::equal(rests.begin(), rests.begin() + static_cast<std::ptrdiff_t>(size), o.rests.begin(),
                      [](const IntAtom* x, const IntAtom* y) { return x == y || same_atom(*x, *y); });
  }
};

/// Lower bound after moving every atom to start at zero, which keeps `A*B - A` together where plain intervals
/// would lose it.
bool shifted_nonnegative(const IntExpr& d, const Facts* facts) {
  // Each product is expanded over (shift + rest) of its atoms; products of rests are compared as sets of
  // atoms.
  std::vector<Part> parts{{.factor = d.offset()}};
  std::vector<Part> expanded;
  for (const auto& t : d.terms()) {
    if (t.atoms.size() > Part::max_atoms) return false;
    expanded.assign(1, {.factor = t.factor});
    for (const auto& a : t.atoms) {
      const Range r = range_of(a, facts, 0);
      if (r.low <= -infinite) return false;
      const std::size_t count = expanded.size();
      for (std::size_t i = 0; i < count; ++i) {
        if (r.low != 0) {
          Part shifted = expanded[i];
          shifted.factor = multiply(shifted.factor, r.low);
          expanded.push_back(shifted);
        }
        Part& p = expanded[i];
        p.rests[p.size++] = &a;
      }
    }
    for (const auto& p : expanded) {
      const auto same =
          std::find_if(parts.begin(), parts.end(), [&](const Part& o) { return o.same_rests(p); });
      if (same == parts.end()) {
        parts.push_back(p);
      } else {
        same->factor = clamp(same->factor + p.factor);
      }
    }
  }
  Wide low = 0;
  for (const auto& p : parts) {
    if (p.size == 0) {
      low = clamp(low + p.factor);
    } else if (p.factor < 0) {
      Wide high = 1;
      for (std::size_t i = 0; i < p.size; ++i) {
        const Range r = range_of(*p.rests[i], facts, 0);
        high = multiply(high, clamp(r.high - r.low));
      }
      low = clamp(low + multiply(p.factor, high));
    }
  }
  return low >= 0;
}

/// Values of the symbols at corners of their ranges, where a goal that is false mostly shows it.
class Corners {
 public:
  explicit Corners(const Facts* facts) : facts_(facts) {}
  /// Everything that the goals of a proof can mention.
  void choose(const IntExpr& goal);
  /// Is the goal false at one of the corners? Then nothing can prove it.
  [[nodiscard]] bool refute(const IntExpr& goal) const;

 private:
  struct Value {
    const IntSymbol* symbol;
    Wide value;
  };
  using Point = std::vector<Value>;

  void collect(const IntExpr& e);
  void collect(const IntSymbol& s);
  bool fix(const IntSymbol& s, std::size_t flipped, bool high, Point& point, int depth) const;
  static const Value* find(const IntSymbol& s, const Point& point);
  /// Nothing where the value is not known or too large to be sure of.
  static std::optional<Wide> value(const IntExpr& e, const Point& point);
  static std::optional<Wide> value(const IntAtom& atom, const Point& point);

  const Facts* facts_;
  std::vector<const IntSymbol*> symbols_;
  std::vector<Point> points_;
};

void Corners::collect(const IntExpr& e) {
  for (const auto& t : e.terms()) {
    for (const auto& a : t.atoms) {
      if (a.kind == AtomKind::symbol) {
        collect(*a.symbol);
      } else {
        collect(a.a);
        collect(a.b);
      }
    }
  }
}

void Corners::collect(const IntSymbol& s) {
  if (std::find(symbols_.begin(), symbols_.end(), &s) != symbols_.end()) return;
  symbols_.push_back(&s);
  if (s.kind == SymbolKind::localparam) {
    collect(s.value);
  } else {
    collect(*low_of(s, facts_));
    collect(*high_of(s, facts_));
  }
}

const Corners::Value* Corners::find(const IntSymbol& s, const Point& point) {
  const auto it = std::find_if(point.begin(), point.end(), [&](const Value& v) { return v.symbol == &s; });
  return it == point.end() ? nullptr : &*it;
}

std::optional<Wide> Corners::value(const IntAtom& atom, const Point& point) {
  if (atom.kind == AtomKind::symbol) {
    const Value* v = find(*atom.symbol, point);
    return v == nullptr ? std::nullopt : std::optional(v->value);
  }
  const auto a = value(atom.a, point);
  const auto b = value(atom.b, point);
  if (!a || !b) return std::nullopt;
  switch (atom.kind) {
    case AtomKind::clog2:
      return log2_of(*a);
    case AtomKind::max:
      return std::max(*a, *b);
    case AtomKind::min:
      return std::min(*a, *b);
    default:
      if (*a < 0 || *b < 1) return std::nullopt;
      return *a / *b;
  }
}

std::optional<Wide> Corners::value(const IntExpr& e, const Point& point) {
  Wide total = e.offset();
  for (const auto& t : e.terms()) {
    Wide p = t.factor;
    for (const auto& a : t.atoms) {
      const auto v = value(a, point);
      if (!v) return std::nullopt;
      p = multiply(p, *v);
    }
    total += p;
    if (total >= infinite / 2 || total <= -infinite / 2) return std::nullopt;
  }
  return total;
}

/// Gives the symbol its smallest or largest value, and what that is counted in a value before.
bool Corners::fix(const IntSymbol& s, std::size_t flipped, bool high, Point& point, int depth) const {
  if (find(s, point) != nullptr) return true;
  if (depth > max_depth) return false;  // bounds in terms of each other
  const bool up = (flipped < symbols_.size() && symbols_[flipped] == &s) != high;
  const IntExpr bound = s.kind == SymbolKind::localparam ? s.value
                        : up                             ? *high_of(s, facts_)
                                                         : *low_of(s, facts_);
  for (const auto* other : symbols_) {
    if (mentions(bound, other) && !fix(*other, flipped, high, point, depth + 1)) return false;
  }
  const auto v = value(bound, point);
  if (v) point.push_back({&s, *v});
  return v.has_value();
}

void Corners::choose(const IntExpr& goal) {
  collect(goal);
  for (const bool high : {false, true}) {
    // All at one end, and each in turn at the other.
    for (std::size_t flipped = 0; flipped <= symbols_.size(); ++flipped) {
      Point point;
      const bool valid = std::all_of(symbols_.begin(), symbols_.end(),
                                     [&](const IntSymbol* s) { return fix(*s, flipped, high, point, 0); }) &&
                         std::all_of(symbols_.begin(), symbols_.end(), [&](const IntSymbol* s) {
                           if (s->kind == SymbolKind::localparam) return true;
                           const auto low = value(*low_of(*s, facts_), point);
                           const auto top = value(*high_of(*s, facts_), point);
                           const Wide v = find(*s, point)->value;
                           return low && top && *low <= v && v <= *top;  // not in a loop that is empty here
                         });
      if (valid) points_.push_back(std::move(point));
    }
  }
}

bool Corners::refute(const IntExpr& goal) const {
  return std::any_of(points_.begin(), points_.end(), [&](const Point& point) {
    const auto v = value(goal, point);
    return v && *v < 0;
  });
}

/// One proof: a search over eliminations that looks at no goal twice, and at none that is false at a corner.
class Proof {
 public:
  explicit Proof(const Facts* facts) : facts_(facts), corners_(facts) {}
  bool nonnegative(const IntExpr& d, int depth);

 private:
  struct ByForm {
    bool operator()(const IntExpr& a, const IntExpr& b) const { return ordered_before(a, b); }
  };

  bool search(const IntExpr& d, int depth);
  bool by_corner(const IntExpr& d, const IntAtom& symbol, int depth);
  bool by_cases(const IntExpr& d, const IntAtom& choice, int depth);
  bool by_growth(const IntExpr& d, const IntAtom& log, int depth);
  bool by_bound(const IntExpr& d, const IntAtom& atom, int depth);
  /// What is tried first has the larger number. A bound that mentions other symbols goes before those
  /// symbols: `COLUMNS - i - 1` is zero at the last i, and says nothing at the smallest COLUMNS.
  int urgency(const IntAtom& atom) const;

  const Facts* facts_;
  Corners corners_;
  std::map<IntExpr, int, ByForm> failed_;  ///< the least depth at which a goal was given up
  int goals_ = 0;
};

bool Proof::nonnegative(const IntExpr& d, int depth) {
  if (d.is_constant()) return d.offset() >= 0;
  if (depth > max_depth) return false;
  if (shifted_nonnegative(d, facts_)) return true;
  if (depth == 0) corners_.choose(d);
  if (corners_.refute(d)) return false;
  if (const auto it = failed_.find(d); it != failed_.end() && it->second <= depth) return false;
  if (++goals_ > max_goals) return false;
  if (search(d, depth)) return true;
  const auto [it, fresh] = failed_.try_emplace(d, depth);
  if (!fresh) it->second = std::min(it->second, depth);
  return false;
}

int Proof::urgency(const IntAtom& atom) const {
  if (atom.kind != AtomKind::symbol) return 1;
  if (atom.symbol->kind == SymbolKind::genvar) return 3;
  return facts_ != nullptr && facts_->contains(atom.symbol.get()) ? 2 : 0;
}

bool Proof::search(const IntExpr& d, int depth) {
  struct Candidate {
    const IntAtom* atom;
    int urgency;
  };
  std::vector<Candidate> candidates;
  for (const auto& t : d.terms()) {
    for (const auto& a : t.atoms) {
      const bool usable = a.kind != AtomKind::symbol || a.symbol->kind != SymbolKind::localparam;
      const bool known = std::any_of(candidates.begin(), candidates.end(),
                                     [&](const Candidate& c) { return same_atom(*c.atom, a); });
      if (usable && !known) candidates.push_back({&a, urgency(a)});
    }
  }
  std::stable_sort(candidates.begin(), candidates.end(), [](const Candidate& x, const Candidate& y) {
    if (x.urgency != y.urgency) return x.urgency > y.urgency;
    // An inner loop's count may mention the genvar of an outer one.
    return x.urgency > 1 && x.atom->symbol->order > y.atom->symbol->order;
  });
  return std::any_of(candidates.begin(), candidates.end(), [&](const Candidate& c) {
    switch (c.atom->kind) {
      case AtomKind::symbol:
        return by_corner(d, *c.atom, depth);
      case AtomKind::clog2:
        return by_growth(d, *c.atom, depth) || by_bound(d, *c.atom, depth);
      case AtomKind::div:
        return by_bound(d, *c.atom, depth);
      default:
        return by_cases(d, *c.atom, depth);
    }
  });
}

/// At the end of the symbol's range where d is smallest.
bool Proof::by_corner(const IntExpr& d, const IntAtom& symbol, int depth) {
  const Linear l = split(d, symbol);
  if (!l.ok) return false;
  std::optional<IntExpr> corner;
  if (nonnegative(l.slope, depth + 4)) {
    corner = low_of(*symbol.symbol, facts_);
  } else if (nonnegative(-l.slope, depth + 4)) {
    corner = high_of(*symbol.symbol, facts_);
  }
  if (corner) corner = corner->expanded();  // as the goal is, so that a localparam cancels its definition
  // A symbol's own bound must not mention the symbol again, or the elimination would not end.
  return corner && !mentions(*corner, symbol.symbol.get()) &&
         nonnegative(l.rest + l.slope * *corner, depth + 1);
}

bool Proof::by_cases(const IntExpr& d, const IntAtom& choice, int depth) {
  const Linear l = split(d, choice);
  if (!l.ok) return false;
  const bool a = nonnegative(l.rest + l.slope * choice.a, depth + 2);
  const bool b = nonnegative(l.rest + l.slope * choice.b, depth + 2);
  if (a && b) return true;
  // One case is enough where the other choice can only be larger.
  const bool up = choice.kind == AtomKind::max;
  return (a || b) && nonnegative(up ? l.slope : -l.slope, depth + 4);
}

/// clog2 never falls: +clog2(b) - clog2(a) >= 0 where b >= a.
bool Proof::by_growth(const IntExpr& d, const IntAtom& log, int depth) {
  for (const auto& other : d.terms()) {
    if (other.factor >= 0 || other.atoms.size() != 1 || other.atoms[0].kind != AtomKind::clog2) continue;
    if (!nonnegative((log.a - other.atoms[0].a).expanded(), depth + 2)) continue;
    const Linear l = split(d, log);
    if (l.ok && nonnegative(l.slope, depth + 4) &&
        nonnegative(l.rest + l.slope * clog2(other.atoms[0].a), depth + 1)) {
      return true;
    }
  }
  return false;
}

/// What a logarithm or a quotient is at least or at most, in terms of its operand or as a number.
bool Proof::by_bound(const IntExpr& d, const IntAtom& atom, int depth) {
  const Range r = range_of(atom, facts_, 0);
  const Linear l = split(d, atom);
  if (!l.ok || r.low <= -infinite || r.high >= Wide{1} << 32) return false;
  const bool rising = nonnegative(l.slope, depth + 4);
  if (!rising && !nonnegative(-l.slope, depth + 4)) return false;
  if (nonnegative(l.rest + l.slope * static_cast<std::int64_t>(rising ? r.low : r.high), depth + 2))
    return true;
  if (atom.kind == AtomKind::clog2) {
    // clog2(x) <= x - 1 for x >= 1
    return !rising && nonnegative(atom.a - 1, depth + 4) &&
           nonnegative(l.rest + l.slope * (atom.a - 1), depth + 2);
  }
  // x - k < k*(x / k) <= x
  const auto k = atom.b.constant();
  return k && nonnegative(*k * l.rest + l.slope * (rising ? atom.a - *k + 1 : atom.a), depth + 2);
}

}  // namespace

bool provably_ge(const IntExpr& a, const IntExpr& b, const Facts* facts) {
  if (a.has_same_terms(b)) return a.offset() >= b.offset();
  return Proof(facts).nonnegative((a - b).expanded(), 0);
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
  // A condition that says less than what is known already changes nothing.
  const auto at_least = [&](const SymbolRef& s, const IntExpr& low) {
    if (mentions(low, s.get()) || provably_ge(*low_of(*s, &facts), low, &facts)) return;
    facts[s.get()].low = low;
  };
  const auto at_most = [&](const SymbolRef& s, const IntExpr& high) {
    if (mentions(high, s.get()) || provably_ge(high, *high_of(*s, &facts), &facts)) return;
    facts[s.get()].high = high;
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
