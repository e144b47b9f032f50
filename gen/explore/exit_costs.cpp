#include "explore/exit_costs.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "model/estimate.h"
#include "quant/with_exits.h"

namespace offramp::explore {
namespace {

/// All early exits but one.
quant::QNetwork without(const quant::QNetwork& network, std::size_t exit) {
  std::vector<int> keep;
  for (std::size_t e = 0; e + 1 < network.exits.size(); ++e) {
    if (e != exit) keep.push_back(static_cast<int>(e));
  }
  return quant::with_exits(network, keep);
}

/// Numbers of `on_backbone` mean the exits of the whole network.
accel::Options options_without(accel::Options options, std::size_t exit) {
  std::set<int> renumbered;
  for (const int e : options.on_backbone) {
    if (e != static_cast<int>(exit)) renumbered.insert(e > static_cast<int>(exit) ? e - 1 : e);
  }
  options.on_backbone = renumbered;
  return options;
}

void check_dynamic(const accel::Options& options) {
  if (options.strategy == accel::Strategy::static_)
    throw std::logic_error("exit costs: a static design has no early exits");
}

}  // namespace

tune::ExitCosts cycle_costs(const quant::QNetwork& network, const accel::Options& options) {
  check_dynamic(options);
  tune::ExitCosts costs{.unit = "cycles", .leave = {}, .branch = {}};
  const accel::Accelerator a = accel::plan_accelerator(network, options);
  costs.leave = model::estimate(a).cycles_by_exit;
  for (int e = 0; e + 1 < static_cast<int>(network.exits.size()); ++e) {
    const std::int64_t saved =
        options.prune ? costs.leave.back() - model::estimate(a, {e}).cycles_by_exit.back() : 0;
    costs.branch.push_back(std::max<std::int64_t>(0, saved));
  }
  return costs;
}

tune::ExitCosts energy_costs(const quant::QNetwork& network, const accel::Options& options,
                             const model::EnergyCoefficients& coefficients) {
  check_dynamic(options);
  tune::ExitCosts costs{.unit = "pJ", .leave = {}, .branch = {}};
  const auto energies = [&](const quant::QNetwork& n, const accel::Options& o) {
    const accel::Accelerator a = accel::plan_accelerator(n, o);
    return model::energy_by_exit(a, model::estimate(a), coefficients);
  };
  const std::vector<model::Energy> all = energies(network, options);
  for (const model::Energy& e : all) costs.leave.push_back(std::llround(e.total_picojoules()));
  const auto spent = [&](const model::Energy& e) {
    return options.strategy == accel::Strategy::parallel ? e.mac + e.memory + e.dram : e.total_picojoules();
  };
  for (std::size_t e = 0; e + 1 < network.exits.size(); ++e) {
    if (!options.prune) {
      costs.branch.push_back(0);
      continue;
    }
    const model::Energy less = energies(without(network, e), options_without(options, e)).back();
    costs.branch.push_back(std::max<std::int64_t>(0, std::llround(spent(all.back()) - spent(less))));
  }
  return costs;
}

}  // namespace offramp::explore
