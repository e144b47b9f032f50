#pragma once
// The coefficients of the resource model, as scripts/fit_resources.sh writes them.
#include <array>
#include <span>

#include "model/resources.h"

namespace offramp::model {

/// What registers are fitted to: 1, register bits, bits of products in DSP slices.
inline constexpr std::size_t kRegisterFeatures = 3;
[[nodiscard]] std::array<double, kRegisterFeatures> register_features(const Features& features);

struct BlockCoefficients {
  netlist::Family family = netlist::Family::xcup;
  const char* block = "";  // empty: of a block that the fit has not met
  std::array<double, kFeatures> lut{};
  std::array<double, kRegisterFeatures> ff{};
};
struct FamilyError {
  netlist::Family family = netlist::Family::xcup;
  ResourceError error;
};

[[nodiscard]] std::span<const BlockCoefficients> block_coefficients();
[[nodiscard]] std::span<const FamilyError> family_errors();

}  // namespace offramp::model
