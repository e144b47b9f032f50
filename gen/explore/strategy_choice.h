#pragma once
// Pipeline or parallel: which is faster, which takes less energy, which needs fewer multipliers, for a network at
// given exit rates on a given target. Predicted from the cycle model and the energy model, before anything is
// simulated.
#include <optional>
#include <string>
#include <vector>

#include "accel/accelerator.h"
#include "explore/explore.h"
#include "model/energy.h"
#include "model/estimate.h"

namespace offramp::explore {

/// One strategy's figures, means over the exit rates.
struct StrategyFigures {
  accel::Strategy strategy = accel::Strategy::pipeline;
  double cycles = 0;
  std::int64_t last_exit_cycles = 0;  // of a sample that goes on to the end
  model::Energy energy;
  int multipliers = 0;
};

/// Of two figures the better one: whose it is and how many times as good.
struct Verdict {
  std::optional<accel::Strategy> better;  // none where they are equal
  double ratio = 1;
};

struct StrategyChoice {
  StrategyFigures pipeline, parallel;
  Verdict faster, less_energy, fewer_multipliers;
  /// "faster: parallel (1.06x); less energy: pipeline (1.20x); fewer multipliers: pipeline (2.00x)"
  [[nodiscard]] std::string verdict() const;
  /// Why, in a sentence with the figures that decide.
  [[nodiscard]] std::string reason() const;
};

/// Less is better.
[[nodiscard]] Verdict compare(double pipeline, double parallel);

[[nodiscard]] StrategyFigures figures_of(const accel::Accelerator& accelerator, const model::Estimate& estimate,
                                         const std::vector<double>& exit_rates,
                                         const model::EnergyCoefficients& coefficients);

/// Compares two designs of one network. Throws std::logic_error unless they are a pipeline and a parallel one.
[[nodiscard]] StrategyChoice choose_strategy(const StrategyFigures& pipeline, const StrategyFigures& parallel);

/// Searches the best design of each and compares them; the request's own strategy does not matter. Throws
/// offramp::Error where one of the two cannot be planned.
[[nodiscard]] StrategyChoice choose_strategy(const quant::QNetwork& network, const Request& request,
                                             const model::EnergyCoefficients& coefficients = {});

}  // namespace offramp::explore
