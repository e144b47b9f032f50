#include "design/verification.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "base/error.h"

namespace offramp::design {
namespace {

using ::testing::DoubleEq;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Optional;
using ::testing::ThrowsMessage;

model::Estimate an_estimate() {
  model::Estimate e;
  e.cycles_by_exit = {1000, 4000};
  e.macs_by_exit = {40000, 200000};
  e.multipliers = 100;
  return e;
}

Verification a_verification() {
  Verification v;
  v.design_hash = "d";
  v.data_hash = "x";
  v.samples = 5;
  v.seed = 7;
  v.bit_exact = true;
  v.values_compared = 12345;
  v.images = {9, 3, 1, 4, 15};
  v.cycles = {7777, 1000, 1010, 990, 4000};  // the first has nothing before it
  v.exit = {0, 0, 0, 0, 1};
  v.test_images = 1000;
  v.test_accuracy = 0.9;
  v.test_exit_rates = {0.5, 0.5};
  v.test_exit_accuracy = {0.95, 0.85};
  return v;
}

TEST(Performance, TheMeanOverTheTestSetWeightsEachExitWithItsShareThere) {
  const Performance p = performance(a_verification(), an_estimate());
  EXPECT_THAT(p.exit_rates, ElementsAre(DoubleEq(0.8), DoubleEq(0.2)));
  EXPECT_DOUBLE_EQ(p.cycles_mean, 1750);
  EXPECT_THAT(p.cycles_by_exit, ElementsAre(Optional(1000.0), Optional(4000.0)));
  EXPECT_THAT(p.test_cycles_mean, Optional(2500.0));
  EXPECT_DOUBLE_EQ(p.mac_efficiency, (0.5 * 40000 + 0.5 * 200000) / (2500.0 * 100));
}

TEST(Performance, ASingleSampleIsItsOwnMean) {
  Verification v = a_verification();
  v.exit = {1};
  v.cycles = {4100};
  EXPECT_DOUBLE_EQ(performance(v, an_estimate()).cycles_mean, 4100);
}

TEST(Performance, WithoutASimulatedSampleOfSomeExitTheMeanIsThatOfTheSimulation) {
  Verification v = a_verification();
  v.exit = {0, 0, 0, 0, 0};
  const Performance p = performance(v, an_estimate());
  EXPECT_EQ(p.test_cycles_mean, std::nullopt);
  EXPECT_DOUBLE_EQ(p.mean_cycles(), 1750);
  EXPECT_DOUBLE_EQ(p.mac_efficiency, 40000 / (1750.0 * 100));
}

TEST(Performance, AnExitThatNoTestImageTakesNeedsNoSimulatedSample) {
  Verification v = a_verification();
  v.exit = {0, 0, 0, 0, 0};
  v.test_exit_rates = {1, 0};
  EXPECT_THAT(performance(v, an_estimate()).test_cycles_mean, Optional(1750.0));
}

TEST(VerifyJson, IsReadBackAsItWasWritten) {
  const Verification v = a_verification();
  const std::string text = verify_json(v, an_estimate());
  EXPECT_EQ(verify_json(parse_verify_json(text, "verify.json"), an_estimate()), text);
}

TEST(VerifyJson, HasTheFieldsOfTheDesignDocument) {
  const auto json = nlohmann::json::parse(verify_json(a_verification(), an_estimate()));
  for (const char* key : {"samples", "bit_exact", "values_compared", "first_mismatch", "cycles_mean",
                          "cycles", "exit", "exit_rates", "accuracy", "mac_efficiency"}) {
    EXPECT_TRUE(json.contains(key)) << key;
  }
  EXPECT_TRUE(json["first_mismatch"].is_null());
}

TEST(VerifyJson, AMismatchNamesLayerIndexExpectedAndGot) {
  Verification v = a_verification();
  v.bit_exact = false;
  v.first_mismatch = {.sample = 3,
                      .layer = "conv1",
                      .position = "y=1 x=2 channel=0",
                      .expected = 5,
                      .got = 6,
                      .reproduce = "offramp verify d --sample 3"};
  const std::string text = verify_json(v, an_estimate());
  const auto json = nlohmann::json::parse(text)["first_mismatch"];
  EXPECT_EQ(json["layer"], "conv1");
  EXPECT_EQ(json["index"], "y=1 x=2 channel=0");
  EXPECT_EQ(json["expected"], 5);
  EXPECT_EQ(json["got"], 6);
  EXPECT_EQ(verify_json(parse_verify_json(text, "verify.json"), an_estimate()), text);
}

TEST(VerifyJson, NothingInItDependsOnTheMachine) {
  EXPECT_EQ(verify_json(a_verification(), an_estimate()).find("per_second"), std::string::npos);
  EXPECT_TRUE(nlohmann::json::parse(timing_json(1e6, 3.5)).contains("sim_cycles_per_second"));
}

TEST(VerifyJson, ADamagedOneIsNamed) {
  EXPECT_THAT([] { (void)parse_verify_json("{}", "out/verify.json"); },
              ThrowsMessage<Error>(AllOf(HasSubstr("out/verify.json"), HasSubstr("offramp verify"))));
}

}  // namespace
}  // namespace offramp::design
