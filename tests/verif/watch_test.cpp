// Whole designs that watch their exits, against the golden reference.
#include <gmock/gmock.h>

#include <algorithm>

#include "base/error.h"
#include "design.h"
#include "verif/random_case.h"
#include "verif/sample_run.h"
#include "verif/watch_check.h"

namespace offramp::verif {
namespace {

using namespace testing;
using ::testing::HasSubstr;

constexpr accel::ArrayShape kSmall{.rows = 4, .columns = 2, .lanes = 1};

/// A random network of which samples leave everywhere.
RandomCase case_for(accel::Strategy strategy) {
  for (std::uint64_t number = 1;; ++number) {
    RandomCase c = random_case(3 * number + 1, strategy, kSmall, 40);
    if (c.network.exits.size() < 3) continue;
    bool old = true; for (auto& e : c.network.exits) { old = old && e.criterion <= fixed::Criterion::entropy; e.skip = {}; }
    if (!old) continue;
    c.network = balance_exits(std::move(c.network), c.data);
    return c;
  }
}

TestDesign watched(const RandomCase& c, const accel::Watch& watch) {
  accel::Options options = c.options;
  options.watch = watch;
  TestDesign design;
  design.accelerator = accel::plan_accelerator(c.network, options);
  design.emitted = accel::emit(design.accelerator);
  design.data = c.data;
  design.folder = std::make_unique<ScratchDirectory>();
  write_design(design.emitted, design.directory());
  return design;
}

class EachWatchedStrategy : public ::testing::TestWithParam<accel::Strategy> {};

TEST_P(EachWatchedStrategy, GathersAndMovesWhatTheReferenceSaysUnderBackPressure) {
  const RandomCase c = case_for(GetParam());
  const TestDesign design = watched(c, {.monitor = true, .hold = true, .window_log2 = 3});
  for (const std::uint64_t seed : {1, 2, 3}) {
    VerifyOptions options = quick_verify(40);
    options.seed = seed;
    const VerifyResult result = design.verify(options);
    EXPECT_TRUE(result.bit_exact) << "seed " << seed << ": " << describe(result);
  }
}

INSTANTIATE_TEST_SUITE_P(Watch, EachWatchedStrategy,
                         ::testing::Values(accel::Strategy::pipeline, accel::Strategy::parallel),
                         [](const auto& strategy) {
                           return strategy.param == accel::Strategy::pipeline ? "Pipeline" : "Parallel";
                         });

TEST(Watch, ADesignWithoutItHasTheRegistersThatItHad) {
  const RandomCase c = case_for(accel::Strategy::pipeline);
  const TestDesign plain = watched(c, {});
  const TestDesign with = watched(c, {.monitor = true, .hold = true});
  const auto before = accel::register_map(plain.accelerator);
  const auto after = accel::register_map(with.accelerator);
  ASSERT_LT(before.size(), after.size());
  EXPECT_TRUE(std::equal(before.begin(), before.end(), after.begin()));
  for (const auto& [name, text] : plain.emitted.files) EXPECT_THAT(text, Not(HasSubstr("watch"))) << name;
}

TEST(Watch, AStaticDesignIsRefused) {
  const RandomCase c = case_for(accel::Strategy::pipeline);
  accel::Options options = c.options;
  options.strategy = accel::Strategy::static_;
  options.watch.monitor = true;
  try {
    (void)accel::plan_accelerator(c.network, options);
    FAIL() << "it was planned";
  } catch (const Error& e) {
    EXPECT_THAT(e.what(), HasSubstr("no early exit to watch in a static design; leave out --watch"));
  }
}

}  // namespace
}  // namespace offramp::verif
