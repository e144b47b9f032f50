#pragma once
// Memory images: weights, tile tables, scales and decision tables as hexadecimal text for $readmemh.
#include <map>
#include <string>
#include <vector>

#include "accel/accelerator.h"
#include "accel/engine.h"

namespace offramp::accel {

/// The tables of one engine, a word a line in hexadecimal, as long as the network needs them.
struct EngineTables {
  std::string program, tiles, scales;
  std::vector<std::string> weights;  // a bank a row of the array; empty where they stream
};
[[nodiscard]] EngineTables engine_tables(const Accelerator& accelerator, const EnginePlan& plan,
                                         const EngineConfig& config);

/// The images of one engine, by file name.
[[nodiscard]] std::map<std::string, std::string> engine_images(const Accelerator& accelerator,
                                                               const EnginePlan& plan,
                                                               const EngineConfig& config);

/// The tables of the decision units: <prefix>_exp.hex and <prefix>_line.hex.
[[nodiscard]] std::map<std::string, std::string> decision_images(const fixed::DecisionTables& tables,
                                                                 const std::string& prefix);

/// The exponential's table alone, with zeros behind it up to `words`.
[[nodiscard]] std::string exponential_image(const fixed::DecisionTables& tables, int words);

}  // namespace offramp::accel
