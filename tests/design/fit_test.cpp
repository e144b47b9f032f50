#include "design/fit.h"

#include <gmock/gmock.h>

#include "base/error.h"
#include "fixture.h"

namespace offramp::design {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

model::Estimate estimate(std::int64_t weights, std::int64_t activations, int multipliers) {
  model::Estimate e;
  e.weight_bits = weights;
  e.activation_bits = activations;
  e.multipliers = multipliers;
  e.dsps = multipliers;
  return e;
}

TEST(Fit, WhatUsesAllOfTheTargetFits) {
  const Target t = testing::a_target();
  EXPECT_NO_THROW(check_fits(estimate(t.on_chip_bits - 8, 8, static_cast<int>(t.dsp)), t, "net"));
}

TEST(Fit, OneBitTooMuchIsRefusedWithATableOfAskedAndAvailable) {
  const Target t = testing::a_target();
  EXPECT_THAT(
      [&] { check_fits(estimate(t.on_chip_bits, 1, 64), t, "lenet5, exit strategy static"); },
      ThrowsMessage<Error>(AllOf(HasSubstr("lenet5, exit strategy static does not fit the target zcu106"),
                                 HasSubstr("asked"), HasSubstr("available"), HasSubstr("39813121"),
                                 HasSubstr("39813120"), HasSubstr("too much"))));
}

TEST(Fit, MoreMultipliersThanDspBlocksAreRefused) {
  const Target t = testing::a_target();
  EXPECT_THAT([&] { check_fits(estimate(8, 8, 1729), t, "net"); },
              ThrowsMessage<Error>(AllOf(HasSubstr("1729"), HasSubstr("1728"), HasSubstr("--multipliers"))));
}

}  // namespace
}  // namespace offramp::design
