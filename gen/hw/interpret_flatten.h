#pragma once
// Unrolls a module and everything below it at given parameter values.
#include <cstdint>
#include <map>
#include <string>

#include "hw/interpret_netlist.h"

namespace offramp::hw::interpret {

/// Throws DesignError for an unknown parameter, one outside its range, an external module, or a gated clock.
Netlist flatten(const Module& top, const std::map<std::string, std::int64_t>& parameters,
                const std::map<std::string, std::string>& string_parameters);

}  // namespace offramp::hw::interpret
