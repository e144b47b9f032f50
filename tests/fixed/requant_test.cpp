#include "fixed/requant.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

#include "base/error.h"

namespace offramp::fixed {
namespace {

__extension__ using int128 = __int128;

TEST(Range, HasTheWellKnownEndsAndIsTightForEveryWidth) {
  EXPECT_EQ(range_of(8, true), (Range{-128, 127}));
  EXPECT_EQ(range_of(8, false), (Range{0, 255}));
  EXPECT_EQ(range_of(1, true), (Range{-1, 0}));
  EXPECT_EQ(range_of(1, false), (Range{0, 1}));
  for (const bool is_signed : {false, true}) {
    for (int bits = 1; bits <= 62; ++bits) {
      const Range r = range_of(bits, is_signed);
      EXPECT_EQ(static_cast<int128>(r.hi) - r.lo + 1, static_cast<int128>(1) << bits);
      EXPECT_EQ(bits_for(r, is_signed), bits);
      if (bits < 62) {
        EXPECT_EQ(bits_for({r.lo, r.hi + 1}, is_signed), bits + 1);
        if (is_signed) {
          EXPECT_EQ(bits_for({r.lo - 1, r.hi}, is_signed), bits + 1);
        }
      }
    }
  }
  EXPECT_EQ(bits_for({0, 0}, false), 1);
  EXPECT_EQ(bits_for({0, 0}, true), 1);
  EXPECT_THROW((void)range_of(63, true), std::logic_error);
  EXPECT_THROW((void)range_of(0, false), std::logic_error);
  EXPECT_THROW((void)bits_for({-1, 3}, false), std::logic_error);
}

TEST(Saturate, GivesTheNearestValueOfTheRange) {
  const Range r{-3, 5};
  for (std::int64_t v = -20; v <= 20; ++v) {
    std::int64_t nearest = r.lo;
    for (std::int64_t c = r.lo; c <= r.hi; ++c) {
      if (std::abs(c - v) < std::abs(nearest - v)) nearest = c;
    }
    EXPECT_EQ(saturate(v, r), nearest);
  }
}

/// floor(x * m / 2^s + 1/2) by 128-bit division, written without a shift.
std::int64_t round_half_up(std::int64_t acc, Requant r) {
  const int128 unit = static_cast<int128>(1) << r.shift;
  const int128 numerator = 2 * static_cast<int128>(acc) * r.multiplier + unit;
  int128 quotient = numerator / (2 * unit);
  if (numerator % (2 * unit) < 0) --quotient;
  return static_cast<std::int64_t>(quotient);
}

TEST(Requantize, RoundsHalvesUpForEverySmallOperand) {
  for (int shift = 1; shift <= 8; ++shift) {
    for (std::int64_t multiplier = 0; multiplier <= 40; ++multiplier) {
      for (std::int64_t acc = -300; acc <= 300; ++acc) {
        ASSERT_EQ(requantize(acc, {multiplier, shift}), round_half_up(acc, {multiplier, shift}))
            << acc << " * " << multiplier << " >> " << shift;
      }
    }
  }
  EXPECT_EQ(requantize(1, {1, 1}), 1);   // 0.5 -> 1
  EXPECT_EQ(requantize(-1, {1, 1}), 0);  // -0.5 -> 0
  EXPECT_EQ(requantize(-3, {1, 1}), -1);
}

TEST(Requantize, EqualsWideArithmeticAtTheCornersAndAtRandom) {
  std::mt19937_64 random(1);
  constexpr std::int64_t kAcc = (std::int64_t{1} << 46) - 1;
  constexpr std::int64_t kMul = (std::int64_t{1} << kMultiplierBits) - 1;
  const auto corner = [&](std::int64_t limit, bool is_signed) {
    const auto below = [&](std::int64_t n) {
      return static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(n));
    };
    std::int64_t v = 0;
    switch (random() % 4) {
      case 0:
        v = below(limit + 1);
        break;  // uniform
      case 1:
        v = limit - below(4);
        break;  // near the end
      case 2:
        v = std::min(limit, (std::int64_t{1} << below(47)) + below(3) - 1);
        break;  // near a power of two
      default:
        v = below(4);
        break;  // near zero
    }
    v = std::min(v, limit);
    return is_signed && random() % 2 ? -v : v;
  };
  for (int i = 0; i < 2'000'000; ++i) {
    const Requant r{corner(kMul, false), 1 + static_cast<int>(random() % kMaxShift)};
    std::int64_t acc = corner(kAcc, true);
    if (random() % 4 == 0 && r.multiplier > 0) {
      // An accumulator whose product lies at or beside a tie.
      acc = std::clamp(
          ((std::int64_t{1} << (r.shift - 1)) * static_cast<std::int64_t>(random() % 9 | 1)) / r.multiplier +
              static_cast<std::int64_t>(random() % 3) - 1,
          -kAcc, kAcc);
    }
    ASSERT_EQ(requantize(acc, r), round_half_up(acc, r)) << acc << " * " << r.multiplier << " >> " << r.shift;
  }
}

TEST(RequantFor, IsTheNearestMultiplierAndShiftThereIs) {
  std::mt19937_64 random(2);
  std::uniform_real_distribution<double> exponent(-60.0, 15.0);
  std::vector<double> scales{
      1.0, 0.5, 2.0, 32767.0, 32767.9, 1.0 / 3, 1.0 / 9, 65535.4 / 65536, 65535.6 / 65536};
  for (int e = -60; e < 15; ++e) scales.push_back(std::ldexp(1.0, e));
  for (int i = 0; i < 3000; ++i) scales.push_back(std::exp2(exponent(random)));
  for (const double scale : scales) {
    const Requant r = requant_for(scale);
    ASSERT_GE(r.multiplier, 0);
    ASSERT_LT(r.multiplier, std::int64_t{1} << kMultiplierBits);
    ASSERT_GE(r.shift, 1);
    ASSERT_LE(r.shift, kMaxShift);
    if (r.shift < kMaxShift) {
      ASSERT_GE(r.multiplier, std::int64_t{1} << (kMultiplierBits - 1)) << scale;
    }
    const double error = std::abs(std::ldexp(static_cast<double>(r.multiplier), -r.shift) - scale);
    for (int shift = 1; shift <= kMaxShift; ++shift) {
      const double ideal = std::ldexp(scale, shift);
      for (const double m : {std::floor(ideal), std::ceil(ideal), 65535.0}) {
        if (m > 65535) continue;
        ASSERT_LE(error, std::abs(std::ldexp(m, -shift) - scale))
            << scale << " better with " << m << " >> " << shift;
      }
    }
  }
}

TEST(RequantFor, MakesPowersOfTwoExact) {
  for (int e = 14; e >= -32; --e) {
    const Requant r = requant_for(std::ldexp(1.0, e));
    EXPECT_EQ(std::ldexp(static_cast<double>(r.multiplier), -r.shift), std::ldexp(1.0, e));
  }
  for (std::int64_t acc = -1000; acc <= 1000; ++acc) EXPECT_EQ(requantize(acc, requant_for(1.0)), acc);
}

TEST(RequantFor, RefusesScalesThatNoMultiplierReaches) {
  for (const double scale : {0.0, -1.0, 32768.0, 1e30, std::nan(""), HUGE_VAL}) {
    EXPECT_THROW((void)requant_for(scale), Error) << scale;
  }
}

}  // namespace
}  // namespace offramp::fixed
