#pragma once
// A board's energy constants: constraints/<board>/energy.json, each with where it comes from and by what
// factor it may be off.
#include <filesystem>

#include "design/target.h"
#include "model/energy.h"

namespace offramp::design {

/// Throws offramp::Error that names file and field where something is missing or no positive number.
[[nodiscard]] model::EnergyCoefficients load_energy(const std::filesystem::path& home, const Target& target);

}  // namespace offramp::design
