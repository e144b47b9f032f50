#include "hw/int_expr.h"

#include <algorithm>
#include <charconv>
#include <compare>
#include <stdexcept>

namespace offramp::hw {

namespace {

std::strong_ordering compare(const IntExpr& a, const IntExpr& b);

std::strong_ordering compare(const IntAtom& a, const IntAtom& b) {
  if (const auto c = a.kind <=> b.kind; c != 0) return c;
  if (a.kind == AtomKind::symbol) {
    if (a.symbol == b.symbol) return std::strong_ordering::equal;
    if (const auto c = a.symbol->order <=> b.symbol->order; c != 0) return c;
    if (const auto c = a.symbol->name.compare(b.symbol->name); c != 0) return c <=> 0;
    return std::compare_three_way{}(a.symbol.get(), b.symbol.get());
  }
  if (const auto c = compare(a.a, b.a); c != 0) return c;
  return compare(a.b, b.b);
}

std::strong_ordering compare_atoms(const std::vector<IntAtom>& a, const std::vector<IntAtom>& b) {
  for (std::size_t i = 0; i < a.size() && i < b.size(); ++i) {
    if (const auto c = compare(a[i], b[i]); c != 0) return c;
  }
  return b.size() <=> a.size();  // longer products first: `A*B + A`
}

std::strong_ordering compare(const IntExpr& a, const IntExpr& b) {
  const auto& ta = a.terms();
  const auto& tb = b.terms();
  for (std::size_t i = 0; i < ta.size() && i < tb.size(); ++i) {
    if (const auto c = compare_atoms(ta[i].atoms, tb[i].atoms); c != 0) return c;
    if (const auto c = ta[i].factor <=> tb[i].factor; c != 0) return c;
  }
  if (const auto c = ta.size() <=> tb.size(); c != 0) return c;
  return a.offset() <=> b.offset();
}

std::int64_t ceil_log2(std::int64_t v) {
  std::int64_t n = 0;
  while (n < 62 && (std::int64_t{1} << n) < v) ++n;
  return n;
}

const std::vector<IntTerm> no_terms;

}  // namespace

IntExpr::IntExpr(std::shared_ptr<const IntSymbol> symbol) {
  *this = from_atom({.kind = AtomKind::symbol, .symbol = std::move(symbol), .a = {}, .b = {}});
}

std::optional<std::int64_t> IntExpr::constant() const {
  if (is_constant()) return constant_;
  return std::nullopt;
}

const std::vector<IntTerm>& IntExpr::terms() const {
  return terms_ ? *terms_ : no_terms;
}

IntExpr IntExpr::from_atom(IntAtom atom) {
  IntTerm term;
  term.atoms.push_back(std::move(atom));
  return from_terms(0, {std::move(term)});
}

IntExpr IntExpr::from_terms(std::int64_t offset, std::vector<IntTerm> terms) {
  std::stable_sort(terms.begin(), terms.end(),
                   [](const IntTerm& a, const IntTerm& b) { return compare_atoms(a.atoms, b.atoms) < 0; });
  std::vector<IntTerm> merged;
  for (auto& t : terms) {
    if (t.atoms.empty()) {
      offset += t.factor;
    } else if (!merged.empty() && compare_atoms(merged.back().atoms, t.atoms) == 0) {
      merged.back().factor += t.factor;
    } else {
      merged.push_back(std::move(t));
    }
  }
  std::erase_if(merged, [](const IntTerm& t) { return t.factor == 0; });
  IntExpr e(offset);
  if (!merged.empty()) e.terms_ = std::make_shared<const std::vector<IntTerm>>(std::move(merged));
  return e;
}

IntExpr IntExpr::sum(const IntExpr& a, const IntExpr& b, std::int64_t factor) {
  if (b.is_constant() && !a.is_constant()) {
    IntExpr e = a;
    e.constant_ += factor * b.constant_;
    return e;
  }
  if (a.is_constant() && b.is_constant()) return IntExpr(a.constant_ + factor * b.constant_);
  std::vector<IntTerm> terms = a.terms();
  for (const auto& t : b.terms()) terms.push_back({t.factor * factor, t.atoms});
  return from_terms(a.constant_ + factor * b.constant_, std::move(terms));
}

IntExpr IntExpr::product(const IntExpr& a, const IntExpr& b) {
  std::vector<IntTerm> terms;
  for (const auto& ta : a.terms()) {
    for (const auto& tb : b.terms()) {
      IntTerm t{ta.factor * tb.factor, ta.atoms};
      t.atoms.insert(t.atoms.end(), tb.atoms.begin(), tb.atoms.end());
      std::stable_sort(t.atoms.begin(), t.atoms.end(),
                       [](const IntAtom& x, const IntAtom& y) { return compare(x, y) < 0; });
      terms.push_back(std::move(t));
    }
  }
  for (const auto& ta : a.terms()) terms.push_back({ta.factor * b.constant_, ta.atoms});
  for (const auto& tb : b.terms()) terms.push_back({tb.factor * a.constant_, tb.atoms});
  return from_terms(a.constant_ * b.constant_, std::move(terms));
}

namespace {

/// Rebuilds an expression with every symbol mapped; the mapping returns nothing to keep a symbol.
template <class Map>
IntExpr rebuild(const IntExpr& e, const Map& map) {
  if (e.is_constant()) return e;
  IntExpr total(e.offset());
  for (const auto& t : e.terms()) {
    IntExpr p(t.factor);
    for (const auto& atom : t.atoms) {
      switch (atom.kind) {
        case AtomKind::symbol: {
          const std::optional<IntExpr> by = map(atom.symbol);
          p = p * (by ? *by : IntExpr(atom.symbol));
          break;
        }
        case AtomKind::clog2:
          p = p * clog2(rebuild(atom.a, map));
          break;
        case AtomKind::max:
          p = p * max(rebuild(atom.a, map), rebuild(atom.b, map));
          break;
        case AtomKind::min:
          p = p * min(rebuild(atom.a, map), rebuild(atom.b, map));
          break;
        case AtomKind::div:
          p = p * floor_div(rebuild(atom.a, map), rebuild(atom.b, map));
          break;
      }
    }
    total = total + p;
  }
  return total;
}

bool has_localparam(const IntExpr& e) {
  for (const auto& t : e.terms()) {
    for (const auto& a : t.atoms) {
      if (a.kind == AtomKind::symbol ? a.symbol->kind == SymbolKind::localparam
                                     : has_localparam(a.a) || has_localparam(a.b)) {
        return true;
      }
    }
  }
  return false;
}

}  // namespace

IntExpr IntExpr::expanded() const {
  if (!has_localparam(*this)) return *this;
  return rebuild(*this, [](const SymbolRef& s) -> std::optional<IntExpr> {
    if (s->kind == SymbolKind::localparam) return s->value.expanded();
    return std::nullopt;
  });
}

bool IntExpr::equal_forms(const IntExpr& a, const IntExpr& b) {
  if (a.constant_ == b.constant_ && a.terms_ == b.terms_) return true;
  if (a.is_constant() && b.is_constant()) return false;
  if (compare(a, b) == 0) return true;
  return compare(a.expanded(), b.expanded()) == 0;
}

bool ordered_before(const IntExpr& a, const IntExpr& b) {
  return compare(a, b) < 0;
}

IntExpr clog2(const IntExpr& e) {
  if (e.is_constant()) return IntExpr(ceil_log2(e.offset()));
  return IntExpr::from_atom({.kind = AtomKind::clog2, .symbol = nullptr, .a = e, .b = {}});
}

IntExpr max(const IntExpr& a, const IntExpr& b) {
  if (provably_ge(a, b)) return a;
  if (provably_ge(b, a)) return b;
  const bool swap = compare(b, a) < 0;
  return IntExpr::from_atom({.kind = AtomKind::max, .symbol = nullptr, .a = swap ? b : a, .b = swap ? a : b});
}

IntExpr min(const IntExpr& a, const IntExpr& b) {
  if (provably_ge(a, b)) return b;
  if (provably_ge(b, a)) return a;
  const bool swap = compare(b, a) < 0;
  return IntExpr::from_atom({.kind = AtomKind::min, .symbol = nullptr, .a = swap ? b : a, .b = swap ? a : b});
}

IntExpr floor_div(const IntExpr& e, const IntExpr& k) {
  if (const auto c = k.constant()) {
    if (*c <= 0) throw std::logic_error("division of a width expression by " + std::to_string(*c));
    if (*c == 1) return e;
    if (const auto v = e.constant()) return IntExpr(*v / *c);
    const bool divides =
        e.offset() % *c == 0 &&
        std::all_of(e.terms().begin(), e.terms().end(), [&](const auto& t) { return t.factor % *c == 0; });
    if (divides) {
      auto terms = e.terms();
      for (auto& t : terms) t.factor /= *c;
      return IntExpr::from_terms(e.offset() / *c, std::move(terms));
    }
  } else if (e == k) {
    return 1;
  }
  return IntExpr::from_atom({.kind = AtomKind::div, .symbol = nullptr, .a = e, .b = k});
}

IntExpr exact_div(const IntExpr& e, const IntExpr& k) {
  return floor_div(e, k);
}
IntExpr ceil_div(const IntExpr& e, const IntExpr& k) {
  return floor_div(e + k - 1, k);
}

namespace {

std::int64_t evaluate_atom(const IntAtom& atom, const IntEnv& env) {
  switch (atom.kind) {
    case AtomKind::symbol: {
      if (const auto it = env.find(atom.symbol.get()); it != env.end()) return it->second;
      if (atom.symbol->kind == SymbolKind::genvar) {
        throw std::logic_error("genvar '" + atom.symbol->name + "' has no value here");
      }
      return evaluate(atom.symbol->value, env);
    }
    case AtomKind::clog2:
      return ceil_log2(evaluate(atom.a, env));
    case AtomKind::max:
      return std::max(evaluate(atom.a, env), evaluate(atom.b, env));
    case AtomKind::min:
      return std::min(evaluate(atom.a, env), evaluate(atom.b, env));
    case AtomKind::div: {
      const auto k = evaluate(atom.b, env);
      return k == 0 ? 0 : evaluate(atom.a, env) / k;
    }
  }
  return 0;
}

void append_number(std::string& to, std::int64_t value) {
  char digits[24];
  to.append(digits, std::to_chars(digits, digits + sizeof digits, value).ptr);
}

/// One factor with nothing beside it, which needs no parentheses in a quotient.
bool is_single(const IntExpr& e) {
  return e.is_constant() || (e.terms().size() == 1 && e.offset() == 0 && e.terms()[0].factor == 1 &&
                             e.terms()[0].atoms.size() == 1);
}

void append_atom(std::string& to, const IntAtom& atom, bool tight) {
  switch (atom.kind) {
    case AtomKind::symbol:
      to += atom.symbol->name;
      break;
    case AtomKind::clog2:
      to += "$clog2(";
      atom.a.append_verilog(to, tight);
      to += ')';
      break;
    case AtomKind::max:
    case AtomKind::min:
      to += "((";
      atom.a.append_verilog(to, tight);
      to += atom.kind == AtomKind::max ? " > " : " < ";
      atom.b.append_verilog(to, tight);
      to += ") ? ";
      atom.a.append_verilog(to, tight);
      to += " : ";
      atom.b.append_verilog(to, tight);
      to += ')';
      break;
    case AtomKind::div: {
      const auto wrapped = [&](const IntExpr& e) {
        const bool single = is_single(e);
        if (!single) to += '(';
        e.append_verilog(to, tight);
        if (!single) to += ')';
      };
      to += '(';
      wrapped(atom.a);
      to += " / ";
      wrapped(atom.b);
      to += ')';
      break;
    }
  }
}

void append_term(std::string& to, const IntTerm& t, std::int64_t factor, bool tight) {
  bool first = true;
  if (factor != 1) {
    append_number(to, factor);
    first = false;
  }
  for (const auto& a : t.atoms) {
    if (!first) to += '*';
    append_atom(to, a, tight);
    first = false;
  }
}

}  // namespace

std::int64_t evaluate(const IntExpr& e, const IntEnv& env) {
  std::int64_t total = e.offset();
  for (const auto& t : e.terms()) {
    std::int64_t p = t.factor;
    for (const auto& a : t.atoms) p *= evaluate_atom(a, env);
    total += p;
  }
  return total;
}

std::string IntExpr::verilog(bool expand) const {
  if (expand) return expanded().verilog();
  std::string s;
  append_verilog(s);
  return s;
}

void IntExpr::append_verilog(std::string& to, bool tight) const {
  if (is_constant()) {
    append_number(to, constant_);
    return;
  }
  const auto start = to.size();
  const auto sign = [&](bool positive) {
    if (!tight) to += ' ';
    to += positive ? '+' : '-';
    if (!tight) to += ' ';
  };
  bool constant_is_first = false;
  for (const bool positive : {true, false}) {  // a leading minus sign reads badly
    if (!positive && to.size() == start && constant_ > 0) {
      append_number(to, constant_);
      constant_is_first = true;
    }
    for (const auto& t : *terms_) {
      if ((t.factor > 0) != positive) continue;
      if (to.size() != start) {
        sign(positive);
      } else if (!positive) {
        to += '-';
      }
      append_term(to, t, positive ? t.factor : -t.factor, tight);
    }
  }
  if (constant_ != 0 && !constant_is_first) {
    sign(constant_ > 0);
    append_number(to, constant_ > 0 ? constant_ : -constant_);
  }
}

IntExpr substitute(const IntExpr& e, const std::map<const IntSymbol*, IntExpr>& by) {
  return rebuild(e, [&](const SymbolRef& s) -> std::optional<IntExpr> {
    if (const auto it = by.find(s.get()); it != by.end()) return it->second;
    return std::nullopt;
  });
}

bool mentions(const IntExpr& e, const IntSymbol* symbol) {
  for (const auto& t : e.terms()) {
    for (const auto& a : t.atoms) {
      if (a.kind == AtomKind::symbol ? a.symbol.get() == symbol
                                     : mentions(a.a, symbol) || mentions(a.b, symbol)) {
        return true;
      }
    }
  }
  return false;
}

std::string IntCondition::verilog() const {
  static constexpr const char* names[] = {" == ", " != ", " > ", " >= ", " < ", " <= "};
  return a.verilog() + names[static_cast<int>(op)] + b.verilog();
}

bool IntCondition::evaluate(const IntEnv& env) const {
  const auto x = hw::evaluate(a, env);
  const auto y = hw::evaluate(b, env);
  switch (op) {
    case Op::eq:
      return x == y;
    case Op::ne:
      return x != y;
    case Op::gt:
      return x > y;
    case Op::ge:
      return x >= y;
    case Op::lt:
      return x < y;
    case Op::le:
      return x <= y;
  }
  return false;
}

IntCondition IntCondition::negated() const {
  static constexpr Op inverse[] = {Op::ne, Op::eq, Op::le, Op::lt, Op::ge, Op::gt};
  return {inverse[static_cast<int>(op)], a, b};
}

IntCondition equal(IntExpr a, IntExpr b) {
  return {IntCondition::Op::eq, std::move(a), std::move(b)};
}
IntCondition not_equal(IntExpr a, IntExpr b) {
  return {IntCondition::Op::ne, std::move(a), std::move(b)};
}
IntCondition greater(IntExpr a, IntExpr b) {
  return {IntCondition::Op::gt, std::move(a), std::move(b)};
}
IntCondition greater_equal(IntExpr a, IntExpr b) {
  return {IntCondition::Op::ge, std::move(a), std::move(b)};
}
IntCondition less(IntExpr a, IntExpr b) {
  return {IntCondition::Op::lt, std::move(a), std::move(b)};
}
IntCondition less_equal(IntExpr a, IntExpr b) {
  return {IntCondition::Op::le, std::move(a), std::move(b)};
}

}  // namespace offramp::hw
