#include "fixed/decision.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <random>

#include "base/error.h"
#include "fixed/skip.h"

namespace offramp::fixed {
namespace {

using Tables = DecisionTables;
constexpr double kOne = 1 << Tables::kFraction;

/// Softmax maximum and entropy by the book, in long double.
struct Exact {
  long double p_max = 0;
  long double entropy = 0;
};
Exact exact(const std::vector<std::int32_t>& logits, double step) {
  const std::int32_t top = *std::max_element(logits.begin(), logits.end());
  long double sum = 0;
  for (const std::int32_t z : logits) sum += std::exp(static_cast<long double>(step) * (z - top));
  Exact result;
  for (const std::int32_t z : logits) {
    const long double p = std::exp(static_cast<long double>(step) * (z - top)) / sum;
    result.p_max = std::max(result.p_max, p);
    if (p > 0) result.entropy -= p * std::log(p);
  }
  return result;
}

/// Logits as networks make them: from flat to one clear winner, on a scale that the tables resolve.
std::vector<std::int32_t> random_logits(std::mt19937_64& random, int classes, int bits) {
  const std::int32_t half = 1 << (bits - 1);
  std::vector<std::int32_t> logits(static_cast<std::size_t>(classes));
  const double spread = std::exp2(std::uniform_real_distribution<double>(0, bits - 1)(random));
  std::normal_distribution<double> normal(0, spread / 3);
  for (auto& z : logits) {
    z = static_cast<std::int32_t>(std::clamp(std::round(normal(random)), -1.0 * half, half - 1.0));
  }
  if (random() % 2) logits[random() % logits.size()] = half - 1;
  return logits;
}

TEST(DecisionTables, HoldTheRoundedExponentialsToTheFirstPairOfZeros) {
  for (const int bits : {2, 8, 12, 16}) {
    for (const double step : {1e-5, 0.0061, 0.05, 0.7, 3.0, 50.0}) {
      const Tables t = make_decision_tables(10, bits, step);
      ASSERT_EQ(t.exp_table.size(), t.wexp_table.size());
      ASSERT_LE(t.exp_table.size(), std::size_t{1} << bits);
      EXPECT_EQ(t.exp_table[0], 1U << Tables::kFraction);
      EXPECT_EQ(t.wexp_table[0], 0U);
      for (std::size_t d = 0; d < t.exp_table.size(); ++d) {
        const long double x = static_cast<long double>(step) * static_cast<long double>(d);
        EXPECT_LE(std::abs(t.exp_table[d] - kOne * std::exp(-x)), 0.5000001L);
        EXPECT_LE(std::abs(t.wexp_table[d] - kOne * x * std::exp(-x)), 0.5000001L);
        EXPECT_TRUE(d == 0 || t.exp_table[d] > 0 || t.wexp_table[d] > 0);
      }
      const long double end = static_cast<long double>(step) * static_cast<long double>(t.exp_table.size());
      if (t.exp_table.size() < std::size_t{1} << bits) {
        EXPECT_LT(kOne * std::exp(-end), 0.5L);
        EXPECT_LT(kOne * end * std::exp(-end), 0.5L);
      }
    }
  }
}

TEST(DecisionTables, HaveOneLineForEveryReachableSegmentOfSlnS) {
  for (const int classes : {2, 3, 4, 10, 127, 128, 1000}) {
    const Tables t = make_decision_tables(classes, 12, 0.01);
    const auto segments = static_cast<std::size_t>(std::bit_width(static_cast<unsigned>(classes)))
                          << Tables::kSegmentBits;
    ASSERT_EQ(t.line_base.size(), segments);
    ASSERT_EQ(t.line_slope.size(), segments);
    EXPECT_EQ(t.line_base[0], 0U);
    const std::size_t at_two = std::size_t{1} << Tables::kSegmentBits;
    EXPECT_NEAR(static_cast<double>(t.line_base[at_two]), kOne * 2 * std::log(2.0), 0.5001);
    EXPECT_NEAR(t.line_slope[0], 4096 * (65.0 / 64 * std::log(65.0 / 64) * 64), 0.5001);
  }
}

TEST(DecisionTables, RefuseWhatTheyCannotHold) {
  EXPECT_THROW((void)make_decision_tables(1, 12, 0.1), Error);
  EXPECT_THROW((void)make_decision_tables(1001, 12, 0.1), Error);
  EXPECT_THROW((void)make_decision_tables(10, 1, 0.1), Error);
  EXPECT_THROW((void)make_decision_tables(10, 17, 0.1), Error);
  EXPECT_THROW((void)make_decision_tables(10, 12, 0), Error);
  EXPECT_THROW((void)make_decision_tables(10, 12, std::nan("")), Error);
  EXPECT_THROW((void)make_decision_tables(10, 12, HUGE_VAL), Error);
}

class DecisionOverClasses : public testing::TestWithParam<int> {};

TEST_P(DecisionOverClasses, AgreesWithSoftmaxMaximumOutsideTheRoundingBand) {
  const int classes = GetParam();
  std::mt19937_64 random(static_cast<std::uint64_t>(classes));
  int inside = 0;
  int confident = 0;
  const int trials = classes > 100 ? 300 : 6000;
  for (int i = 0; i < trials; ++i) {
    const int bits = 8 + static_cast<int>(random() % 5);
    const double step = std::exp2(std::uniform_real_distribution<double>(-9, -2)(random));
    const Tables tables = make_decision_tables(classes, bits, step);
    for (int j = 0; j < 10; ++j) {
      const auto logits = random_logits(random, classes, bits);
      const Exact e = exact(logits, step);
      const double theta = random() % 2 ? static_cast<double>(e.p_max) *
                                              (1 + 1e-5 * (static_cast<double>(random() % 201) - 100))
                                        : 0.3 + 0.7 * static_cast<double>(random() % 1000) / 1000;
      if (!(theta > 0 && theta <= 1)) continue;
      // Each table entry is off by half a unit (or rounds to nothing), the threshold by one.
      const long double band = (0.5L * classes + 1) / kOne;
      const long double s = 1 / e.p_max;
      if (std::abs(s - 1 / theta) <= band) {
        ++inside;
        continue;
      }
      const Decision d = decide(logits, tables, Criterion::max_softmax,
                                threshold_register(Criterion::max_softmax, theta, 1));
      ASSERT_EQ(d.confident, e.p_max >= theta)
          << "p_max " << e.p_max << " theta " << theta << " classes " << classes;
      ASSERT_LE(std::abs(static_cast<long double>(d.sum_exp) / kOne - s), band);
      confident += d.confident;
    }
  }
  EXPECT_GT(confident, trials / 2);
  EXPECT_LT(inside, trials * 5);
}

TEST_P(DecisionOverClasses, AgreesWithEntropyOutsideTheRoundingBand) {
  const int classes = GetParam();
  std::mt19937_64 random(77 + static_cast<std::uint64_t>(classes));
  int confident = 0;
  int compared = 0;
  const int trials = classes > 100 ? 300 : 2000;
  for (int i = 0; i < trials; ++i) {
    const int bits = 8 + static_cast<int>(random() % 5);
    const double step = std::exp2(std::uniform_real_distribution<double>(-9, -2)(random));
    const Tables tables = make_decision_tables(classes, bits, step);
    for (int j = 0; j < 10; ++j) {
      const auto logits = random_logits(random, classes, bits);
      const Exact e = exact(logits, step);
      const double level = random() % 2 ? static_cast<double>(e.entropy) *
                                              (1 + 1e-4 * (static_cast<double>(random() % 201) - 100))
                                        : std::log(classes) * static_cast<double>(random() % 1000) / 1000;
      // W: half a unit an entry; h: its chord lies above by at most (2^e/64)^2 / (8 * 2^e), the slope is
      // rounded to 2^-13 over a segment of 2^e/64, base and shift to a unit; S: half a unit an entry times
      // dH/dS < ln(C) + 1; T: half of 2^-16. All per S >= 2^e.
      const long double chord = 1.0L / (8 * 64 * 64) + 1.0L / (8192 * 64);
      const long double band = chord + (0.5L * classes * (3 + std::log(classes)) + 2) / kOne + 0.5L / 65536;
      const Decision d =
          decide(logits, tables, Criterion::entropy, threshold_register(Criterion::entropy, level, 1));
      if (std::abs(e.entropy - level) <= band) continue;
      ++compared;
      ASSERT_EQ(d.confident, e.entropy < level)
          << "H " << e.entropy << " T " << level << " classes " << classes;
      confident += d.confident;
    }
  }
  EXPECT_GT(compared, trials * 5);
  EXPECT_GT(confident, trials / 2);
}

TEST_P(DecisionOverClasses, AgreesWithRealMarginsOutsideTheRoundingOfTheThreshold) {
  const int classes = GetParam();
  std::mt19937_64 random(3 + static_cast<std::uint64_t>(classes));
  int confident = 0;
  const int trials = classes > 100 ? 300 : 4000;
  for (int i = 0; i < trials; ++i) {
    const int bits = 8 + static_cast<int>(random() % 5);
    const double step = std::exp2(std::uniform_real_distribution<double>(-9, -2)(random));
    const Tables tables = make_decision_tables(classes, bits, step);
    auto logits = random_logits(random, classes, bits);
    auto sorted = logits;
    std::sort(sorted.begin(), sorted.end(), std::greater<>());
    const double margin = step * (sorted[0] - sorted[1]);
    const double delta = margin * (1 + 1e-3 * (static_cast<double>(random() % 201) - 100)) + step / 3;
    const Decision d =
        decide(logits, tables, Criterion::margin, threshold_register(Criterion::margin, delta, step));
    // Margins are whole steps, so the ceiling of the threshold loses nothing.
    ASSERT_EQ(d.confident, margin >= delta) << margin << " " << delta;
    ASSERT_EQ(d.margin, sorted[0] - sorted[1]);
    confident += d.confident;
  }
  EXPECT_GT(confident, trials / 10);
}

TEST_P(DecisionOverClasses, AgreesWithTheSoftmaxOfBaseTwoOutsideTheRoundingBand) {
  const int classes = GetParam();
  std::mt19937_64 random(4 + static_cast<std::uint64_t>(classes));
  int confident = 0;
  const int trials = classes > 100 ? 300 : 4000;
  for (int i = 0; i < trials; ++i) {
    const int bits = 8 + static_cast<int>(random() % 5);
    const double step = std::exp2(std::uniform_real_distribution<double>(-9, 1)(random));
    const Tables tables = make_decision_tables(classes, bits, step);
    // The power of two nearest to a factor of e.
    const double factor = std::ldexp(step * std::log2(std::exp(1.0)), tables.base2_shift);
    if (step * std::log2(std::exp(1.0)) < 1.4) {
      ASSERT_GT(factor, 0.7);
      ASSERT_LT(factor, 1.42);
    }
    const auto logits = random_logits(random, classes, bits);
    const std::int32_t top = *std::max_element(logits.begin(), logits.end());
    long double sum = 0;
    for (const std::int32_t z : logits)
      sum += std::exp2(-std::floor(std::ldexp(static_cast<long double>(top - z), -tables.base2_shift) +
                                   (tables.base2_shift > 0 ? 0.5L : 0.0L)));
    const double theta = random() % 2 ? static_cast<double>((1 + 1e-6L * (random() % 3 - 1.0L)) / sum)
                                      : 0.3 + 0.7 * static_cast<double>(random() % 1000) / 1000;
    // Powers below 2^-24 are dropped, the threshold is rounded by one.
    const long double band = (0.5L * classes + 1) / kOne;
    const Decision d =
        decide(logits, tables, Criterion::base2, threshold_register(Criterion::base2, theta, step));
    ASSERT_LE(std::abs(static_cast<long double>(d.sum_base2) / kOne - sum), band);
    if (std::abs(sum - 1 / theta) <= band) continue;
    ASSERT_EQ(d.confident, 1 / sum >= theta) << 1 / sum << " " << theta;
    confident += d.confident;
  }
  EXPECT_GT(confident, trials / 10);
}

TEST_P(DecisionOverClasses, IsConfidentExactlyFromItsStrictestThresholdOn) {
  const int classes = GetParam();
  std::mt19937_64 random(5 + static_cast<std::uint64_t>(classes));
  const Tables tables = make_decision_tables(classes, 10, 0.02);
  for (int i = 0; i < 2000; ++i) {
    const auto logits = random_logits(random, classes, 10);
    for (const Criterion c : kCriteria) {
      Decision d = decide(logits, tables, c, never_register(c));
      EXPECT_FALSE(d.confident);
      d.agreements = static_cast<int>(random() % 15);
      const std::uint64_t strictest = strictest_threshold(d, tables, c);
      ASSERT_TRUE(confident(d, tables, c, strictest));
      ASSERT_FALSE(confident(d, tables, c, laxer_upwards(c) ? strictest - 1 : strictest + 1));
      ASSERT_TRUE(confident(d, tables, c, always_register(c)));
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Sizes, DecisionOverClasses, testing::Values(2, 3, 10, 1000));

TEST(Decision, EqualsAPlainEvaluationOfTheFormulaForAllPairsOfSmallLogits) {
  for (const double step : {0.01, 0.4, 5.0}) {
    const Tables t = make_decision_tables(2, 6, step);
    for (std::int32_t a = -32; a < 32; ++a) {
      for (std::int32_t b = -32; b < 32; ++b) {
        const std::vector<std::int32_t> logits{a, b};
        const auto d = static_cast<std::size_t>(std::abs(a - b));
        const std::uint64_t s = (1U << 24) + (d < t.exp_table.size() ? t.exp_table[d] : 0);
        const std::uint64_t w = d < t.wexp_table.size() ? t.wexp_table[d] : 0;
        const Decision got = decide(logits, t, Criterion::max_softmax, s);
        const std::size_t half = (std::size_t{1} << t.base2_shift) / 2;
        const std::size_t powers = (d + half) >> t.base2_shift;
        ASSERT_EQ(got, (Decision{.top_class = b > a ? 1 : 0,
                                 .margin = static_cast<int>(d),
                                 .sum_exp = s,
                                 .sum_weighted = w,
                                 .sum_base2 = (1U << 24) + (powers > 24 ? 0 : (1U << 24) >> powers),
                                 .confident = true}));
        ASSERT_FALSE(decide(logits, t, Criterion::max_softmax, s - 1).confident);
      }
    }
  }
}

TEST(Decision, GivesTiesToTheLowestIndex) {
  const Tables t = make_decision_tables(10, 8, 0.1);
  std::vector<std::int32_t> logits(10, -7);
  EXPECT_EQ(decide(logits, t, Criterion::max_softmax, 0).top_class, 0);
  logits[4] = logits[9] = 3;
  EXPECT_EQ(decide(logits, t, Criterion::max_softmax, 0).top_class, 4);
  logits[9] = 4;
  EXPECT_EQ(decide(logits, t, Criterion::max_softmax, 0).top_class, 9);
}

TEST(Decision, CountsAllEqualLogitsFullyAndHasTheirEntropy) {
  for (const int classes : {2, 10, 1000}) {
    const Tables t = make_decision_tables(classes, 12, 0.01);
    const std::vector<std::int32_t> logits(static_cast<std::size_t>(classes), -2048);
    const Decision d = decide(logits, t, Criterion::entropy, 0);
    EXPECT_EQ(d.sum_exp, static_cast<std::uint64_t>(classes) << 24);
    EXPECT_EQ(d.sum_weighted, 0U);
    EXPECT_NEAR(threshold_level(Criterion::entropy, strictest_threshold(d, t, Criterion::entropy), 1),
                std::log(classes), 6e-5);
  }
}

TEST(Decision, AtCertaintyOnlyExitsWhereEveryOtherClassVanishes) {
  const Tables t = make_decision_tables(10, 12, 0.02);
  const std::uint64_t certain = threshold_register(Criterion::max_softmax, 1.0, 1);
  EXPECT_EQ(certain, 1U << 24);
  std::vector<std::int32_t> logits(10, -2048);
  logits[3] = 2047;
  EXPECT_TRUE(decide(logits, t, Criterion::max_softmax, certain).confident);
  EXPECT_TRUE(decide(logits, t, Criterion::entropy, 1).confident);      // H = 0 < the smallest T
  logits[5] = 2047 - static_cast<std::int32_t>(std::log(kOne) / 0.02);  // exp(-d) is one unit
  EXPECT_FALSE(decide(logits, t, Criterion::max_softmax, certain).confident);
  EXPECT_TRUE(decide(logits, t, Criterion::max_softmax, certain + 1).confident);
}

TEST(ThresholdRegister, FollowsTheFormulaAndHasValuesForAlwaysAndNever) {
  EXPECT_EQ(threshold_register(Criterion::max_softmax, 0.5, 1), 2U << 24);
  EXPECT_EQ(threshold_register(Criterion::max_softmax, 0.9, 1),
            static_cast<std::uint64_t>(std::floor(kOne / 0.9)));
  EXPECT_EQ(threshold_register(Criterion::max_softmax, 0, 1), (std::uint64_t{1} << 34) - 1);
  EXPECT_LT(threshold_register(Criterion::max_softmax, 1.5, 1), 1U << 24);
  EXPECT_EQ(threshold_register(Criterion::entropy, 0, 1), 0U);
  EXPECT_EQ(threshold_register(Criterion::entropy, 0.025, 1), 1638U);
  EXPECT_EQ(threshold_register(Criterion::entropy, 1e-5, 1), 1U);
  EXPECT_EQ(threshold_register(Criterion::entropy, 1e300, 1), (std::uint64_t{1} << 34) - 1);
  EXPECT_EQ(threshold_register(Criterion::margin, 2.5, 0.5), 5U);
  EXPECT_EQ(threshold_register(Criterion::margin, 2.6, 0.5), 6U);
  EXPECT_EQ(threshold_register(Criterion::base2, 0.5, 1), 2U << 24);
  EXPECT_EQ(threshold_register(Criterion::patience, 3, 1), 3U);
  EXPECT_THROW((void)threshold_register(Criterion::patience, 1.5, 1), Error);
  for (const Criterion c : kCriteria) {
    EXPECT_THROW((void)threshold_register(c, -0.1, 1), Error);
    EXPECT_THROW((void)threshold_register(c, std::nan(""), 1), Error);
  }
}

TEST(ThresholdRegister, ComesBackFromTheLevelOfAnyRegisterValue) {
  std::mt19937_64 random(9);
  for (int i = 0; i < 200000; ++i) {
    const std::uint64_t value = random() >> (30 + random() % 34);
    const double step = std::exp2(std::uniform_real_distribution<double>(-9, 2)(random));
    for (const Criterion c : kCriteria) {
      ASSERT_EQ(threshold_register(c, threshold_level(c, value, step), step), value);
    }
  }
  for (std::uint64_t v = 0; v < 100; ++v) {
    EXPECT_EQ(threshold_register(Criterion::max_softmax, threshold_level(Criterion::max_softmax, v, 1), 1),
              v);
  }
}

TEST(Decision, AgreesWithTheExitBeforeUnlessThatWasSkipped) {
  Decision before{.top_class = 4, .agreements = 2};
  EXPECT_EQ(agreements_after(nullptr, 4), 0);
  EXPECT_EQ(agreements_after(&before, 4), 3);
  EXPECT_EQ(agreements_after(&before, 5), 0);
  before.skipped = true;
  EXPECT_EQ(agreements_after(&before, 4), 0);
}

TEST(Decision, FallsIntoABinOfTheHistogramByItsDoubt) {
  const Tables t = make_decision_tables(10, 12, 0.02);
  std::vector<std::int32_t> logits(10, -2048);
  logits[3] = 2047;
  const Decision sure = decide(logits, t, Criterion::max_softmax, 0);
  const Decision torn = decide(std::vector<std::int32_t>(10, 5), t, Criterion::max_softmax, 0);
  for (const Criterion c : {Criterion::max_softmax, Criterion::entropy, Criterion::base2}) {
    EXPECT_EQ(confidence_bin(sure, t, c), 0);
    EXPECT_EQ(confidence_bin(torn, t, c), 14);  // 9 * 2^24 and 10 ln 10 * 2^24 have 28 and 29 bits
  }
  for (const Criterion c : {Criterion::margin, Criterion::patience}) {
    EXPECT_EQ(confidence_bin(sure, t, c), 12);
    EXPECT_EQ(confidence_bin(torn, t, c), 0);
  }
}

TEST(Criterion, HasANameThatLeadsBackToIt) {
  for (const Criterion c : kCriteria) EXPECT_EQ(criterion_named(name_of(c)), c);
  EXPECT_EQ(criterion_named("max_softmax"), std::nullopt);
}

TEST(SkipRule, SkipsOneSideOfItsLevelAndNothingAtRegisterZero) {
  EXPECT_FALSE(SkipRule::from_register(0).skips_any());
  EXPECT_FALSE(SkipRule::from_register(0).skips(0));
  const SkipRule below = SkipRule::from_register(100);
  EXPECT_TRUE(below.skips(99));
  EXPECT_FALSE(below.skips(100));
  const SkipRule above{.above = true, .level = 100};
  EXPECT_EQ(above.to_register(), 0x80000064U);
  EXPECT_EQ(SkipRule::from_register(above.to_register()), above);
  EXPECT_FALSE(above.skips(100));
  EXPECT_TRUE(above.skips(std::uint64_t{1} << 40));
}

TEST(Decision, RefusesLogitsOfAnotherNumberOfClasses) {
  const Tables t = make_decision_tables(10, 12, 0.02);
  EXPECT_THROW((void)decide(std::vector<std::int32_t>(9, 0), t, Criterion::entropy, 0), std::logic_error);
}

}  // namespace
}  // namespace offramp::fixed
