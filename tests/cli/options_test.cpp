#include "cli/options.h"

#include <gmock/gmock.h>

#include "base/error.h"

namespace offramp::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

TEST(Options, AnArrayIsRowsColumnsAndLanes) {
  const accel::ArrayShape shape = parse_array("--array", "30x2x4");
  EXPECT_EQ(shape.rows, 30);
  EXPECT_EQ(shape.columns, 2);
  EXPECT_EQ(shape.lanes, 4);
  EXPECT_EQ(to_text(shape), "30x2x4");
}

TEST(Options, AnArrayWithoutLanesHasOne) {
  EXPECT_EQ(parse_array("--array", "8x8").lanes, 1);
}

TEST(Options, TheWatchIsMadeOfThePartsThatAreNamed) {
  EXPECT_FALSE(parse_watch({}).any());
  const accel::Watch watch = parse_watch({"histogram,hold"});
  EXPECT_TRUE(watch.histogram);
  EXPECT_FALSE(watch.monitor);
  EXPECT_TRUE(watch.hold);
  EXPECT_THAT(
      [] {
        (void)parse_watch({"monitor", "drift"});
      },
      ThrowsMessage<Error>(HasSubstr("--watch 'drift': there is no 'drift'; histogram, monitor and hold")));
  EXPECT_THAT([] { (void)parse_watch({"monitor,monitor"}); }, ThrowsMessage<Error>(HasSubstr("named twice")));
}

class RefusedArray : public ::testing::TestWithParam<const char*> {};
TEST_P(RefusedArray, IsRefusedWithTheOptionAndTheText) {
  EXPECT_THAT(
      [] { (void)parse_array("--exit-array", GetParam()); },
      ThrowsMessage<Error>(AllOf(HasSubstr("--exit-array"), HasSubstr(GetParam()), HasSubstr("30x2x1"))));
}
INSTANTIATE_TEST_SUITE_P(Texts, RefusedArray,
                         ::testing::Values("30", "30x", "0x2x1", "-1x2x1", "30x2x1x1", "30x2x1 ", "axb",
                                           "5000x1x1", "99999999999x1x1"));

TEST(Options, BitsWithoutALayerAreTheDefault) {
  quant::QuantizeOptions options;
  parse_bits("4/6", options);
  EXPECT_EQ(options.bits.weights, 4);
  EXPECT_EQ(options.bits.activations, 6);
  EXPECT_TRUE(options.layer_bits.empty());
}

TEST(Options, BitsOfALayerLeaveTheDefaultAlone) {
  quant::QuantizeOptions options;
  parse_bits("conv1=4/6", options);
  parse_bits("/a=b/fc=16", options);  // ONNX names may hold any character
  EXPECT_EQ(options.bits.weights, 8);
  EXPECT_EQ(options.layer_bits.at("conv1").weights, 4);
  EXPECT_EQ(options.layer_bits.at("conv1").activations, 6);
  EXPECT_EQ(options.layer_bits.at("/a=b/fc").activations, 16);
}

class RefusedBits : public ::testing::TestWithParam<const char*> {};
TEST_P(RefusedBits, AreRefusedWithTheirText) {
  quant::QuantizeOptions options;
  EXPECT_THAT([&] { parse_bits(GetParam(), options); }, ThrowsMessage<Error>(HasSubstr(GetParam())));
}
INSTANTIATE_TEST_SUITE_P(Texts, RefusedBits,
                         ::testing::Values("1/8", "8/17", "=8/8", "conv1=", "conv1=8/8/8", "eight",
                                           "conv1=8/x"));

TEST(Options, StrategiesKeepTheirOrder) {
  EXPECT_THAT(parse_strategies("parallel,static"),
              ElementsAre(accel::Strategy::parallel, accel::Strategy::static_));
}

TEST(Options, AnUnknownStrategyIsNamedWithTheKnownOnes) {
  EXPECT_THAT([] { (void)parse_strategies("static,serial"); },
              ThrowsMessage<Error>(AllOf(HasSubstr("'serial'"), HasSubstr("static, pipeline and parallel"))));
}

TEST(Options, AStrategyIsNamedOnce) {
  EXPECT_THAT([] { (void)parse_strategies("static,static"); },
              ThrowsMessage<Error>(HasSubstr("named twice")));
}

TEST(Options, CriteriaAreMaxAndEntropy) {
  EXPECT_EQ(parse_criterion("max"), fixed::Criterion::max_softmax);
  EXPECT_EQ(parse_criterion("entropy"), fixed::Criterion::entropy);
  EXPECT_THAT([] { (void)parse_criterion("softness"); }, ThrowsMessage<Error>(HasSubstr("softness")));
}

TEST(Options, RatesAreOneAnExitAndSumToOne) {
  EXPECT_THAT(parse_rates("0.75,0.25", 2), ElementsAre(0.75, 0.25));
  for (const char* text : {"0.75", "0.75,0.3", "-0.5,1.5", "a,b", "0.5,0.25,0.25", "nan,1"}) {
    EXPECT_THAT([&] { (void)parse_rates(text, 2); }, ThrowsMessage<Error>(HasSubstr(text))) << text;
  }
}

}  // namespace
}  // namespace offramp::cli
