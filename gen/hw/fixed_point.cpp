#include "hw/fixed_point.h"

#include <stdexcept>

namespace offramp::hw {

namespace {

Module& module_of(const FixedPoint& x, SourceLoc loc) {
  if (x.value.module() == nullptr)
    throw std::logic_error("an empty FixedPoint is used (" + describe(loc) + ")");
  return *x.value.module();
}

std::string text(const FixedPoint& x, SourceLoc loc) {
  return describe(module_of(x, loc), x.value.id()) + " has " + x.fraction.verilog() +
         " bits behind the point";
}

/// Reports fractions that differ.
void require_equal(const FixedPoint& a, const FixedPoint& b, const char* what, SourceLoc loc) {
  if (a.fraction == b.fraction) return;
  Module& m = module_of(a, loc);
  m.report("HW0022",
           std::string(what) + " needs equal fractions: " + text(a, loc) + ", " + text(b, loc) +
               "; use align(x, fraction) for more bits, round_half_up(x, fraction) for fewer",
           loc, {{describe(m, b.value.id()) + " is made here", m.exprs[b.value.id()].loc}});
}

/// Reports a fraction that does not change in the direction that its operation is for.
bool require_at_least(const FixedPoint& x, const IntExpr& more, const IntExpr& less, const char* what,
                      const char* other, SourceLoc loc) {
  Module& m = module_of(x, loc);
  if (provably_ge(more, less, m.facts())) return true;
  m.report("HW0022", std::string(what) + ": " + text(x, loc) + "; use " + other, loc);
  return false;
}

}  // namespace

FixedPoint add(const FixedPoint& a, const FixedPoint& b, SourceLoc loc) {
  require_equal(a, b, "add", loc);
  return {Operand(a.value, loc) + Operand(b.value, loc), a.fraction};
}

FixedPoint subtract(const FixedPoint& a, const FixedPoint& b, SourceLoc loc) {
  require_equal(a, b, "subtract", loc);
  return {Operand(a.value, loc) - Operand(b.value, loc), a.fraction};
}

FixedPoint multiply(const FixedPoint& a, const FixedPoint& b, SourceLoc loc) {
  return {Operand(a.value, loc) * Operand(b.value, loc), a.fraction + b.fraction};
}

FixedPoint align(const FixedPoint& x, const IntExpr& fraction, SourceLoc loc) {
  if (x.fraction == fraction) return x;
  if (!require_at_least(x, fraction, x.fraction, "align to fewer bits", "round_half_up(x, fraction)", loc))
    return x;
  return {shift_left(Operand(x.value, loc), fraction - x.fraction), fraction};
}

FixedPoint round_half_up(const FixedPoint& x, const IntExpr& fraction, SourceLoc loc) {
  if (x.fraction == fraction) return x;
  if (!require_at_least(x, x.fraction, fraction, "round to more bits", "align(x, fraction)", loc)) return x;
  return {round_half_up(Operand(x.value, loc), x.fraction - fraction), fraction};
}

FixedPoint saturate(const FixedPoint& x, const Type& type, SourceLoc loc) {
  return {saturate(Operand(x.value, loc), type), x.fraction};
}

}  // namespace offramp::hw
