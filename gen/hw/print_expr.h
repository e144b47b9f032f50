#pragma once
// Expressions of the IR as Verilog expressions. Everything that `emit` gives is exactly as wide as its node
// when Verilog evaluates it by itself, so that no surrounding context can change its value; operands are
// extended by hand. Where Verilog needs a name (a slice of a sum, an extension whose length may be zero) the
// value is spilled into a wire whose name comes from what is being assigned.
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "hw/ir.h"
#include "hw/print_verilog.h"
#include "hw/verilog_ast.h"

namespace offramp::hw {

/// A Verilog expression, and whether Verilog takes it for signed.
struct Lowered {
  const verilog::Expr* e = nullptr;
  bool is_signed = false;
};

class ExprLowering {
 public:
  ExprLowering(const Module& m, const PrintOptions& options, verilog::Tree& tree);

  /// Where we are: names of spilled values start with `_<lhs>_`, and their declarations go to `prelude`.
  void enter(Id scope, std::string_view lhs, verilog::Items* prelude);

  /// In an `always @*` block: words of arrays and memories are read through a wire of their own. Such a block
  /// waits for the whole array otherwise, so that Icarus runs for ever where it also feeds the array, and
  /// Verilator 5.006 shows values of before it has settled.
  void enter_comb(bool inside) { in_comb_ = inside; }

  /// The right-hand side of an assignment of equal width.
  const verilog::Expr* assigned(Id expr);
  /// A one-bit condition, or any other place where the expression stands by itself.
  const verilog::Expr* standalone(Id expr);
  /// The index of a memory's word or of a part: unsigned, and exactly as wide as it is. (Verilog takes a
  /// signed index as a negative one, and Icarus computes a sum in an index with the carry.)
  const verilog::Expr* address(Id expr);
  const verilog::Expr* lvalue(Id expr);
  /// `~x` of a value.
  Lowered inverse(Id expr);
  /// A constant of a type; declares a localparam where no literal can say it.
  Lowered constant(const Type& type, const IntExpr& value, std::string_view name = {});
  [[nodiscard]] verilog::Shape shape(const Type& type, bool expand = false);
  const verilog::Expr* condition(const IntCondition& c);
  /// The name that a declaration is printed under.
  [[nodiscard]] std::string_view name_of_decl(const Decl& d);
  /// The reset that is printed the other way round than the module describes it?
  [[nodiscard]] bool inverted(const Decl& d) const {
    return d.reset && d.kind == DeclKind::input && options_.reset.active_high;
  }

 private:
  struct Spilled {
    const verilog::Expr* e;
    Id scope;
  };

  Lowered emit(Id id);
  Lowered emit_fresh(Id id);
  Lowered top(Id id);
  Lowered resized(Id id, const IntExpr& width);
  Lowered extended(Id id, const IntExpr& width);
  Lowered truncated(Id id, const IntExpr& width);
  Lowered arithmetic(const Expr& e, const IntExpr& width);
  Lowered saturated(const Expr& e);
  Lowered part_of(Id id, const IntExpr& lsb, const IntExpr& width, bool plus);
  Lowered compared(const Expr& e);
  Lowered shifted_right(const Expr& e);
  Lowered selected(const Expr& e);
  Lowered with_sign(Lowered t, bool is_signed, bool closed);
  Lowered number(std::int64_t value, std::int64_t width, bool is_signed);
  const verilog::Expr* zeros(const IntExpr& n);
  const verilog::Expr* bits(const verilog::Expr* base, const IntExpr& msb, const IntExpr& lsb);
  const verilog::Expr* sign_of(const verilog::Expr* base, const IntExpr& width);
  const verilog::Expr* name_of(Id id, const IntExpr* used_lsb = nullptr, const IntExpr* used_width = nullptr);
  const verilog::Expr* spill(Id id);
  const verilog::Expr* declared(const Expr& e);
  void declare_wire(const Type& type, std::string_view name, const verilog::Expr* value);
  void assign(const verilog::Expr* target, const verilog::Expr* value);
  std::string stem() const;
  std::string_view unique(const std::string& name);
  void collect_names();
  void count_uses();
  [[nodiscard]] const Expr& at(Id id) const { return m_.exprs[id]; }
  [[nodiscard]] const Facts* facts() const { return &m_.scopes[scope_].facts; }
  [[nodiscard]] bool inlined(Id id) const;
  /// Is this the width of the node for all parameter values, however it is written?
  [[nodiscard]] bool is_width_of(Id id, const IntExpr& width) const;

  const Module& m_;
  PrintOptions options_;
  verilog::Tree& t_;
  std::vector<std::uint32_t> uses_;
  std::unordered_map<Id, std::vector<Spilled>> spilled_;
  std::unordered_map<std::string, std::vector<Spilled>> constants_;
  std::unordered_set<std::string_view> names_;  ///< filled when the first new name is made
  Id scope_ = 0;
  bool in_comb_ = false;
  std::string lhs_;
  verilog::Items* prelude_ = nullptr;
};

/// `rst_ni` as an active-high reset: "rst_i"; "x_n" gives "x".
std::string active_high_name(std::string_view name);

}  // namespace offramp::hw
