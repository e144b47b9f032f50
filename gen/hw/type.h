#pragma once
// The type of a wire: how many bits, and whether the top bit is a sign.
#include "hw/int_expr.h"

namespace offramp::hw {

enum class Sign : std::uint8_t { unsigned_, signed_ };

/// Width and sign; both are part of the type, and nothing converts between types silently.
struct Type {
  IntExpr width = 1;
  Sign sign = Sign::unsigned_;

  [[nodiscard]] bool is_signed() const { return sign == Sign::signed_; }
  friend bool operator==(const Type&, const Type&) = default;
};

inline Type uint(IntExpr width) {
  return {std::move(width), Sign::unsigned_};
}
inline Type sint(IntExpr width) {
  return {std::move(width), Sign::signed_};
}
inline Type bit() {
  return uint(1);
}

/// "uint(8)" or "sint(DATA_W + 1)": as it is written in a generator, for messages.
std::string describe(const Type& type);

}  // namespace offramp::hw
