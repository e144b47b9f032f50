#pragma once
// Expressions as Verilog text. Every text that `emit` gives is exactly as wide as its node when Verilog
// evaluates it by itself, so that no surrounding context can change its value; operands are extended by hand.
// Where Verilog needs a name (a slice of a sum, an extension whose length may be zero) the value is spilled
// into a wire whose name comes from what is being assigned.
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "hw/ir.h"

namespace offramp::hw {

/// How tightly a text binds, for parentheses.
enum class Binding : std::uint8_t { primary, unary, binary, ternary };

struct Text {
  std::string s;
  Binding binding = Binding::primary;
  bool is_signed = false;  ///< what Verilog takes it for
  const char* op = "";     ///< the operator of a binary text
};

class ExprPrinter {
 public:
  explicit ExprPrinter(const Module& m);

  /// Where we are: names of spilled values start with `_<lhs>_`, and their lines go to `prelude`.
  void enter(Id scope, int indent, std::string lhs, std::string* prelude);

  /// The right-hand side of an assignment of equal width.
  std::string assigned(Id expr);
  /// A one-bit condition, or any other place where the text stands by itself.
  std::string standalone(Id expr);
  std::string lvalue(Id expr);
  /// A constant of a type; declares a localparam where no literal can say it.
  Text constant(const Type& type, const IntExpr& value, const std::string& name = {});

 private:
  struct Spilled {
    std::string name;
    Id scope;
  };

  Text emit(Id id);
  Text emit_fresh(Id id);
  Text top(Id id);
  Text resized(Id id, const IntExpr& width);
  Text extended(Id id, const IntExpr& width);
  Text truncated(Id id, const IntExpr& width);
  Text arithmetic(const Expr& e, const IntExpr& width);
  Text saturated(const Expr& e);
  Text part_of(Id id, const IntExpr& lsb, const IntExpr& width, bool plus);
  Text compared(const Expr& e);
  std::string operand(const Text& t, const char* op = "") const;
  Text with_sign(Text t, bool is_signed, bool closed) const;
  std::string name_of(Id id, const IntExpr* used_lsb = nullptr, const IntExpr* used_width = nullptr);
  std::string spill(Id id);
  std::string decl_name(const Expr& e) const;
  std::string unique(const std::string& name);
  void line(const std::string& text);
  [[nodiscard]] const Expr& at(Id id) const { return m_.exprs[id]; }
  [[nodiscard]] const Facts* facts() const { return &m_.scopes[scope_].facts; }
  [[nodiscard]] bool inlined(Id id) const;
  [[nodiscard]] bool is_one(const IntExpr& width) const;

  const Module& m_;
  std::vector<std::uint32_t> uses_;
  std::unordered_map<Id, std::vector<Spilled>> spilled_;
  std::unordered_map<std::string, std::vector<Spilled>> constants_;
  std::set<std::string> names_;
  Id scope_ = 0;
  int indent_ = 2;
  std::string lhs_;
  std::string* prelude_ = nullptr;
};

inline constexpr std::size_t max_columns = 110;
/// Adds an indented line; one that is too long is broken at the last space that fits.
void append_line(std::string& to, int indent, std::string_view text);
/// As inside brackets: "DATA_W-1".
std::string compact(const IntExpr& e, bool expand = false);
/// "[W-1:0]" or nothing for a single wire.
std::string range_text(const IntExpr& width, bool expand = false);
/// "[7:4]", "[3]"
std::string bits_text(const IntExpr& msb, const IntExpr& lsb);
/// A count in front of a replication: `8`, `W`, `(W - 1)`.
std::string count_text(const IntExpr& n);

}  // namespace offramp::hw
