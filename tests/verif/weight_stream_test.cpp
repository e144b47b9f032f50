// Designs whose weights stream from external memory: the same bits, and about the cycles that the model says.
#include <gmock/gmock.h>

#include "model/estimate.h"
#include "stream_bench.h"

namespace offramp::verif {
namespace {

using namespace testing;

struct Case {
  const char* name;
  accel::Strategy strategy;
  accel::ArrayShape shape;
  int weight_bits;
  int beat_bits;
  int beats_per_256;
  int more_percent;  // of the tiles that do not fit the smallest store, how many this one takes besides
  int images;        // that may share a pass of the weights
};

TestDesign make(const Case& c, std::size_t images) {
  const quant::QNetwork network = streamed_network(c.weight_bits);
  accel::Options options;
  options.strategy = c.strategy;
  options.backbone = c.shape;
  options.exit_classifier = {.rows = 4, .columns = 2, .lanes = 1};
  options.weights.beat_bits = c.beat_bits;
  options.weights.beats_per_256 = c.beats_per_256;
  options.weights.images = c.images;
  const accel::EnginePlan all = accel::plan_accelerator(network, options).engines.front();
  std::int64_t tiles = 0;
  for (const accel::LayerPlan& l : all.layers) tiles += l.tile_passes();
  const std::int64_t bits = tiles * c.shape.rows * c.shape.columns * all.weight_bits;
  options = with_smallest_store(network, options);
  options.weights.store_bits += (bits - options.weights.store_bits) * c.more_percent / 100;
  return make_design(network, options, images);
}

class WeightStream : public ::testing::TestWithParam<Case> {};

TEST_P(WeightStream, GivesTheBitsOfTheGoldenReferenceUnderStallsAndEarlyExits) {
  const TestDesign design = make(GetParam(), 24);
  const accel::EnginePlan& backbone = design.accelerator.engines.front();
  ASSERT_EQ(backbone.beat_bits, GetParam().beat_bits);
  ASSERT_GT(backbone.ring_tiles, 0);
  ASSERT_EQ(backbone.images, GetParam().images);
  const VerifyResult result = design.verify(quick_verify(24));
  EXPECT_TRUE(result.bit_exact) << describe(result);
  if (GetParam().strategy == accel::Strategy::static_) return;
  for (int e = 0; e < 3; ++e)
    EXPECT_GE(std::count(result.exit.begin(), result.exit.end(), e), 3) << "exit " << e;
}

TEST_P(WeightStream, TakesTheCyclesThatTheModelSaysWithinAPercent) {
  const TestDesign design = make(GetParam(), 8);
  const model::Estimate estimate = model::estimate(design.accelerator);
  const std::unique_ptr<VerilatedModel> model = model_of(design);
  const bool is_static = GetParam().strategy == accel::Strategy::static_;
  // Early exits of grouped designs are modelled roughly only: the stream expects samples to be parked.
  const int first_exit = is_static || GetParam().images > 1 ? 2 : 0;
  for (int exit = first_exit; exit < 3; ++exit) {
    StreamBench bench(*model, design, {});
    if (!is_static) bench.leave_at(exit);
    bench.write("weights_address", StreamBench::kImage);
    bench.send(8);
    bench.run();
    ASSERT_EQ(bench.answers().size(), 8U);
    // The first samples find a full ring that the steady stream does not have.
    constexpr std::size_t kFirst = 3;
    const double measured =
        static_cast<double>(bench.answers().back().cycle - bench.answers()[kFirst].cycle) / (7 - kFirst);
    const auto modelled = static_cast<double>(estimate.cycles_by_exit[static_cast<std::size_t>(exit)]);
    EXPECT_NEAR(measured / modelled, 1, 0.01) << "exit " << exit << ": " << measured << " and " << modelled;
    for (const Answer& a : bench.answers()) EXPECT_EQ(a.exit, exit);
    EXPECT_TRUE(bench.log().all().empty()) << bench.log().all().front().rule;
  }
}

INSTANTIATE_TEST_SUITE_P(
    Verify, WeightStream,
    ::testing::Values(
        Case{"Pipeline", accel::Strategy::pipeline, {8, 4, 1}, 8, 256, 256, 0, 1},
        Case{"StaticFourBitWideBeats", accel::Strategy::static_, {8, 4, 1}, 4, 512, 100, 30, 1},
        Case{"ParallelThreeBeatsATile", accel::Strategy::parallel, {12, 8, 1}, 8, 256, 256, 50, 1},
        Case{"PipelineSmallTilesTwoLanes", accel::Strategy::pipeline, {4, 2, 2}, 8, 512, 128, 10, 1},
        Case{"StaticFourImagesAPass", accel::Strategy::static_, {8, 4, 1}, 8, 256, 64, 30, 4},
        Case{"PipelineFourImagesAPass", accel::Strategy::pipeline, {8, 4, 1}, 8, 256, 64, 30, 4}),
    [](const auto& c) { return c.param.name; });

/// A pipeline design whose weights stream, for up to four images a pass.
TestDesign streamed(const accel::Watch& watch) {
  const quant::QNetwork network = streamed_network();
  accel::Options options{.strategy = accel::Strategy::pipeline,
                         .backbone = {.rows = 8, .columns = 4, .lanes = 1},
                         .weights = {.beat_bits = 256, .beats_per_256 = 64, .images = 4},
                         .watch = watch};
  options = with_smallest_store(network, options);
  options.weights.store_bits *= 2;
  return make_design(network, options, 24);
}

TEST(WatchedStream, LosesNothingWhereImagesShareAPassOfTheWeights) {
  const TestDesign design = streamed({.histogram = true, .monitor = true, .window_log2 = 1});
  ASSERT_EQ(design.accelerator.engines.front().images, 4);
  const VerifyResult result = design.verify(quick_verify(24));
  EXPECT_TRUE(result.bit_exact) << describe(result);
}

TEST(WatchedStream, HoldsALatencyWithAPassOfTheWeightsForEachImage) {
  const TestDesign design = streamed({.histogram = true, .monitor = true, .hold = true, .window_log2 = 3});
  ASSERT_EQ(design.accelerator.engines.front().images, 1);
  ASSERT_GT(design.accelerator.engines.front().beat_bits, 0);
  const VerifyResult result = design.verify(quick_verify(24));
  EXPECT_TRUE(result.bit_exact) << describe(result);
}

}  // namespace
}  // namespace offramp::verif
