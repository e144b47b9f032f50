#pragma once
// Memory images: weights, tile tables, scales and decision tables as hexadecimal text for $readmemh.
#include <map>
#include <string>

#include "accel/accelerator.h"
#include "accel/engine.h"

namespace offramp::accel {

/// The images of one engine, by file name.
[[nodiscard]] std::map<std::string, std::string> engine_images(const Accelerator& accelerator,
                                                               const EnginePlan& plan,
                                                               const EngineConfig& config);

/// The tables of the decision units: <prefix>_exp.hex and <prefix>_line.hex.
[[nodiscard]] std::map<std::string, std::string> decision_images(const fixed::DecisionTables& tables,
                                                                 const std::string& prefix);

}  // namespace offramp::accel
