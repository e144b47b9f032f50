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
  EXPECT_NO_THROW(check_fits({estimate(t.on_chip_bits - 8, 8, static_cast<int>(t.dsp))}, t, "net"));
}

TEST(Fit, OneBitTooMuchIsRefusedWithATableOfAskedAndAvailable) {
  const Target t = testing::a_target();
  EXPECT_THAT(
      [&] { check_fits({estimate(t.on_chip_bits, 1, 64)}, t, "lenet5, exit strategy static"); },
      ThrowsMessage<Error>(AllOf(HasSubstr("lenet5, exit strategy static does not fit the target zcu106"),
                                 HasSubstr("asked"), HasSubstr("available"), HasSubstr("39813121"),
                                 HasSubstr("39813120"), HasSubstr("too much"))));
}

TEST(Fit, MoreMultipliersThanDspBlocksAreRefused) {
  const Target t = testing::a_target();
  EXPECT_THAT(
      [&] { check_fits({estimate(8, 8, 1729)}, t, "net", "--array 16x8x8"); },
      ThrowsMessage<Error>(AllOf(HasSubstr("1729"), HasSubstr("1728"),
                                 HasSubstr("The nearest configuration that fits is --array 16x8x8."))));
  EXPECT_THAT([&] { check_fits({estimate(8, 8, 1729)}, t, "net"); },
              ThrowsMessage<Error>(HasSubstr("No smaller array fits either")));
}

TEST(Fit, EveryKindOfCellIsComparedWhereAModelSaysIt) {
  const Target t = testing::a_target();
  const model::Resources all{.lut = 230400, .ff = 460800, .dsp = 1728, .bram18 = 624, .uram = 96};
  EXPECT_TRUE(fits({estimate(8, 8, 8), all}, t));
  for (const auto& [name, asked, more] : {std::tuple("LUT", "230401", model::Resources{.lut = 230401}),
                                          {"FF", "460801", {.ff = 460801}},
                                          {"DSP", "1729", {.dsp = 1729}},
                                          {"BRAM36", "312.5", {.bram18 = 625}},
                                          {"URAM", "97", {.uram = 97}}}) {
    EXPECT_FALSE(fits({estimate(8, 8, 8), more}, t)) << name;
    EXPECT_THAT(
        [&, r = more] {
          check_fits({estimate(8, 8, 8), r}, t, "net");
        },
        ThrowsMessage<Error>(::testing::ContainsRegex(std::string(name) + " +" + asked + " .*too much")));
  }
}

}  // namespace
}  // namespace offramp::design
