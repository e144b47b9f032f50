#pragma once
// Number formats and the one definition of rounding, saturation and requantization. The quantizer, the golden
// reference, the hardware generators and the exports all use these functions or print what they say.
#include <cstdint>

namespace offramp::fixed {

/// Closed interval of the values that a number of `bits` bits can hold.
struct Range {
  std::int64_t lo = 0;
  std::int64_t hi = 0;
  bool operator==(const Range&) const = default;
};

/// [0, 2^bits - 1] or [-2^(bits-1), 2^(bits-1) - 1]; 1 <= bits <= 62.
[[nodiscard]] Range range_of(int bits, bool is_signed);

/// Smallest number of bits whose range holds [lo, hi].
[[nodiscard]] int bits_for(Range range, bool is_signed);

/// The nearest value inside `range`.
[[nodiscard]] std::int64_t saturate(std::int64_t value, Range range);

/// value / 2^bits with one rounding, half up (towards plus infinity); 1 <= bits <= 62 and
/// |value| + 2^(bits-1) < 2^63. `hw::round_half_up` is the same in hardware.
[[nodiscard]] std::int64_t round_half_up(std::int64_t value, int bits);

/// Scale by multiplier / 2^shift. 0 <= multiplier < 2^kMultiplierBits, 1 <= shift <= kMaxShift.
struct Requant {
  std::int64_t multiplier = 1;
  int shift = 1;
  bool operator==(const Requant&) const = default;
};
inline constexpr int kMultiplierBits = 16;
inline constexpr int kMaxShift = 47;
/// Bits of the field that holds shift - 1 in hardware tables.
inline constexpr int kShiftBits = 6;
static_assert(kMaxShift - 1 < (1 << kShiftBits));

/// round_half_up(acc * multiplier, shift). No saturation: follow with saturate(). |acc| < 2^46 so that the
/// product fits 63 bits.
[[nodiscard]] std::int64_t requantize(std::int64_t acc, Requant r);

/// The Requant nearest to `scale` (0 < scale < 2^15) with the multiplier's top bit set where the shift
/// allows. Throws offramp::Error outside that range.
[[nodiscard]] Requant requant_for(double scale);

}  // namespace offramp::fixed
