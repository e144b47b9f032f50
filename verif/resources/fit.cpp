#include "verif/resources/fit.h"

#include <algorithm>
#include <cmath>
#include <map>

namespace offramp::verif {
namespace {

template <std::size_t N>
std::array<double, N> solved(const LeastSquares& problem) {
  std::array<double, N> out{};
  const std::vector<double> c = solve(problem);
  std::copy(c.begin(), c.end(), out.begin());
  return out;
}

/// What tables and registers of logic cost before anything is known: a table has six inputs.
constexpr std::array<double, model::kFeatures> kLutGuess = {0,   0.0, 1.0, 1.0, 0.35, 0.2, 0.6, 0.4, 0.9,
                                                            0.5, 1.0, 0.2, 0.6, 1.0,  0.0, 0.4, 0.5, 0.5};
constexpr std::array<double, model::kRegisterFeatures> kFfGuess = {0, 1, 0};

FittedBlock fit_block(const std::string& block, const std::vector<const Sample*>& samples,
                      const FittedBlock& prior, double pull) {
  LeastSquares lut{.x = {}, .y = {}, .w = {}, .prior = {prior.lut.begin(), prior.lut.end()}, .pull = pull};
  LeastSquares ff{.x = {}, .y = {}, .w = {}, .prior = {prior.ff.begin(), prior.ff.end()}, .pull = pull};
  for (const Sample* s : samples) {
    lut.x.emplace_back(s->features.value.begin(), s->features.value.end());
    lut.y.push_back(s->lut - s->features.fixed_lut);
    lut.w.push_back(s->weight);
    const auto registers = model::register_features(s->features);
    ff.x.emplace_back(registers.begin(), registers.end());
    ff.y.push_back(s->ff - s->features.fixed_ff);
    ff.w.push_back(s->weight);
  }
  return {block, solved<model::kFeatures>(lut), solved<model::kRegisterFeatures>(ff)};
}

}  // namespace

std::vector<double> solve(const LeastSquares& p) {
  constexpr int kRounds = 3000;
  constexpr double kStill = 1e-10;
  const std::size_t n = p.prior.size();
  // Normal equations, then one coordinate at a time: small, convex, and the same on every machine.
  std::vector<std::vector<double>> a(n, std::vector<double>(n, 0));
  std::vector<double> b(n, 0);
  for (std::size_t i = 0; i < p.x.size(); ++i) {
    for (std::size_t j = 0; j < n; ++j) {
      for (std::size_t k = 0; k < n; ++k) a[j][k] += p.w[i] * p.x[i][j] * p.x[i][k];
      b[j] += p.w[i] * p.x[i][j] * p.y[i];
    }
  }
  for (std::size_t j = 0; j < n; ++j) {
    const double scale = p.pull * a[j][j];
    b[j] += scale * p.prior[j];
    a[j][j] += scale;
  }
  std::vector<double> c = p.prior;
  for (int round = 0; round < kRounds; ++round) {
    double moved = 0;
    for (std::size_t j = 0; j < n; ++j) {
      if (a[j][j] <= 0) continue;
      double rest = b[j];
      for (std::size_t k = 0; k < n; ++k) {
        if (k != j) rest -= a[j][k] * c[k];
      }
      const double next = std::max(0.0, rest / a[j][j]);
      moved = std::max(moved, std::abs(next - c[j]));
      c[j] = next;
    }
    if (moved < kStill) break;
  }
  return c;
}

std::vector<FittedBlock> fit(const std::vector<Sample>& samples) {
  constexpr double kPullOfAll = 1e-3;
  constexpr double kPullOfBlock = 1e-3;
  std::vector<const Sample*> all;
  std::map<std::string, std::vector<const Sample*>> by_block;
  for (const Sample& s : samples) {
    all.push_back(&s);
    by_block[s.block].push_back(&s);
  }
  std::vector<FittedBlock> blocks;
  blocks.push_back(fit_block("", all, {"", kLutGuess, kFfGuess}, kPullOfAll));
  for (const auto& [block, of_block] : by_block)
    blocks.push_back(fit_block(block, of_block, blocks.front(), kPullOfBlock));
  return blocks;
}

}  // namespace offramp::verif
