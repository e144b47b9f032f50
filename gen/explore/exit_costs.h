#pragma once
// What leaving at each exit costs on an accelerator: cycles or energy, by the models of gen/model. A branch's
// share is what the same accelerator saves without it, so that skipped branches and exits that are left out
// are charged alike.
#include "accel/accelerator.h"
#include "model/energy.h"
#include "tune/costs.h"

namespace offramp::explore {

/// In cycles. Throws std::logic_error for a static design, which has no early exits.
[[nodiscard]] tune::ExitCosts cycle_costs(const quant::QNetwork& network, const accel::Options& options);
/// In picojoules. Of a skipped branch of a parallel design its work is saved, not what its array takes idle.
[[nodiscard]] tune::ExitCosts energy_costs(const quant::QNetwork& network, const accel::Options& options,
                                           const model::EnergyCoefficients& coefficients);

}  // namespace offramp::explore
