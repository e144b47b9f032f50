// What a design does when its weights cannot be trusted: it says so with every result concerned, loses no
// sample, and goes on exactly when the cause is gone.
#include <gmock/gmock.h>

#include "accel/weight_image.h"
#include "stream_bench.h"

namespace offramp::verif {
namespace {

using namespace testing;

constexpr std::uint32_t kRefused = 0x2, kReadFailed = 0x4, kReady = 0x8;  // of the status register
constexpr std::size_t kImages = 12;

TestDesign make(accel::Strategy strategy = accel::Strategy::pipeline) {
  accel::Options options;
  options.strategy = strategy;
  options.backbone = {.rows = 8, .columns = 4, .lanes = 1};
  options.weights.beat_bits = 256;
  options.weights.images = 1;
  const quant::QNetwork network = streamed_network();
  return make_design(network, with_smallest_store(network, options), kImages);
}

std::vector<std::uint8_t> good_image(const TestDesign& design) {
  const std::string& image = design.emitted.files.at("mem/weights.bin");
  return {image.begin(), image.end()};
}

struct Damage {
  const char* name;
  std::function<std::vector<std::uint8_t>(const TestDesign&)> image;
};

/// The design's image with a byte changed; places below 0 count from the end.
std::vector<std::uint8_t> flipped(const TestDesign& design, int place, int bit) {
  std::vector<std::uint8_t> image = good_image(design);
  image[place < 0 ? image.size() - static_cast<std::size_t>(-place) : static_cast<std::size_t>(place)] ^=
      static_cast<std::uint8_t>(1 << bit);
  return image;
}

std::vector<std::uint8_t> image_of_another_network(const TestDesign& design) {
  const std::string image =
      accel::weight_image(accel::plan_accelerator(streamed_network(8, 2), design.accelerator.options));
  return {image.begin(), image.end()};
}

const std::vector<Damage>& damages() {
  static const std::vector<Damage> all = {
      {"CutOff",
       [](const TestDesign& d) {  // beyond lies no memory
         std::vector<std::uint8_t> image = good_image(d);
         image.resize(image.size() * 3 / 4);
         return image;
       }},
      {"CutOffByABeat",
       [](const TestDesign& d) {
         std::vector<std::uint8_t> image = good_image(d);
         image.resize(image.size() - 32);
         return image;
       }},
      {"FollowedByZeros",
       [](const TestDesign& d) {
         std::vector<std::uint8_t> image = good_image(d);
         std::fill(image.begin() + static_cast<std::ptrdiff_t>(image.size() / 2), image.end(),
                   std::uint8_t{0});
         return image;
       }},
      {"Empty", [](const TestDesign& d) { return std::vector<std::uint8_t>(good_image(d).size(), 0); }},
      {"AWrongBitThatStays", [](const TestDesign& d) { return flipped(d, 40, 3); }},
      {"AWrongBitThatStreams", [](const TestDesign& d) { return flipped(d, -1, 7); }},
      {"AWrongBitInTheChecksum", [](const TestDesign& d) { return flipped(d, 17, 0); }},
      {"TwoWordsExchanged",
       [](const TestDesign& d) {  // the plain sum is the same
         std::vector<std::uint8_t> image = good_image(d);
         std::swap_ranges(image.begin() + 32, image.begin() + 64, image.begin() + 320);
         return image;
       }},
      {"OfAnotherNetwork", image_of_another_network},
      {"NotWhereItLies",
       [](const TestDesign& d) {
         std::vector<std::uint8_t> image = good_image(d);
         image.insert(image.begin(), 32, std::uint8_t{0});
         return image;
       }},
  };
  return all;
}

class RefusedImage : public ::testing::TestWithParam<std::size_t> {};

TEST_P(RefusedImage, MarksEverySampleAndTheNextImageIsTakenAsIfNothingHadBeen) {
  const TestDesign design = make();
  const std::unique_ptr<VerilatedModel> model = model_of(design);
  StreamBench bench(
      *model, design,
      {.stalls = true, .latency_min = 20, .latency_max = 200, .more = damages()[GetParam()].image(design)});
  EXPECT_EQ(bench.read("status") & (kRefused | kReadFailed | kReady), 0U);
  bench.write("weights_address", StreamBench::more_at(design));
  // Two samples come in before there is a verdict, the others after it.
  bench.send(2);
  bench.run();
  bench.send(3);
  bench.run();
  ASSERT_EQ(bench.answers().size(), 5U);
  for (std::size_t n = 0; n < 5; ++n) {
    EXPECT_TRUE(bench.answers()[n].error) << "sample " << n;
    EXPECT_EQ(bench.answers()[n].id, n);
  }
  EXPECT_EQ(bench.read("status") & (kRefused | kReady), kRefused);
  EXPECT_EQ(bench.read("samples"), 5U);

  bench.write("weights_address", StreamBench::kImage);
  bench.send(kImages);
  bench.run();
  ASSERT_EQ(bench.answers().size(), 5 + kImages);
  bench.expect_exact(5, 5 + kImages);
  EXPECT_EQ(bench.read("status") & (kRefused | kReady), kReady);
  EXPECT_TRUE(bench.log().all().empty()) << bench.log().all().front().rule;
}

INSTANTIATE_TEST_SUITE_P(Weights, RefusedImage, ::testing::Range(std::size_t{0}, damages().size()),
                         [](const auto& n) { return damages()[n.param].name; });

TEST(Weights, SamplesWaitUntilThereAreAny) {
  const TestDesign design = make();
  const std::unique_ptr<VerilatedModel> model = model_of(design);
  StreamBench bench(*model, design, {});
  bench.send(2);
  std::uint64_t cycles = 0;
  bench.run_until([&] { return ++cycles > 20'000; });
  EXPECT_TRUE(bench.answers().empty());
  bench.write("weights_address", StreamBench::kImage);
  bench.run();
  bench.expect_exact(0, 2);
}

/// Beats of the image that stream for a sample that goes to its end.
std::uint64_t streamed_beats(const TestDesign& design) {
  return static_cast<std::uint64_t>(accel::weight_image_shape(design.accelerator).streamed_beats);
}

class FailedRead : public ::testing::TestWithParam<int> {};

TEST_P(FailedRead, MarksTheSampleThatUsesItAndNoOther) {
  const TestDesign design = make();
  const std::unique_ptr<VerilatedModel> model = model_of(design);
  StreamBench bench(*model, design, {});
  bench.leave_at(2);  // every sample uses every beat
  bench.write("weights_address", StreamBench::kImage);
  bench.run_until([&, n = 0]() mutable { return ++n % 64 == 0 && (bench.memory().counts().beats > 10); });
  while ((bench.read("status") & kReady) == 0) {
  }
  // Nothing but the ring of the first sample has been read so far.
  const std::uint64_t check =
      1 + static_cast<std::uint64_t>(accel::weight_image_shape(design.accelerator).resident_beats) +
      streamed_beats(design);
  const std::uint64_t at = 2 * streamed_beats(design) + streamed_beats(design) * GetParam() / 100;
  bench.failing().fail(check + at - bench.failing().beats());
  bench.send(6);
  bench.run();
  ASSERT_EQ(bench.answers().size(), 6U);
  for (std::size_t n = 0; n < 6; ++n) {
    EXPECT_EQ(bench.answers()[n].id, n);
    EXPECT_EQ(bench.answers()[n].error, n == 2) << "sample " << n;
  }
  EXPECT_EQ(bench.read("status") & (kRefused | kReadFailed | kReady), kReadFailed | kReady);
  const accel::Accelerator& a = design.accelerator;
  for (std::size_t n = 0; n < 6; ++n) {
    if (n == 2) continue;
    const std::span<const std::uint8_t> pixels(design.data.image(n),
                                               static_cast<std::size_t>(design.data.shape.elements()));
    EXPECT_EQ(bench.answers()[n].predicted, golden::run_simple(a.network, pixels).decisions.back().top_class);
  }
}

INSTANTIATE_TEST_SUITE_P(Weights, FailedRead, ::testing::Values(0, 37, 99));

TEST(Weights, AFailedReadOfTilesThatNobodyUsesMarksNoSample) {
  const TestDesign design = make();
  const std::unique_ptr<VerilatedModel> model = model_of(design);
  StreamBench bench(*model, design, {});
  bench.leave_at(0);  // what streams for later layers is dropped
  bench.write("weights_address", StreamBench::kImage);
  while ((bench.read("status") & kReady) == 0) {
  }
  bench.send(1);
  bench.run();
  const std::uint64_t before = bench.failing().beats();
  bench.run_until([&, n = 0]() mutable { return ++n > 2000; });
  EXPECT_GE(bench.failing().beats(), before);
  // The ring is full again with the first tiles; the last beat before it was full belongs to a late layer.
  bench.failing().fail(static_cast<std::uint64_t>(design.accelerator.engines.front().ring_tiles) - 1);
  bench.send(4);
  bench.run();
  for (const Answer& a : bench.answers()) EXPECT_FALSE(a.error);
  EXPECT_EQ(bench.read("status") & kReadFailed, 0U);
}

class ResetInMidSample : public ::testing::TestWithParam<accel::Strategy> {};

TEST_P(ResetInMidSample, LeavesNothingBehind) {
  const TestDesign design = make(GetParam());
  const std::unique_ptr<VerilatedModel> model = model_of(design);
  for (const std::uint64_t cycles : {900U, 1500U, 2111U}) {
    StreamBench bench(*model, design, {.stalls = true, .latency_min = 20, .latency_max = 200});
    bench.write("weights_address", StreamBench::kImage);
    while ((bench.read("status") & kReady) == 0) {
    }
    bench.send(kImages);
    bench.run_until([&] { return bench.answers().size() >= 2; });
    bench.run_until([&, n = std::uint64_t{0}]() mutable { return ++n > cycles; });
    // The next bench begins with a reset, in the middle of whatever happens now.
  }
  StreamBench bench(*model, design, {});
  EXPECT_EQ(bench.read("status") & kReady, 0U) << "the weights must be read anew";
  bench.write("weights_address", StreamBench::kImage);
  bench.send(kImages);
  bench.run();
  bench.expect_exact(0, kImages);
  EXPECT_TRUE(bench.log().all().empty()) << bench.log().all().front().rule;
}

INSTANTIATE_TEST_SUITE_P(Weights, ResetInMidSample,
                         ::testing::Values(accel::Strategy::pipeline, accel::Strategy::parallel),
                         [](const auto& s) {
                           return s.param == accel::Strategy::pipeline ? "Pipeline" : "Parallel";
                         });

}  // namespace
}  // namespace offramp::verif
