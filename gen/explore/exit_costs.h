#pragma once
// What leaving at each exit costs on an accelerator, cycles or energy, and what a skipped branch saves, by
// the models of gen/model.
#include "accel/accelerator.h"
#include "model/energy.h"
#include "tune/costs.h"

namespace offramp::explore {

/// In cycles. Branches can be skipped, and cost what that saves, where options.prune says so. Throws
/// std::logic_error for a static design, which has no early exits.
[[nodiscard]] tune::ExitCosts cycle_costs(const quant::QNetwork& network, const accel::Options& options);
/// In picojoules, likewise. Of a skipped branch of a parallel design its work is saved, not what its array
/// takes idle; the activity that is summed up on the way is not charged.
[[nodiscard]] tune::ExitCosts energy_costs(const quant::QNetwork& network, const accel::Options& options,
                                           const model::EnergyCoefficients& coefficients);

}  // namespace offramp::explore
