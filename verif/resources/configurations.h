#pragma once
// Random accelerators for the resource model: networks, exits, strategies, widths and array shapes by number.
#include <cstdint>
#include <memory>

#include "accel/accelerator.h"
#include "hw/hw.h"
#include "model/resources.h"
#include "verif/resources/measure.h"

namespace offramp::verif {

/// An accelerator with its hardware's description.
struct Configuration {
  std::unique_ptr<accel::Accelerator> accelerator;
  std::unique_ptr<hw::Design> design;
  const hw::Module* top = nullptr;
  std::vector<model::UsedModule> used;
};

/// The same number gives the same configuration on every machine: 1 to 32 multipliers a lane array.
[[nodiscard]] Configuration configuration(std::uint64_t number, netlist::Family family);

/// Of any accelerator.
[[nodiscard]] Configuration configuration_of(const accel::Accelerator& accelerator, netlist::Family family);

/// What Yosys has to be asked for.
[[nodiscard]] std::vector<ModuleToMeasure> to_measure(const Configuration& configuration);

/// The measured cells of the whole design.
[[nodiscard]] model::Resources measured(const Configuration& configuration, const Measurements& measurements);

}  // namespace offramp::verif
