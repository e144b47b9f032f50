#include "tune/guarantee.h"

#include <gmock/gmock.h>

#include <cmath>
#include <numeric>

#include "base/expect_error.h"
#include "tune/synthetic.h"

namespace offramp::tune {
namespace {

using fixed::Criterion;

TEST(BinomialTail, IsTheSumOfItsTerms) {
  for (const int n : {1, 2, 7, 30, 60}) {
    for (const double p : {0.001, 0.01, 0.3, 0.5, 0.97}) {
      for (int k = 0; k <= n; ++k) {
        long double sum = 0;
        long double ways = 1;
        for (int j = 0; j <= k; ++j) {
          sum += ways * std::pow(static_cast<long double>(p), j) *
                 std::pow(1 - static_cast<long double>(p), n - j);
          ways = ways * (n - j) / (j + 1);
        }
        const double tail = binomial_cdf(k, n, p);
        EXPECT_NEAR(tail, static_cast<double>(sum), 3e-9 * static_cast<double>(sum))
            << n << ' ' << p << ' ' << k;
        EXPECT_GE(tail, std::min(1.0, static_cast<double>(sum)));  // never less than the truth
      }
    }
  }
}

TEST(BinomialTail, IsExactFarOut) {
  // (1 - p)^n and 1 - p^n in closed form.
  EXPECT_NEAR(binomial_cdf(0, 50000, 0.01) / std::exp(5e4 * std::log1p(-0.01)), 1, 1e-8);
  EXPECT_EQ(binomial_cdf(0, 10000000, 0.5), 0);
  EXPECT_NEAR(binomial_cdf(0, 299, 0.01), std::pow(0.99, 299), 1e-9);
  EXPECT_NEAR(1 - binomial_cdf(19, 20, 0.5), std::pow(0.5, 20), 2e-9);
  // Symmetric: P(X <= 499) of Bin(999, 1/2) is one half.
  EXPECT_NEAR(binomial_cdf(499, 999, 0.5), 0.5, 1e-8);
  EXPECT_EQ(binomial_cdf(-1, 10, 0.1), 0);
  EXPECT_EQ(binomial_cdf(10, 10, 0.1), 1);
}

TEST(RiskControl, NeedsAsManySamplesAsItsMethodSays) {
  EXPECT_EQ(least_samples({.risk = 0.01, .confidence = 0.95}), 299);
  EXPECT_EQ(least_samples({.risk = 0.05, .confidence = 0.9}), 45);
  EXPECT_EQ(least_samples({.risk = 0.01, .confidence = 0.95, .method = Method::crc}), 99);
  for (const Method method : {Method::ltt, Method::crc}) {
    for (const double risk : {0.003, 0.01, 0.1, 0.6}) {
      const Promise promise{.risk = risk, .confidence = 0.95, .method = method};
      const std::int64_t n = least_samples(promise);
      EXPECT_TRUE(accepts(evidence(0, n, promise), promise));
      if (n > 1) {
        EXPECT_FALSE(accepts(evidence(0, n - 1, promise), promise));
      }
    }
  }
  test::expect_error([] { (void)least_samples({.risk = 0}); }, {"0 points", "--guarantee"});
  test::expect_error([] { (void)least_samples({.risk = 0.01, .confidence = 1}); },
                     {"confidence of 1", "--confidence"});
}

TEST(RiskControl, TakesTheLastStepBeforeTheFirstThatFails) {
  const Promise promise{.risk = 0.1, .confidence = 0.9};
  // P(Bin(100, .1) <= 5) = 0.058, <= 6: 0.117.
  const std::vector<std::int64_t> losses{0, 3, 5, 6, 2, 50};
  EXPECT_EQ(accepted_steps(losses, 100, promise), 3U);
  EXPECT_EQ(accepted_steps(std::vector<std::int64_t>{9}, 100, promise), 0U);
  const Promise mean{.risk = 0.1, .confidence = 0.9, .method = Method::crc};
  // (9 + 1) / 101 <= 0.1 < (10 + 1) / 101.
  EXPECT_EQ(accepted_steps(std::vector<std::int64_t>{0, 9, 10, 10}, 100, mean), 2U);
}

TEST(RiskControl, ChargesASampleFromItsFirstLossOnWhereLossesMustOnlyGrow) {
  const std::vector<std::vector<std::uint8_t>> loss{{0, 0}, {1, 0}, {0, 1}};
  const std::vector<std::size_t> all{0, 1};
  EXPECT_THAT(count_losses(loss, all, Method::ltt), testing::ElementsAre(0, 1, 1));
  EXPECT_THAT(count_losses(loss, all, Method::crc), testing::ElementsAre(0, 1, 2));
}

/// A population whose risks are known by counting, and a path made on other samples.
struct Population {
  explicit Population(int exits, std::size_t every) {
    net = synthetic_network(exits);
    costs = synthetic_costs(exits);
    const auto all = make_path(net, synthetic_samples(net, 1500, 77), costs, Criterion::max_softmax, 0.1);
    for (std::size_t s = 0; s < all.size(); s += every) path.push_back(all[s]);
    const auto samples = synthetic_samples(net, kSize, 78);
    loss = losses_of(path, samples, net.decision, costs);
    for (const auto& of_step : loss)
      risk.push_back(std::accumulate(of_step.begin(), of_step.end(), 0.0) / static_cast<double>(kSize));
  }
  static constexpr std::size_t kSize = 6000;
  quant::QNetwork net;
  ExitCosts costs;
  std::vector<Policy> path;
  std::vector<std::vector<std::uint8_t>> loss;
  std::vector<double> risk;  // by step
};

struct Outcome {
  double broken = 0;     // share of draws whose step has a risk above the promised one
  double mean_risk = 0;  // over the draws
  double mean_step = 0;
};

/// Calibrates on `draws` samples of `n`, drawn with replacement, so that the population is the truth.
/// `beyond` steps are taken more than the rule allows: what a mistake by one would do.
Outcome resample(const Population& p, const Promise& promise, std::size_t n, int draws, std::size_t beyond) {
  std::mt19937_64 random(5);
  Outcome o;
  for (int draw = 0; draw < draws; ++draw) {
    std::vector<std::size_t> drawn(n);
    for (auto& i : drawn) i = random() % Population::kSize;
    const auto losses = count_losses(p.loss, drawn, promise.method);
    const std::size_t accepted = accepted_steps(losses, static_cast<std::int64_t>(n), promise);
    const std::size_t step = std::min(accepted - 1 + beyond, p.path.size() - 1);
    o.broken += (p.risk[step] > promise.risk) / static_cast<double>(draws);
    o.mean_risk += p.risk[step] / draws;
    o.mean_step += static_cast<double>(step) / draws;
  }
  return o;
}

TEST(Guarantee, IsBrokenInAtMostThePromisedShareOfAThousandCalibrationSets) {
  for (const int exits : {2, 4}) {
    const Population p(exits, 1);
    ASSERT_GT(p.risk.back(), 0.1);  // the path goes on to where the promise would be broken
    for (const double delta : {0.05, 0.2}) {
      for (const std::size_t n : {std::size_t{300}, std::size_t{1000}}) {
        const Promise promise{.risk = 0.05, .confidence = 1 - delta};
        const Outcome o = resample(p, promise, n, 1000, 0);
        std::printf("%d exits, n %zu, delta %g: broken %.3f, mean risk %.4f\n", exits, n, delta, o.broken,
                    o.mean_risk);
        EXPECT_LE(o.broken, delta);
        EXPECT_GT(o.mean_step, 0);  // it does not keep the promise by letting nobody leave
        EXPECT_GT(o.mean_risk, 0.01);
      }
    }
  }
}

TEST(Guarantee, WouldBeBrokenFarMoreOftenOneStepFurther) {
  const Population p(4, 30);  // with coarse steps a mistake by one shows
  const Promise promise{.risk = 0.05, .confidence = 0.95};
  EXPECT_LE(resample(p, promise, 1000, 1000, 0).broken, 0.05);
  EXPECT_GT(resample(p, promise, 1000, 1000, 1).broken, 0.3);
}

TEST(Guarantee, HoldsInTheMeanWithConformalRiskControl) {
  for (const int exits : {2, 4}) {
    const Population p(exits, 1);
    for (const std::size_t n : {std::size_t{100}, std::size_t{1000}}) {
      const Promise promise{.risk = 0.05, .confidence = 0.95, .method = Method::crc};
      const Outcome o = resample(p, promise, n, 1000, 0);
      std::printf("%d exits, n %zu: mean risk %.4f\n", exits, n, o.mean_risk);
      EXPECT_LE(o.mean_risk, 0.05);
      EXPECT_GT(o.mean_risk, 0.02);
    }
  }
  const Population coarse(4, 30);
  EXPECT_GT(resample(coarse, {.risk = 0.05, .method = Method::crc}, 1000, 1000, 1).mean_risk, 0.05);
}

TEST(Guarantee, DividesTheImagesIntoPartsThatShareNone) {
  const Parts parts = divide(1003, 9);
  EXPECT_EQ(parts.path.size(), 250U);
  EXPECT_EQ(parts.calibration.size(), 502U);
  std::vector<std::size_t> all;
  for (const auto* part : {&parts.path, &parts.calibration, &parts.held_out})
    all.insert(all.end(), part->begin(), part->end());
  std::sort(all.begin(), all.end());
  for (std::size_t i = 0; i < all.size(); ++i) EXPECT_EQ(all[i], i);
  EXPECT_EQ(all.size(), 1003U);
  EXPECT_EQ(divide(1003, 9).path, parts.path);
  EXPECT_NE(divide(1003, 10).path, parts.path);
}

TEST(Guarantee, WritesACertificateWhoseFiguresAreThoseOfThePolicy) {
  const quant::QNetwork net = synthetic_network(3);
  const ExitCosts costs = synthetic_costs(3);
  const auto samples = synthetic_samples(net, 4000, 21);
  for (const bool prune : {false, true}) {
    const GuaranteeWish wish{.promise = {.risk = 0.02, .confidence = 0.9},
                             .criteria = {Criterion::margin, Criterion::max_softmax},
                             .prune = prune,
                             .seed = 4};
    const Guaranteed g =
        guarantee(net, samples, {{Criterion::margin, costs}, {Criterion::max_softmax, costs}}, wish);
    EXPECT_EQ(g.policy, g.path[g.accepted - 1]);
    EXPECT_GT(g.accepted, 1U);
    EXPECT_LT(g.accepted, g.path.size());
    EXPECT_EQ(std::llround(g.on_calibration.lost * 2000), g.losses[g.accepted - 1]);
    EXPECT_LE(evidence(g.losses[g.accepted - 1], 2000, wish.promise), 0.1 + 1e-12);
    EXPECT_GT(evidence(g.losses[g.accepted], 2000, wish.promise), 0.1);
    EXPECT_GT(g.on_held_out.exit_share[0], 0.05);
    const auto json = certificate_json(
        net, g, {.quantized_hash = "q", .data = "d", .data_hash = "h", .cost_basis = "b", .costs = costs});
    EXPECT_EQ(json["n"], 2000);
    EXPECT_EQ(json["losses"], g.losses[g.accepted - 1]);
    EXPECT_EQ(json["seed"], 4);
    EXPECT_EQ(json["registers"][1]["threshold"], g.policy.threshold[1]);
    EXPECT_EQ(json["path"].size(), g.accepted + 1);
    EXPECT_EQ(json["path"].back()["accepted"], false);
    double skipped = 0;
    for (const double s : g.on_held_out.skipped_share) skipped += s;
    EXPECT_EQ(skipped > 0, prune);
  }
}

TEST(Guarantee, SaysHowManySamplesItNeeds) {
  const quant::QNetwork net = synthetic_network(2);
  const auto samples = synthetic_samples(net, 500, 1);
  test::expect_error(
      [&] {
        (void)guarantee(net, samples, {{Criterion::max_softmax, synthetic_costs(2)}},
                        {.promise = {.risk = 0.01, .confidence = 0.95}});
      },
      {"1 points", "0.95", "at least 299 calibration images", "598"});
  test::expect_error(
      [&] {
        (void)guarantee(net, std::span(samples).first(150), {{Criterion::max_softmax, synthetic_costs(2)}},
                        {.promise = {.risk = 0.01, .confidence = 0.95, .method = Method::crc}});
      },
      {"at least 99 calibration images"});
}

}  // namespace
}  // namespace offramp::tune
