#include "attach/outcomes.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace offramp::attach {
namespace {

/// Exits of rising accuracy whose confidence tells something of it.
struct Case {
  std::vector<Outcomes> outcomes;
  std::vector<std::uint16_t> labels;
  ExitLine line;
  explicit Case(std::size_t exits, std::size_t images, std::uint64_t seed) {
    std::mt19937_64 random(seed);
    std::uniform_real_distribution<float> unit(0, 1);
    std::normal_distribution<float> normal(0, 1);
    for (std::size_t i = 0; i < images; ++i) labels.push_back(static_cast<std::uint16_t>(random() % 3));
    for (std::size_t e = 0; e < exits; ++e) {
      std::vector<float> logits;
      for (std::size_t i = 0; i < images; ++i) {
        const float signal = (0.5F + static_cast<float>(e)) * unit(random);
        for (std::uint16_t k = 0; k < 3; ++k)
          logits.push_back(0.6F * normal(random) + (k == labels[i] ? signal : 0.0F));
      }
      outcomes.push_back(outcomes_of(logits, 3));
    }
    for (std::size_t e = 0; e < exits; ++e) {
      line.exits.push_back(&outcomes[e]);
      line.cost.push_back(1 + 2 * static_cast<double>(e));
    }
  }
};

TEST(Outcomes, AreTheLargestLogitAndItsSoftmax) {
  const std::vector<float> logits{0, 1, 0, 5, 5, 5, -3, -3, 100};
  const Outcomes o = outcomes_of(logits, 3);
  EXPECT_EQ(o.top, (std::vector<std::uint16_t>{1, 0, 2}));
  EXPECT_NEAR(o.confidence[0], std::exp(1) / (std::exp(1) + 2), 1e-6);
  EXPECT_NEAR(o.confidence[1], 1.0 / 3, 1e-6);
  EXPECT_EQ(o.confidence[2], 1.0F);
  EXPECT_EQ(o.sorted, (std::vector<std::uint32_t>{2, 0, 1}));
  EXPECT_DOUBLE_EQ(accuracy_of(o, std::vector<std::uint16_t>{1, 1, 2}), 2.0 / 3);
}

TEST(Levels, OfOneExitAreTheBestOfAllThereAre) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    const Case c(2, 60, seed);
    for (const double drop : {0.0, 0.05, 0.3}) {
      const Levels chosen = choose_levels(c.line, c.labels, drop);
      double best = c.line.cost[1];
      std::vector<double> tried{2.0, 0.0};
      for (const float confidence : c.outcomes[0].confidence)
        tried.push_back(static_cast<double>(confidence));
      for (const double level : tried) {
        const Levels now = apply_levels(c.line, c.labels, {level});
        if (now.accuracy >= now.final_accuracy - std::floor(drop * 60 + 1e-9) / 60 - 1e-9)
          best = std::min(best, now.cost);
      }
      EXPECT_NEAR(chosen.cost, best, 1e-9) << "seed " << seed << " drop " << drop;
    }
  }
}

TEST(Levels, OfManyExitsKeepTheAccuracyAndSayWhatTheyDo) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    const Case c(6, 300, seed);
    for (const double drop : {0.0, 0.02}) {
      const Levels chosen = choose_levels(c.line, c.labels, drop);
      EXPECT_GE(chosen.accuracy, chosen.final_accuracy - drop - 1e-9);
      EXPECT_LE(chosen.cost, c.line.cost.back());
      const Levels again = apply_levels(c.line, c.labels, chosen.level);
      EXPECT_EQ(again.cost, chosen.cost);
      EXPECT_EQ(again.exit_share, chosen.exit_share);
      // No single threshold can be bettered.
      for (std::size_t e = 0; e + 1 < c.outcomes.size(); ++e) {
        for (const float confidence : c.outcomes[e].confidence) {
          std::vector<double> other = chosen.level;
          other[e] = static_cast<double>(confidence);
          const Levels moved = apply_levels(c.line, c.labels, other);
          EXPECT_FALSE(moved.accuracy >= moved.final_accuracy - drop - 1e-9 &&
                       moved.cost < chosen.cost - 1e-9)
              << "seed " << seed << " exit " << e;
        }
      }
    }
  }
}

TEST(Levels, OfANetworkWithoutEarlyExitsAreNone) {
  const Case c(1, 30, 1);
  const Levels levels = choose_levels(c.line, c.labels, 0);
  EXPECT_TRUE(levels.level.empty());
  EXPECT_EQ(levels.exit_share, std::vector<double>{1.0});
  EXPECT_EQ(levels.cost, 1);
}

}  // namespace
}  // namespace offramp::attach
