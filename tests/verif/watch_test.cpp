// Whole designs that watch their exits, against the golden reference.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "accel/network_maker.h"
#include "design.h"
#include "verif/random_case.h"
#include "verif/sample_run.h"

namespace offramp::verif {
namespace {

using namespace testing;
using fixed::Criterion;

constexpr accel::ArrayShape kSmall{.rows = 4, .columns = 2, .lanes = 1};
constexpr std::size_t kImages = 48;

/// A chain of layers with an exit behind each, from which samples leave everywhere.
TestDesign watched(const std::vector<Criterion>& criteria, accel::Strategy strategy,
                   const accel::Watch& watch) {
  test::NetworkMaker maker("chain", {2, 4, 4}, 3);
  int at = 0;
  for (std::size_t e = 0; e <= criteria.size(); ++e) {
    at = maker.conv(at, 3, {});
    maker.exit(at);
  }
  quant::QNetwork network = maker.make();
  for (std::size_t e = 0; e < criteria.size(); ++e) network.exits[e].criterion = criteria[e];
  TestDesign design;
  design.data = random_images(network, kImages, 77);
  network = balance_exits(std::move(network), design.data);
  design.accelerator = accel::plan_accelerator(
      network, {.strategy = strategy, .backbone = kSmall, .exit_classifier = kSmall, .watch = watch});
  design.emitted = accel::emit(design.accelerator);
  design.folder = std::make_unique<ScratchDirectory>();
  write_design(design.emitted, design.directory());
  return design;
}

/// Counts how often the thresholds in force change.
class Moves : public Agent {
 public:
  explicit Moves(const VerilatedModel& model)
      : start_(model.probe("sample.start")), threshold_(model.probe("watch.threshold_now_0")) {}
  void observe(std::uint64_t) override {
    if (start_.get() != 0) seen_.insert(threshold_.get());
  }
  [[nodiscard]] std::size_t values() const { return seen_.size(); }

 private:
  Signal start_, threshold_;
  std::set<std::uint64_t> seen_;
};

struct Case {
  std::vector<Criterion> criteria;
  accel::Strategy strategy;
  accel::Watch watch;
};
void PrintTo(const Case& c, std::ostream* out) {
  *out << accel::to_string(c.strategy) << ", " << c.criteria.size() << " early exits";
}

class EachWatched : public ::testing::TestWithParam<Case> {};

TEST_P(EachWatched, GathersAndMovesWhatTheReferenceSaysUnderBackPressure) {
  const Case& c = GetParam();
  const TestDesign design = watched(c.criteria, c.strategy, c.watch);
  for (const std::uint64_t seed : {1, 2, 3}) {
    VerifyOptions options = quick_verify(kImages);
    options.seed = seed;
    const VerifyResult result = design.verify(options);
    EXPECT_TRUE(result.bit_exact) << "seed " << seed << ": " << describe(result);
    EXPECT_GE(std::set<int>(result.exit.begin(), result.exit.end()).size(), 2U);
  }
  if (!c.watch.hold) return;
  // The loop has something to do in these runs.
  const ModelSources sources{.directory = design.directory(),
                             .verilog = design.emitted.rtl,
                             .top = design.emitted.top,
                             .probes = design.emitted.probes};
  const BuiltModel built = build_model(
      sources, {.favour = ModelOptions::Favour::build, .random_start = true, .cache = test_cache()});
  std::vector<std::size_t> images(kImages);
  for (std::size_t i = 0; i < kImages; ++i) images[i] = i;
  std::size_t values = 0;
  for (const std::uint64_t seed : {1, 2, 3}) {
    VerilatedModel model(built, sources, {.directory = design.directory(), .random = true});
    Moves moves(model);
    const RunResult run = run_samples(model, design.accelerator, design.data,
                                      {.images = images, .seed = seed, .watchers = {&moves}});
    EXPECT_FALSE(run.mismatch);
    values = std::max(values, moves.values());
  }
  EXPECT_GE(values, 3U);
}

constexpr Criterion kMax = Criterion::max_softmax;
constexpr Criterion kEntropy = Criterion::entropy;
constexpr Criterion kMargin = Criterion::margin;
constexpr Criterion kBase2 = Criterion::base2;
constexpr Criterion kPatience = Criterion::patience;
constexpr accel::Watch kAll{.histogram = true, .monitor = true, .hold = true, .window_log2 = 3};

INSTANTIATE_TEST_SUITE_P(
    Watch, EachWatched,
    ::testing::Values(Case{{kMax, kEntropy}, accel::Strategy::pipeline, kAll},
                      Case{{kMargin, kBase2, kPatience, kEntropy}, accel::Strategy::parallel, kAll},
                      Case{{kBase2, kPatience, kMargin, kMax, kPatience}, accel::Strategy::pipeline, kAll},
                      Case{{kMax}, accel::Strategy::parallel, {.histogram = true}},
                      Case{{kMargin, kMargin}, accel::Strategy::pipeline, {.histogram = true}},
                      Case{{kBase2, kBase2}, accel::Strategy::pipeline, {.histogram = true}},
                      Case{{kEntropy, kMargin}, accel::Strategy::pipeline, {.monitor = true}}));

}  // namespace
}  // namespace offramp::verif
