#include "explore/strategy_choice.h"

#include <fmt/format.h>

#include <stdexcept>

namespace offramp::explore {
namespace {

using accel::Strategy;

std::string word(const Verdict& v) {
  return v.better ? fmt::format("{} ({:.2f}x)", accel::to_string(*v.better), v.ratio) : std::string("neither");
}

double nanojoules(double picojoules) {
  return picojoules / 1000;
}

}  // namespace

Verdict compare(double pipeline, double parallel) {
  if (pipeline == parallel) return {};
  if (pipeline < parallel) return {.better = Strategy::pipeline, .ratio = parallel / pipeline};
  return {.better = Strategy::parallel, .ratio = pipeline / parallel};
}

std::string StrategyChoice::verdict() const {
  return fmt::format("faster: {}; less energy: {}; fewer multipliers: {}", word(faster), word(less_energy),
                     word(fewer_multipliers));
}

std::string StrategyChoice::reason() const {
  return fmt::format(
      "an image takes {:.0f} cycles in pipeline and {:.0f} in parallel (one that goes on to the last exit {} and "
      "{}); in parallel the exit classifiers' own arrays take {:.1f} nJ an image and work begun before an abort "
      "{:.1f} nJ (pipeline {:.1f} nJ), of {:.1f} nJ in all (pipeline {:.1f} nJ)",
      pipeline.cycles, parallel.cycles, pipeline.last_exit_cycles, parallel.last_exit_cycles,
      nanojoules(parallel.energy.classifiers), nanojoules(parallel.energy.wasted),
      nanojoules(pipeline.energy.wasted), nanojoules(parallel.energy.total_picojoules()),
      nanojoules(pipeline.energy.total_picojoules()));
}

StrategyFigures figures_of(const accel::Accelerator& accelerator, const model::Estimate& estimate,
                           const std::vector<double>& exit_rates,
                           const model::EnergyCoefficients& coefficients) {
  const Request request{.strategy = accelerator.options.strategy, .exit_rates = exit_rates};
  return {.strategy = accelerator.options.strategy,
          .cycles = mean_cycles(estimate, request),
          .last_exit_cycles = estimate.cycles_by_exit.back(),
          .energy = model::mean_energy(model::energy_by_exit(accelerator, estimate, coefficients), exit_rates),
          .multipliers = estimate.multipliers};
}

StrategyChoice choose_strategy(const StrategyFigures& pipeline, const StrategyFigures& parallel) {
  if (pipeline.strategy != Strategy::pipeline || parallel.strategy != Strategy::parallel) {
    throw std::logic_error("choose_strategy: a pipeline and a parallel design are compared, in this order");
  }
  return {.pipeline = pipeline,
          .parallel = parallel,
          .faster = compare(pipeline.cycles, parallel.cycles),
          .less_energy =
              compare(pipeline.energy.total_picojoules(), parallel.energy.total_picojoules()),
          .fewer_multipliers = compare(pipeline.multipliers, parallel.multipliers)};
}

StrategyChoice choose_strategy(const quant::QNetwork& network, const Request& request,
                               const model::EnergyCoefficients& coefficients) {
  const auto best = [&](Strategy strategy) {
    Request asked = request;
    asked.strategy = strategy;
    const Candidate candidate = explore(network, asked).front();
    return figures_of(accel::plan_accelerator(network, candidate.options), candidate.estimate,
                      request.exit_rates, coefficients);
  };
  return choose_strategy(best(Strategy::pipeline), best(Strategy::parallel));
}

}  // namespace offramp::explore
