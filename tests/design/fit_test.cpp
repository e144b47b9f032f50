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
  struct Case {
    const char* name;
    const char* asked;
    double model::Resources::*amount;
    int model::Resources::*count;
    int value;
  };
  using R = model::Resources;
  for (const Case& c :
       {Case{"LUT", "230401", &R::lut, nullptr, 230401}, Case{"FF", "460801", &R::ff, nullptr, 460801},
        Case{"DSP", "1729", nullptr, &R::dsp, 1729}, Case{"BRAM36", "312.5", nullptr, &R::bram18, 625},
        Case{"URAM", "97", nullptr, &R::uram, 97}}) {
    Target t = testing::a_target();
    // Where there are UltraRAMs, large memories go there.
    if (c.count == &R::bram18) t.uram = 0;
    Demand demand{estimate(8, 8, 8), model::Resources()};
    const auto ask = [&](int value) {
      if (c.amount != nullptr) (*demand.resources).*c.amount = value;
      if (c.count != nullptr) (*demand.resources).*c.count = value;
    };
    ask(c.value - 1);
    EXPECT_TRUE(fits(demand, t)) << c.name;
    ask(c.value);
    EXPECT_FALSE(fits(demand, t)) << c.name;
    const std::string row = std::string(c.name) + " +" + c.asked + " .*too much";
    EXPECT_THAT(([&] { check_fits(demand, t, "net"); }), ThrowsMessage<Error>(::testing::ContainsRegex(row)));
  }
}

}  // namespace
}  // namespace offramp::design
