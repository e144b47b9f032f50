#include "fixed/requant.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <stdexcept>
#include <string>

#include "base/error.h"

namespace offramp::fixed {

Range range_of(int bits, bool is_signed) {
  if (bits < 1 || bits > 62) throw std::logic_error("range_of: " + std::to_string(bits) + " bits");
  if (is_signed) {
    const std::int64_t half = std::int64_t{1} << (bits - 1);
    return {-half, half - 1};
  }
  return {0, (std::int64_t{1} << bits) - 1};
}

int bits_for(Range range, bool is_signed) {
  if (range.lo > range.hi || (!is_signed && range.lo < 0)) {
    throw std::logic_error("bits_for: no such number holds [" + std::to_string(range.lo) + ", " +
                           std::to_string(range.hi) + "]");
  }
  const auto magnitude_bits = [](std::int64_t v) {
    // ~v folds the negative half onto the positive: -2^n needs as many bits as 2^n - 1.
    return static_cast<int>(std::bit_width(static_cast<std::uint64_t>(v < 0 ? ~v : v)));
  };
  const int bits = std::max(magnitude_bits(range.lo), magnitude_bits(range.hi));
  return std::max(1, is_signed ? bits + 1 : bits);
}

std::int64_t saturate(std::int64_t value, Range range) {
  return std::clamp(value, range.lo, range.hi);
}

std::int64_t round_half_up(std::int64_t value, int bits) {
  return (value + (std::int64_t{1} << (bits - 1))) >> bits;
}

std::int64_t requantize(std::int64_t acc, Requant r) {
  return round_half_up(acc * r.multiplier, r.shift);
}

Requant requant_for(double scale) {
  constexpr double kLimit = 32768.0;
  if (!(scale > 0 && scale < kLimit)) {
    throw Error("requantization scale " + std::to_string(scale) +
                " is outside (0, 32768): the layer's input and output scales do not fit together; give the "
                "layer more weight bits or fewer activation bits (--bits NAME=W/A)");
  }
  constexpr std::int64_t kTop = std::int64_t{1} << kMultiplierBits;
  // scale lies in [2^e, 2^(e+1)), so this shift puts the multiplier into its upper half.
  int shift = std::min(kMultiplierBits - 1 - std::ilogb(scale), kMaxShift);
  auto multiplier = static_cast<std::int64_t>(std::llround(std::ldexp(scale, shift)));
  if (multiplier == kTop) {
    if (shift > 1) {
      multiplier = kTop / 2;
      --shift;
    } else {
      multiplier = kTop - 1;
    }
  }
  return {multiplier, shift};
}

}  // namespace offramp::fixed
