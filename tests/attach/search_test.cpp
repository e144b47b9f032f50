#include "attach/search.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace offramp::attach {
namespace {

struct Case {
  SearchProblem problem;
  std::vector<std::uint16_t> labels;

  Outcomes exit_of_strength(float strength, std::mt19937_64& random) const {
    std::uniform_real_distribution<float> unit(0, 1);
    std::normal_distribution<float> normal(0, 1);
    std::vector<float> logits;
    for (const std::uint16_t label : labels) {
      const float signal = strength * unit(random);
      for (std::uint16_t k = 0; k < 4; ++k)
        logits.push_back(0.6F * normal(random) + (k == label ? signal : 0.0F));
    }
    return outcomes_of(logits, 4);
  }

  Case(std::size_t places, std::size_t candidates, std::uint64_t seed) {
    std::mt19937_64 random(seed);
    for (int i = 0; i < 400; ++i) labels.push_back(static_cast<std::uint16_t>(random() % 4));
    problem.backbone_cost = 100 * static_cast<double>(places + 1);
    problem.backbone = exit_of_strength(8, random);
    problem.labels = labels;
    problem.max_drop = 0.01;
    for (std::size_t p = 0; p < places; ++p) {
      Place place{.cost = 100 * static_cast<double>(p + 1), .candidates = {}};
      for (std::size_t c = 0; c < candidates; ++c) {
        const float strength = 3 + 4 * static_cast<float>(p + c) / static_cast<float>(places + candidates);
        place.candidates.push_back({.cost = 5 * std::pow(3.0, static_cast<double>(c)),
                                    .outcomes = exit_of_strength(strength, random)});
      }
      problem.places.push_back(std::move(place));
    }
  }
};

TEST(Search, ComesCloseToTheBestOfAllChoices) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    const Case c(4, 3, seed);
    const SearchResult found = search_exits(c.problem, 2);
    double best = c.problem.backbone_cost;
    for (int code = 0; code < 256; ++code) {  // each place: one of three, or none
      std::vector<std::optional<std::size_t>> taken;
      for (int p = 0, rest = code; p < 4; ++p, rest /= 4) {
        taken.push_back(rest % 4 == 3 ? std::nullopt
                                      : std::optional<std::size_t>(static_cast<std::size_t>(rest % 4)));
      }
      best =
          std::min(best, choose_levels(line_of(c.problem, taken), c.problem.labels, c.problem.max_drop).cost);
    }
    EXPECT_LE(found.levels.cost, best * 1.02) << seed;
    EXPECT_LT(found.levels.cost, c.problem.backbone_cost);
    EXPECT_GE(found.levels.accuracy, found.levels.final_accuracy - 0.01 - 1e-9);
  }
}

TEST(Search, DropsExitsThatDoNotPay) {
  Case c(3, 2, 9);
  for (Candidate& candidate : c.problem.places[1].candidates) candidate.cost = 1e6;
  const SearchResult found = search_exits(c.problem, 1);
  EXPECT_FALSE(found.taken[1].has_value());
  EXPECT_TRUE(found.taken[0].has_value() || found.taken[2].has_value());

  for (Place& place : c.problem.places) {
    for (Candidate& candidate : place.candidates) candidate.cost = 1e6;
  }
  for (const auto& taken : search_exits(c.problem, 1).taken) EXPECT_FALSE(taken.has_value());
}

TEST(Search, ChargesEveryBranchOnTheWay) {
  const Case c(3, 2, 4);
  const ExitLine line = line_of(c.problem, {std::size_t{1}, std::nullopt, std::size_t{0}});
  EXPECT_EQ(line.cost, (std::vector<double>{100 + 15, 300 + 15 + 5, 400 + 15 + 5}));
  EXPECT_EQ(line.exits.size(), 3U);
}

TEST(Search, ThreadsGiveTheSameChoice) {
  const Case c(5, 3, 2);
  const SearchResult one = search_exits(c.problem, 1);
  const SearchResult four = search_exits(c.problem, 4);
  EXPECT_EQ(one.taken, four.taken);
  EXPECT_EQ(one.levels.level, four.levels.level);
}

}  // namespace
}  // namespace offramp::attach
