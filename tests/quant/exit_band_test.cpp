#include "quant/exit_band.h"

#include <gmock/gmock.h>

#include <numeric>
#include <random>

#include "base/error.h"

namespace offramp::quant {
namespace {

using fixed::ExitBand;
using ::testing::HasSubstr;

TEST(ExitBand, IsThatOfTheBinomialWhereTheRateIsKnownWell) {
  // The quantiles of 256 fair coins.
  EXPECT_EQ(exit_bands(std::vector{0.5}, 1'000'000'000, 8, 0.05).front(),
            (ExitBand{.low = 112, .high = 144}));
}

TEST(ExitBand, IsWiderWhereFewImagesSaidTheRate) {
  const ExitBand few = exit_bands(std::vector{0.3}, 100, 8, 1e-3).front();
  const ExitBand many = exit_bands(std::vector{0.3}, 100'000, 8, 1e-3).front();
  EXPECT_LT(few.low, many.low);
  EXPECT_GT(few.high, many.high);
}

TEST(ExitBand, LeavesRoomForExitsThatNobodyTook) {
  const ExitBand band = exit_bands(std::vector{0.0}, 200, 8, 1e-3).front();
  EXPECT_EQ(band.low, 0);
  EXPECT_GT(band.high, 0);
  EXPECT_LT(band.high, 64);
}

TEST(ExitBand, IsOpenWhereNothingIsKnown) {
  EXPECT_EQ(exit_bands(std::vector{0.4, 0.6}, 0, 8, 1e-3), (std::vector<ExitBand>(2)));
}

TEST(ExitBand, ATrueRateRaisesNoMoreAlarmsThanWasPromised) {
  // Calibration and field from the same three exits, many times.
  constexpr double kPromised = 0.05;
  constexpr int kImages = 500;
  std::mt19937 random(1);
  std::discrete_distribution<std::size_t> exit({0.62, 0.3, 0.08});
  int alarms = 0;
  constexpr int kRounds = 400;
  for (int round = 0; round < kRounds; ++round) {
    std::vector<double> rates(3, 0);
    for (int i = 0; i < kImages; ++i) rates[exit(random)] += 1.0 / kImages;
    const std::vector<ExitBand> bands = exit_bands(rates, kImages, 8, kPromised);
    std::vector<std::uint32_t> counts(3, 0);
    for (int i = 0; i < 256; ++i) ++counts[exit(random)];
    for (std::size_t e = 0; e < 3; ++e) {
      if (bands[e].holds(counts[e])) continue;
      ++alarms;
      break;
    }
  }
  EXPECT_LE(alarms, kRounds * kPromised);
  EXPECT_GT(alarms, 0) << "the bands could be narrower";
}

TEST(ExitBand, RefusesWhatIsNoRate) {
  try {
    (void)exit_bands(std::vector{1.5}, 10, 8, 0.1);
    FAIL();
  } catch (const Error& e) {
    EXPECT_THAT(e.what(), HasSubstr("an exit rate of 1.5"));
  }
  EXPECT_THROW((void)exit_bands(std::vector{0.5}, 10, 16, 0.1), Error);
  EXPECT_THROW((void)exit_bands(std::vector{0.5}, 10, 8, 0), Error);
}

}  // namespace
}  // namespace offramp::quant
