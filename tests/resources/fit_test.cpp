#include "verif/resources/fit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace offramp::verif {
namespace {

using model::Feature;

TEST(LeastSquares, FindsTheCoefficientsThatMadeTheFigures) {
  LeastSquares p{
      .x = {{1, 2, 0}, {3, 1, 1}, {0, 4, 2}, {5, 5, 3}}, .y = {}, .w = {1, 2, 1, 3}, .prior = {9, 9, 9}};
  for (const auto& x : p.x) p.y.push_back(0.5 * x[0] + 2 * x[1] + 0 * x[2]);
  const std::vector<double> c = solve(p);
  EXPECT_NEAR(c[0], 0.5, 1e-6);
  EXPECT_NEAR(c[1], 2, 1e-6);
  EXPECT_NEAR(c[2], 0, 1e-6);
}

TEST(LeastSquares, GivesNoFeatureANegativeCost) {
  const LeastSquares p{.x = {{1, 0}, {1, 1}, {1, 2}}, .y = {4, 3, 2}, .w = {1, 1, 1}, .prior = {0, 0}};
  const std::vector<double> c = solve(p);
  EXPECT_NEAR(c[0], 3, 1e-6);
  EXPECT_EQ(c[1], 0);
}

TEST(LeastSquares, KeepsThePriorOfWhatNoSampleHas) {
  const LeastSquares p{.x = {{1, 0}, {2, 0}}, .y = {3, 6}, .w = {1, 1}, .prior = {1, 0.7}, .pull = 1e-3};
  const std::vector<double> c = solve(p);
  EXPECT_NEAR(c[0], 3, 0.01);
  EXPECT_EQ(c[1], 0.7);
}

Sample sample(const std::string& block, double registers, double add, double lut) {
  Sample s{.block = block, .features = {}, .lut = lut, .ff = registers, .weight = 1};
  s.features[Feature::module] = 1;
  s.features[Feature::registers] = registers;
  s.features[Feature::add] = add;
  return s;
}

TEST(Fit, GivesEveryBlockItsOwnCoefficients) {
  const std::vector<FittedBlock> blocks = fit({sample("adder", 8, 8, 8), sample("adder", 16, 16, 16),
                                               sample("folded", 8, 8, 0), sample("folded", 32, 32, 0)});
  ASSERT_EQ(blocks.size(), 3u);
  EXPECT_EQ(blocks[0].block, "");
  EXPECT_EQ(blocks[1].block, "adder");
  const auto lut = [](const FittedBlock& b, double bits) {
    return b.lut[0] + bits * (b.lut[1] + b.lut[2]);  // module, registers, add
  };
  EXPECT_NEAR(lut(blocks[1], 12), 12, 0.2);
  EXPECT_NEAR(lut(blocks[2], 12), 0, 0.2);
}

}  // namespace
}  // namespace offramp::verif
