#pragma once
// Values: handles to expressions, and the operators that build them. Arithmetic is exact, signs never mix,
// and the only way to lose bits is an operation whose name says so.
#include <type_traits>

#include "hw/ir.h"

namespace offramp::hw {

/// A handle to an expression of one module.
class Value {
 public:
  Value() = default;
  Value(Module* module, Id id) : token_(module == nullptr ? nullptr : module->token), id_(id) {}

  explicit operator bool() const = delete;  // `if (a == b)` describes hardware: use when() or mux()

  /// Null for an empty handle, and once the design is gone.
  [[nodiscard]] Module* module() const { return token_ == nullptr ? nullptr : token_->module; }
  [[nodiscard]] const ModuleToken* token() const { return token_; }
  [[nodiscard]] Id id() const { return id_; }
  /// By value: the arena grows while a design is built. Throws DesignError if the design is gone.
  [[nodiscard]] Type type() const;
  [[nodiscard]] IntExpr width() const { return type().width; }
  [[nodiscard]] bool is_signed() const { return type().is_signed(); }

 private:
  ModuleToken* token_ = nullptr;
  Id id_ = none;
};
static_assert(std::is_trivially_copyable_v<Value> && sizeof(Value) <= 16);

class In : public Value {
 public:
  using Value::Value;
};
class Out : public Value {
 public:
  using Value::Value;
};
class Reg : public Value {
 public:
  using Value::Value;
};

/// The same expression node? (`==` builds a comparator.)
[[nodiscard]] inline bool same(Value a, Value b) {
  return a.module() == b.module() && a.id() == b.id();
}

/// A Value, or an integer that takes the type of the other operand. Its construction records the caller's
/// line.
struct Operand {
  Value value;
  IntExpr literal;
  bool is_literal = false;
  SourceLoc loc;

  Operand(Value v, SourceLoc at = SourceLoc::here()) : value(v), loc(at) {}  // NOLINT: implicit by design
  Operand(const IntExpr& v, SourceLoc at = SourceLoc::here())                // NOLINT
      : literal(v), is_literal(true), loc(at) {}
  template <std::integral T>
  requires(!std::same_as<T, bool>) Operand(T v, SourceLoc at = SourceLoc::here())
      : literal(v), is_literal(true), loc(at) {}  // NOLINT
  Operand(bool, SourceLoc = SourceLoc::here()) = delete;
};

// Exact: the result holds every value.
[[nodiscard]] Value operator+(const Operand& a, const Operand& b);
[[nodiscard]] Value operator-(const Operand& a, const Operand& b);
[[nodiscard]] Value operator*(const Operand& a, const Operand& b);
[[nodiscard]] Value operator-(const Operand& a);

// Modulo 2^width of the wider operand.
[[nodiscard]] Value add_wrap(const Operand& a, const Operand& b);
[[nodiscard]] Value sub_wrap(const Operand& a, const Operand& b);

// Changes of type.
[[nodiscard]] Value truncate(const Operand& v, const IntExpr& width);
[[nodiscard]] Value saturate(const Operand& v, const Type& type);
[[nodiscard]] Value extend(const Operand& v, const IntExpr& width);
[[nodiscard]] Value as_signed(const Operand& v);
[[nodiscard]] Value as_unsigned(const Operand& v);
[[nodiscard]] Value to_signed(const Operand& v);

// Bit by bit, on equal types.
[[nodiscard]] Value operator&(const Operand& a, const Operand& b);
[[nodiscard]] Value operator|(const Operand& a, const Operand& b);
[[nodiscard]] Value operator^(const Operand& a, const Operand& b);
[[nodiscard]] Value operator~(const Operand& a);

// Comparisons of one sign; the narrower operand is extended.
[[nodiscard]] Value operator==(const Operand& a, const Operand& b);
[[nodiscard]] Value operator!=(const Operand& a, const Operand& b);
[[nodiscard]] Value operator<(const Operand& a, const Operand& b);
[[nodiscard]] Value operator<=(const Operand& a, const Operand& b);
[[nodiscard]] Value operator>(const Operand& a, const Operand& b);
[[nodiscard]] Value operator>=(const Operand& a, const Operand& b);

Value operator&&(Value, Value) = delete;  // would not short-circuit: use & on bits
Value operator||(Value, Value) = delete;
Value operator!(Value) = delete;  // use ~ on a bit

/// sel ? t : f
[[nodiscard]] Value mux(const Operand& sel, const Operand& t, const Operand& f);
/// Most significant first; values only, since a literal has no width here.
[[nodiscard]] Value concat(const std::vector<Value>& values, SourceLoc loc = SourceLoc::here());
[[nodiscard]] Value replicate(const Operand& v, const IntExpr& count);

// Parts are unsigned.
[[nodiscard]] Value bit_of(const Operand& v, const IntExpr& index);
[[nodiscard]] Value slice(const Operand& v, const IntExpr& msb, const IntExpr& lsb);
/// v[lsb +: width]
[[nodiscard]] Value part(const Operand& v, const IntExpr& lsb, const IntExpr& width);
/// v[index*width +: width]; an index beyond the end reads x
[[nodiscard]] Value select(const Operand& v, const Operand& index, const IntExpr& width);

[[nodiscard]] Value any(const Operand& v);
[[nodiscard]] Value all(const Operand& v);
[[nodiscard]] Value parity(const Operand& v);

/// Exact: n bits wider.
[[nodiscard]] Value shift_left(const Operand& v, const IntExpr& n);
/// Floor division by 2^n; keeps the width.
[[nodiscard]] Value shift_right(const Operand& v, const IntExpr& n);
/// By a signal; extended (or cut) to result_width first, then shifted in that width.
[[nodiscard]] Value shift_left(const Operand& v, Value n, const IntExpr& result_width);
[[nodiscard]] Value shift_right(const Operand& v, Value n);

/// v / 2^n with one rounding, half up (towards plus infinity), as fixed::round_half_up; exact, so the result
/// is n - 1 bits narrower than v. Needs n >= 1 and width >= n for all parameter values.
[[nodiscard]] Value round_half_up(const Operand& v, const IntExpr& n);

/// A literal for a place that has this type, in the module that is being built; checks that it fits.
[[nodiscard]] Value make_literal(Module& m, const Type& type, const IntExpr& value, SourceLoc loc);
/// The operand as a value of module m: literals get `type`; a handle of another module is reported.
[[nodiscard]] Value resolve(Module& m, const Operand& operand, const Type& type);

}  // namespace offramp::hw
