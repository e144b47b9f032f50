#pragma once
// Random expressions over what a module can read: every operator of hw/value.h, used only where the rules of
// the framework allow it for all parameter values.
#include <vector>

#include "hw/hw.h"
#include "verif/trust/tape.h"

namespace offramp::trust {

class ExpressionMaker {
 public:
  /// Sets `reads_undefined` where something is made that may read beyond an end.
  ExpressionMaker(hw::ModuleBuilder& m, Tape& tape, bool& reads_undefined)
      : m_(m), tape_(tape), reads_undefined_(reads_undefined) {}

  std::vector<hw::Value> pool;              ///< what can be read here; never empty when an expression is made
  std::vector<hw::IntExpr> widths;          ///< parameters, localparams and what is made of them
  std::vector<hw::Memory> memories;         ///< what can be read at any time
  std::vector<hw::IntExpr> address_widths;  ///< of the memories

  /// A width that is at least 1 for all parameter values.
  [[nodiscard]] hw::IntExpr width();
  [[nodiscard]] hw::Type type();
  [[nodiscard]] hw::Value value(int depth);
  [[nodiscard]] hw::Value value_of(const hw::Type& type, int depth);
  [[nodiscard]] hw::Value bit(int depth);
  /// The value as this type: extended, cut or cast, whatever can be shown to be right.
  [[nodiscard]] hw::Value as(hw::Value v, const hw::Type& type);

  /// The largest number that the width surely has, and the smallest that it surely does not exceed.
  [[nodiscard]] int low(const hw::IntExpr& width);
  [[nodiscard]] int high(const hw::IntExpr& width);

 private:
  hw::Value leaf();
  hw::Value limited(hw::Value v);
  hw::Value operand(int depth) { return limited(depth <= 0 ? leaf() : value(depth - 1)); }
  hw::Value signed_operand(bool is_signed, int depth);
  hw::Value factor(bool is_signed, int depth);
  hw::Value equal_width(hw::Value v, const hw::IntExpr& width);
  hw::Operand literal_for(hw::Value v);

  hw::Value arithmetic(int depth);
  hw::Value with_literal(int depth);
  hw::Value comparison(int depth);
  hw::Value bitwise(int depth);
  hw::Value resized(int depth);
  hw::Value saturated(int depth);
  hw::Value cast(int depth);
  hw::Value taken(int depth);
  hw::Value selected(int depth);
  hw::Value joined(int depth);
  hw::Value shifted(int depth);
  hw::Value chosen(int depth);
  hw::Value read(int depth);

  hw::ModuleBuilder& m_;
  Tape& tape_;
  bool& reads_undefined_;
};

}  // namespace offramp::trust
