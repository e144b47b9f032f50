#pragma once
// Coefficients of the resource model from measured modules: least squares with non-negative coefficients,
// block by block, drawn towards those of all blocks together where a block gives too little to go by.
#include <array>
#include <string>
#include <vector>

#include "model/resource_coefficients.h"

namespace offramp::verif {

/// A module of a design that was measured.
struct Sample {
  std::string block;
  model::Features features;
  double lut = 0;
  double ff = 0;
  double weight = 0;  // (share of a design's figure that one cell of it makes)^2, over the designs
};

/// A block's coefficients, with the name kept beside: BlockCoefficients points at literals.
struct FittedBlock {
  std::string block;
  std::array<double, model::kFeatures> lut{};
  std::array<double, model::kRegisterFeatures> ff{};
};

/// The first is that of all blocks together, with an empty name; then by name.
[[nodiscard]] std::vector<FittedBlock> fit(const std::vector<Sample>& samples);

/// Minimizes sum w (y - x c)^2 + pull sum_k s_k (c_k - prior_k)^2 over c >= 0, where s_k is sum w x_k^2.
struct LeastSquares {
  std::vector<std::vector<double>> x;
  std::vector<double> y;
  std::vector<double> w;
  std::vector<double> prior;
  double pull = 0;
};
[[nodiscard]] std::vector<double> solve(const LeastSquares& problem);

}  // namespace offramp::verif
