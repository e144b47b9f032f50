#pragma once
// Integers over module parameters and genvars, kept as a canonical sum of products, so that two widths are
// the same exactly where they print the same. `>=` is decided from the declared ranges, never from the
// defaults.
#include <concepts>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "hw/source_loc.h"

namespace offramp::hw {

struct IntSymbol;
struct IntAtom;
struct IntTerm;

class IntExpr {
 public:
  template <std::integral T>
  requires(!std::same_as<T, bool>) IntExpr(T value)
      : constant_(static_cast<std::int64_t>(value)) {}  // NOLINT: implicit by design
  IntExpr() = default;
  /// The symbol itself (a parameter, localparam or genvar).
  explicit IntExpr(std::shared_ptr<const IntSymbol> symbol);

  friend IntExpr operator+(const IntExpr& a, const IntExpr& b) { return sum(a, b, 1); }
  friend IntExpr operator-(const IntExpr& a, const IntExpr& b) { return sum(a, b, -1); }
  friend IntExpr operator*(const IntExpr& a, const IntExpr& b) { return product(a, b); }
  friend IntExpr operator-(const IntExpr& a) { return sum(IntExpr(0), a, -1); }
  /// Structural equality of the canonical forms, with localparams replaced by their definitions.
  friend bool operator==(const IntExpr& a, const IntExpr& b) { return equal_forms(a, b); }

  [[nodiscard]] bool is_constant() const { return terms_ == nullptr; }
  /// The value of a constant expression.
  [[nodiscard]] std::optional<std::int64_t> constant() const;
  /// Verilog text; with `expand` localparams are printed as their definitions (for ports).
  [[nodiscard]] std::string verilog(bool expand = false) const;
  /// The same text at the end of another; `tight` leaves out the spaces around + and -, as inside brackets.
  void append_verilog(std::string& to, bool tight = false) const;
  [[nodiscard]] IntExpr expanded() const;

  // The canonical form, for passes.
  [[nodiscard]] std::int64_t offset() const { return constant_; }
  [[nodiscard]] const std::vector<IntTerm>& terms() const;
  /// Does only the constant differ, as far as can be seen without comparing?
  [[nodiscard]] bool has_same_terms(const IntExpr& other) const { return terms_ == other.terms_; }
  static IntExpr from_terms(std::int64_t offset, std::vector<IntTerm> terms);
  static IntExpr from_atom(IntAtom atom);

 private:
  static IntExpr sum(const IntExpr& a, const IntExpr& b, std::int64_t factor);
  static IntExpr product(const IntExpr& a, const IntExpr& b);
  static bool equal_forms(const IntExpr& a, const IntExpr& b);

  std::int64_t constant_ = 0;
  std::shared_ptr<const std::vector<IntTerm>> terms_;  // null for a constant
};

enum class SymbolKind : std::uint8_t { param, localparam, genvar };

/// What a name in an IntExpr stands for.
struct IntSymbol {
  SymbolKind kind = SymbolKind::param;
  std::string name;
  std::uint32_t order = 0;  ///< position among the module's symbols; fixes the order of printing
  IntExpr value;            ///< default of a parameter, definition of a localparam, count of a genvar
  std::int64_t min = 1;     ///< declared range of a parameter
  std::int64_t max = 1;
  std::string doc;
  SourceLoc loc;
};
using SymbolRef = std::shared_ptr<const IntSymbol>;

enum class AtomKind : std::uint8_t { symbol, clog2, max, min, div };

/// A factor that the canonical form does not look into.
struct IntAtom {
  AtomKind kind = AtomKind::symbol;
  SymbolRef symbol;
  IntExpr a;
  IntExpr b;
};

struct IntTerm {
  std::int64_t factor = 1;
  std::vector<IntAtom> atoms;  // sorted
};

/// A total order of canonical forms, for containers.
bool ordered_before(const IntExpr& a, const IntExpr& b);

/// Smallest n with 2^n >= e, as Verilog's $clog2 (0 for 0 and 1).
IntExpr clog2(const IntExpr& e);
IntExpr max(const IntExpr& a, const IntExpr& b);
IntExpr min(const IntExpr& a, const IntExpr& b);
/// e / k where the author knows that nothing is left over.
IntExpr exact_div(const IntExpr& e, const IntExpr& k);
/// floor(e / k) and ceil(e / k) for e >= 0, k >= 1.
IntExpr floor_div(const IntExpr& e, const IntExpr& k);
IntExpr ceil_div(const IntExpr& e, const IntExpr& k);

/// Values of symbols; a parameter that is missing has its default, a localparam its definition.
using IntEnv = std::map<const IntSymbol*, std::int64_t>;
std::int64_t evaluate(const IntExpr& e, const IntEnv& env = {});

/// Tighter bounds of symbols that hold in some place (inside a generate_if).
struct SymbolBounds {
  std::optional<IntExpr> low;
  std::optional<IntExpr> high;
};
using Facts = std::map<const IntSymbol*, SymbolBounds>;

/// True only if a >= b for all parameter values in their declared ranges.
bool provably_ge(const IntExpr& a, const IntExpr& b, const Facts* facts = nullptr);

/// Replaces symbols by expressions.
IntExpr substitute(const IntExpr& e, const std::map<const IntSymbol*, IntExpr>& by);
/// Does the symbol occur?
bool mentions(const IntExpr& e, const IntSymbol* symbol);

/// A condition on integers, for generate_if.
struct IntCondition {
  enum class Op : std::uint8_t { eq, ne, gt, ge, lt, le } op = Op::eq;
  IntExpr a;
  IntExpr b;

  [[nodiscard]] std::string verilog() const;
  [[nodiscard]] bool evaluate(const IntEnv& env) const;
  [[nodiscard]] IntCondition negated() const;
};
IntCondition equal(IntExpr a, IntExpr b);
IntCondition not_equal(IntExpr a, IntExpr b);
IntCondition greater(IntExpr a, IntExpr b);
IntCondition greater_equal(IntExpr a, IntExpr b);
IntCondition less(IntExpr a, IntExpr b);
IntCondition less_equal(IntExpr a, IntExpr b);

/// Adds what the condition says about a symbol to the facts.
void learn(Facts& facts, const IntCondition& condition);

}  // namespace offramp::hw
