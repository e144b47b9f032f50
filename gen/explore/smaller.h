#pragma once
// What to try where an accelerator does not fit: the same with smaller arrays.
#include <functional>
#include <optional>

#include "accel/accelerator.h"
#include "model/estimate.h"

namespace offramp::explore {

using Fits = std::function<bool(const accel::Accelerator&, const model::Estimate&)>;

/// Of the options whose arrays have rows, columns or lanes of `options` halved (rounded up) any number of
/// times, those with the most multipliers that `fits` accepts; nothing where none does. Of a parallel design
/// the exits' arrays are halved, too, their longest side each time.
[[nodiscard]] std::optional<accel::Options> nearest_that_fits(const quant::QNetwork& network,
                                                              const accel::Options& options,
                                                              const Fits& fits);

}  // namespace offramp::explore
