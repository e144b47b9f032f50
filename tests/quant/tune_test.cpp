#include "quant/tune.h"

#include <gtest/gtest.h>

#include <random>

#include "base/error.h"

namespace offramp::quant {
namespace {

constexpr int kClasses = 10;

QNetwork network_of(int exits) {
  QNetwork net;
  net.decision = fixed::make_decision_tables(kClasses, 10, 0.02);
  net.exits.resize(static_cast<std::size_t>(exits));
  return net;
}

/// Samples whose exits are the more often right the surer they are, later exits more often than earlier ones.
std::vector<TuneSample> random_samples(const QNetwork& net, std::size_t count, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<TuneSample> samples(count);
  for (TuneSample& s : samples) {
    s.label = static_cast<int>(random() % kClasses);
    for (std::size_t e = 0; e < net.exits.size(); ++e) {
      std::vector<std::int32_t> logits(kClasses);
      for (auto& z : logits) z = static_cast<std::int32_t>(random() % 200) - 100;
      const auto strength = static_cast<std::int32_t>(random() % 400);
      const bool right = random() % 500 < static_cast<std::uint64_t>(strength) + 60 * (e + 1);
      logits[static_cast<std::size_t>(right ? s.label : static_cast<int>(random() % kClasses))] += strength;
      for (auto& z : logits) z = std::min(z, 511);
      fixed::Decision d = fixed::decide(logits, net.decision, fixed::Criterion::max_softmax, 0);
      d.agreements = fixed::agreements_after(e == 0 ? nullptr : &s.exits.back(), d.top_class);
      s.exits.push_back(d);
    }
  }
  return samples;
}

struct Played {
  double accuracy = 0;
  std::vector<double> share;
};
/// What the network does with its thresholds, sample by sample.
Played play(const QNetwork& net, const std::vector<TuneSample>& samples) {
  Played p;
  p.share.assign(net.exits.size(), 0);
  for (const TuneSample& s : samples) {
    std::size_t e = 0;
    while (e + 1 < net.exits.size() &&
           !fixed::confident(s.exits[e], net.decision, net.exits[e].criterion, net.exits[e].threshold))
      ++e;
    p.share[e] += 1.0 / static_cast<double>(samples.size());
    p.accuracy += (s.exits[e].top_class == s.label) / static_cast<double>(samples.size());
  }
  return p;
}

class Tune : public testing::TestWithParam<fixed::Criterion> {};

TEST_P(Tune, FindsTheThresholdWithTheMostExitsThatAnyThresholdHas) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    QNetwork net = network_of(2);
    const auto samples = random_samples(net, 400, seed);
    for (const double drop : {0.0, 0.01, 0.05}) {
      const TuneResult r = tune_threshold(net, samples, {.criterion = GetParam(), .max_drop = drop});
      EXPECT_EQ(net.exits[0].criterion, GetParam());
      EXPECT_EQ(fixed::threshold_register(GetParam(), net.exits[0].level, net.decision.logit_step),
                net.exits[0].threshold);
      const Played p = play(net, samples);
      EXPECT_NEAR(p.accuracy, r.accuracy, 1e-9);
      EXPECT_NEAR(p.share[0], r.exit_share[0], 1e-9);
      EXPECT_GE(r.accuracy, r.final_accuracy - drop - 1e-9);
      // Every threshold that any sample tells apart, by brute force.
      QNetwork other = net;
      for (const TuneSample& s : samples) {
        other.exits[0].threshold = fixed::strictest_threshold(s.exits[0], net.decision, GetParam());
        const Played o = play(other, samples);
        EXPECT_TRUE(o.accuracy < r.final_accuracy - drop - 1e-9 || o.share[0] <= r.exit_share[0] + 1e-9);
      }
    }
  }
}

TEST_P(Tune, KeepsSeveralExitsWithinTheDropTogether) {
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    QNetwork net = network_of(4);
    const auto samples = random_samples(net, 600, seed);
    const TuneResult r = tune_threshold(net, samples, {.criterion = GetParam(), .max_drop = 0.03});
    const Played p = play(net, samples);
    EXPECT_NEAR(p.accuracy, r.accuracy, 1e-9);
    for (std::size_t e = 0; e < 4; ++e) EXPECT_NEAR(p.share[e], r.exit_share[e], 1e-9);
    EXPECT_GE(r.accuracy, r.final_accuracy - 0.03 - 1e-9);
    // At the first exit no exit has agreed yet.
    EXPECT_GT(GetParam() == fixed::Criterion::patience ? 1 - r.exit_share.back() : r.exit_share[0], 0);
  }
}

TEST_P(Tune, NeverExitsWhereEveryExitLosesAndAlwaysWhereNoneDoes) {
  QNetwork net = network_of(2);
  std::vector<TuneSample> samples = random_samples(net, 100, 1);
  for (TuneSample& s : samples) {
    s.exits[1].top_class = s.label;
    s.exits[0].top_class = (s.label + 1) % kClasses;
  }
  TuneResult r = tune_threshold(net, samples, {.criterion = GetParam(), .max_drop = 0});
  EXPECT_EQ(r.exit_share[0], 0);
  EXPECT_EQ(play(net, samples).share[0], 0);
  EXPECT_EQ(fixed::threshold_register(GetParam(), net.exits[0].level, net.decision.logit_step),
            net.exits[0].threshold);
  for (TuneSample& s : samples) s.exits[0].top_class = s.label;
  r = tune_threshold(net, samples, {.criterion = GetParam(), .max_drop = 0});
  EXPECT_EQ(r.exit_share[0], 1);
  EXPECT_NEAR(play(net, samples).share[0], 1, 1e-9);
}

INSTANTIATE_TEST_SUITE_P(Criteria, Tune, testing::ValuesIn(fixed::kCriteria));

TEST(TuneInput, RefusesNoSamplesAndImpossibleDrops) {
  QNetwork net = network_of(2);
  EXPECT_THROW((void)tune_threshold(net, {}, {}), Error);
  const auto samples = random_samples(net, 3, 1);
  EXPECT_THROW((void)tune_threshold(net, samples, {.criterion = {}, .max_drop = -0.1}), Error);
  EXPECT_THROW((void)tune_threshold(net, samples, {.criterion = {}, .max_drop = 1.1}), Error);
}

}  // namespace
}  // namespace offramp::quant
