#pragma once
// Fixed-point numbers: an integer and how many of its bits stand behind the binary point. Sums need one
// fraction, products add theirs, and a change of fraction says how it rounds. Names and meaning of rounding
// and saturation are those of gen/fixed.
#include "hw/value.h"

namespace offramp::hw {

struct FixedPoint {
  Value value;           ///< the number times 2^fraction
  IntExpr fraction = 0;  ///< bits behind the binary point

  [[nodiscard]] Type type() const { return value.type(); }
};

// Exact. Different fractions are HW0022: align one of them.
[[nodiscard]] FixedPoint add(const FixedPoint& a, const FixedPoint& b, SourceLoc loc = SourceLoc::here());
[[nodiscard]] FixedPoint subtract(const FixedPoint& a, const FixedPoint& b,
                                  SourceLoc loc = SourceLoc::here());
[[nodiscard]] FixedPoint multiply(const FixedPoint& a, const FixedPoint& b,
                                  SourceLoc loc = SourceLoc::here());
/// More bits behind the point, the same number.
[[nodiscard]] FixedPoint align(const FixedPoint& x, const IntExpr& fraction,
                               SourceLoc loc = SourceLoc::here());
/// Fewer bits behind the point, rounded half up.
[[nodiscard]] FixedPoint round_half_up(const FixedPoint& x, const IntExpr& fraction,
                                       SourceLoc loc = SourceLoc::here());
/// The nearest number that the type holds; the fraction stays.
[[nodiscard]] FixedPoint saturate(const FixedPoint& x, const Type& type, SourceLoc loc = SourceLoc::here());

}  // namespace offramp::hw
