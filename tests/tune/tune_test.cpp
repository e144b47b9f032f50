#include "tune/tune.h"

#include <gmock/gmock.h>

#include "base/expect_error.h"
#include "tune/prune.h"
#include "tune/search.h"
#include "tune/synthetic.h"

namespace offramp::tune {
namespace {

using fixed::Criterion;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class Tune : public testing::TestWithParam<Criterion> {};

TEST_P(Tune, StaysWithinTheDropAndSetsRegistersThatDoWhatIsReported) {
  for (const int exits : {2, 3, 4}) {
    quant::QNetwork net = synthetic_network(exits);
    const auto samples = synthetic_samples(net, 600, 7);
    for (const double drop : {0.0, 0.01, 0.05}) {
      const Tuned r = tune(net, samples, synthetic_costs(exits), {.criterion = GetParam(), .max_drop = drop});
      EXPECT_GE(r.figures.accuracy, r.figures.final_accuracy - drop - 1e-9);
      apply(r.policy, net);
      for (std::size_t e = 0; e + 1 < net.exits.size(); ++e) {
        EXPECT_EQ(net.exits[e].criterion, GetParam());
        EXPECT_EQ(net.exits[e].threshold, r.policy.threshold[e]);
        EXPECT_EQ(fixed::threshold_register(GetParam(), net.exits[e].level, net.decision.logit_step),
                  net.exits[e].threshold);
      }
    }
  }
}

TEST_P(Tune, NeverLeavesWhereEveryExitLosesAndAlwaysWhereNoneDoes) {
  const quant::QNetwork net = synthetic_network(2);
  std::vector<Sample> samples = synthetic_samples(net, 100, 1);
  const auto exit_is = [&](bool right) {
    for (Sample& s : samples) {
      s.exits[1].top_class = s.label;
      s.exits[0].top_class = right ? s.label : (s.label + 1) % kClasses;
    }
  };
  exit_is(false);
  EXPECT_EQ(tune(net, samples, synthetic_costs(2), {.criterion = GetParam(), .max_drop = 0}).figures.exits[0],
            0);
  exit_is(true);
  EXPECT_EQ(tune(net, samples, synthetic_costs(2), {.criterion = GetParam(), .max_drop = 0}).figures.exits[0],
            100);
}

TEST_P(Tune, KeepsAnAccuracyAndABudget) {
  const quant::QNetwork net = synthetic_network(3);
  const auto samples = synthetic_samples(net, 800, 3);
  const ExitCosts costs = synthetic_costs(3);
  const Figures none = play(never_leave(GetParam(), 2), samples, net.decision, costs);
  const Tuned floor =
      tune(net, samples, costs, {.criterion = GetParam(), .min_accuracy = none.accuracy - 0.02});
  EXPECT_GE(floor.figures.accuracy, none.accuracy - 0.02 - 1e-9);
  EXPECT_LT(floor.figures.mean_cost, 300);
  const Tuned budget =
      tune(net, samples, costs, {.criterion = GetParam(), .max_mean_cost = floor.figures.mean_cost});
  EXPECT_LE(budget.figures.mean_cost, floor.figures.mean_cost + 1e-9);
  EXPECT_GE(budget.figures.accuracy, floor.figures.accuracy - 1e-9);
}

TEST_P(Tune, SkipsBranchesOnlyWhereThatSavesAndLosesNothing) {
  for (const int exits : {2, 4}) {
    const quant::QNetwork net = synthetic_network(exits);
    const auto samples = synthetic_samples(net, 800, 11);
    const ExitCosts costs = synthetic_costs(exits);
    const Tuned plain = tune(net, samples, costs, {.criterion = GetParam(), .max_drop = 0.005});
    const Tuned pruned =
        tune(net, samples, costs, {.criterion = GetParam(), .max_drop = 0.005, .prune = true});
    ASSERT_TRUE(pruned.unpruned);
    EXPECT_EQ(pruned.unpruned->mean_cost, plain.figures.mean_cost);
    EXPECT_GE(pruned.figures.accuracy, plain.figures.accuracy - 1e-9);
    EXPECT_LT(pruned.figures.mean_cost, plain.figures.mean_cost);
    double skipped = 0;
    for (const double s : pruned.figures.skipped_share) skipped += s;
    EXPECT_GT(skipped, 0);
    // Without the rules, the same thresholds are dearer or let leave who should not.
    Policy without = pruned.policy;
    without.skip.assign(without.skip.size(), {});
    const Figures f = play(without, samples, net.decision, costs);
    EXPECT_TRUE(f.mean_cost > pruned.figures.mean_cost || f.accuracy < pruned.figures.accuracy);
  }
}

INSTANTIATE_TEST_SUITE_P(Criteria, Tune, testing::ValuesIn(fixed::kCriteria),
                         [](const auto& criterion) { return fixed::name_of(criterion.param); });

TEST(Prune, FindsTheBestRuleOfOneExit) {
  const quant::QNetwork net = synthetic_network(2);
  const ExitCosts costs = synthetic_costs(2);
  for (std::uint64_t seed = 0; seed < 5; ++seed) {
    const auto samples = synthetic_samples(net, 120, seed);
    Tuned plain = tune(net, samples, costs, {.max_drop = 0.01});
    const auto n = static_cast<double>(samples.size());
    const Goal goal = Goal::cheapest_with_score(std::llround(plain.figures.accuracy * n));
    const Figures pruned =
        play(prune(samples, net.decision, costs, goal, plain.policy), samples, net.decision, costs);
    for (const bool above : {false, true}) {
      for (const Sample& s : samples) {
        for (const std::uint64_t level : {s.exits[0].activity, s.exits[0].activity + 1}) {
          plain.policy.skip[0] = {.above = above, .level = static_cast<std::uint32_t>(level)};
          const Figures f = play(plain.policy, samples, net.decision, costs);
          EXPECT_TRUE(std::llround(f.accuracy * n) < goal.limit() || f.mean_cost >= pruned.mean_cost - 1e-9);
        }
      }
    }
  }
}

TEST(Policy, ASkippedExitNeverTakesASampleAndBreaksTheRowOfAgreement) {
  const quant::QNetwork net = synthetic_network(4);
  const ExitCosts costs = synthetic_costs(4);
  Sample s = synthetic_samples(net, 1, 1).front();
  for (auto& d : s.exits) d.top_class = 3;
  for (auto& d : s.exits) d.activity = 50;
  s.exits[1].activity = 10;
  s.label = 3;
  Policy policy = never_leave(Criterion::patience, 3);
  policy.threshold = {1, 1, 1};
  EXPECT_EQ(follow(policy, s, net.decision, costs).exit, 1);
  policy.skip[1] = {.above = false, .level = 20};
  std::vector<bool> skipped;
  const Course c = follow(policy, s, net.decision, costs, &skipped);
  EXPECT_EQ(c.exit, 3);  // exit 2 agrees with nobody, as exit 1 said nothing
  EXPECT_EQ(c.cost, 400 - 30);
  EXPECT_THAT(skipped, ElementsAre(false, true, false));
  EXPECT_TRUE(c.right);
  EXPECT_FALSE(c.lost);
}

TEST(TuneWarnings, NameExitsThatNobodyReachesOrTakesAndMissingClasses) {
  const quant::QNetwork net = synthetic_network(4);
  const ExitCosts costs = synthetic_costs(4);
  auto samples = synthetic_samples(net, 200, 2);
  for (Sample& s : samples) s.label = s.label == 6 ? 5 : s.label;
  Tuned tuned{.policy = never_leave(Criterion::max_softmax, 3), .figures = {}, .unpruned = {}};
  tuned.policy.threshold[1] = fixed::always_register(Criterion::max_softmax);
  tuned.figures = play(tuned.policy, samples, net.decision, costs);
  const auto warnings = warnings_of(net, samples, tuned);
  EXPECT_THAT(warnings, Contains(HasSubstr("class 6 has no image")));
  EXPECT_THAT(warnings, Contains(HasSubstr("exit 0 (head0) is taken by no tuning image")));
  EXPECT_THAT(warnings, Contains(HasSubstr("exit 2 (head2) is unreachable")));
  EXPECT_THAT(warnings, Contains(HasSubstr("exit 3 (head3) is unreachable")));
  EXPECT_EQ(warnings.size(), 4U);

  samples = synthetic_samples(net, 200, 2);
  tuned = tune(net, samples, costs, {.max_drop = 0.05});
  EXPECT_THAT(warnings_of(net, samples, tuned), IsEmpty());
}

TEST(TuneInput, RefusesWhatCannotBeTuned) {
  const quant::QNetwork net = synthetic_network(2);
  const ExitCosts costs = synthetic_costs(2);
  const auto samples = synthetic_samples(net, 50, 1);
  test::expect_error([&] { (void)tune(net, {}, costs, {}); }, {"no samples", "--data"});
  test::expect_error([&] { (void)tune(net, samples, costs, {.max_drop = -0.1}); }, {"-0.1", "--max-drop"});
  test::expect_error([&] { (void)tune(net, samples, costs, {.max_drop = 1.1}); }, {"1.1", "--max-drop"});
  test::expect_error([&] { (void)tune(net, samples, costs, {.min_accuracy = 1.0}); },
                     {"100.00 %", "criterion max", "the most is", "--min-accuracy"});
  test::expect_error([&] { (void)tune(net, samples, costs, {.max_mean_cost = 99}); },
                     {"99 cycles", "the least is 100"});
  auto wrong = samples;
  wrong[7].label = 10;
  test::expect_error([&] { (void)tune(net, wrong, costs, {}); }, {"image 7", "label 10", "0 to 9"});
  const quant::QNetwork single = synthetic_network(1);
  test::expect_error([&] { (void)tune(single, samples, costs, {}); }, {"single exit", "offramp attach"});
}

}  // namespace
}  // namespace offramp::tune
