#pragma once
// What the exits of a sample say, in the order that the sample meets them: one definition for the plain and
// the fast reference.
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "quant/qnetwork.h"

namespace offramp::golden {

/// Sum of the magnitudes of a map.
[[nodiscard]] std::uint64_t activity_of(std::span<const std::int32_t> map);

/// The decision of every exit, skipped or not and whether or not it would be reached. `values(t)` gives
/// tensor t of the sample. `taps` holds quant::tap_of for every early exit.
[[nodiscard]] std::vector<fixed::Decision> decide_exits(
    const std::vector<quant::QExit>& exits, std::span<const int> taps, const fixed::DecisionTables& tables,
    const std::function<std::vector<std::int32_t>(int)>& values);

/// The decisions as they are with other thresholds, an early exit each.
void decide_by(const quant::QNetwork& network, std::span<const std::uint64_t> thresholds,
               std::vector<fixed::Decision>& decisions);

/// The first confident exit, else the last.
[[nodiscard]] int exit_taken(std::span<const fixed::Decision> decisions);

/// quant::tap_of for every early exit.
[[nodiscard]] std::vector<int> taps_of(const quant::QNetwork& network);

}  // namespace offramp::golden
