#include "verif/resources/configurations.h"

#include <fmt/format.h>

#include "accel/top.h"
#include "verif/random.h"
#include "verif/random_case.h"

namespace offramp::verif {

Configuration configuration_of(const accel::Accelerator& accelerator, netlist::Family family) {
  Configuration c;
  c.accelerator = std::make_unique<accel::Accelerator>(accelerator);
  c.design = std::make_unique<hw::Design>();
  c.top = &c.design->module_of(
      accel::Top{.module_name = accel::top_name(*c.accelerator), .accelerator = c.accelerator.get()});
  c.used = model::used_modules(*c.top, family);
  return c;
}

Configuration configuration(std::uint64_t number, netlist::Family family) {
  constexpr std::uint64_t kStream = 11;
  constexpr int kMostMultipliers = 32;
  Random random(mix_seed(number, kStream));
  const auto strategy = static_cast<accel::Strategy>(number % 3);
  accel::ArrayShape shape;
  do {
    shape.rows = 1 + static_cast<int>(random.below(16));
    shape.columns = 1 + static_cast<int>(random.below(4));
    shape.lanes = random.one_in(3) ? 2 : 1;
  } while (shape.multipliers() > kMostMultipliers);
  RandomCase c = random_case(number, strategy, shape, 0);
  c.network.name = fmt::format("net{}", number);
  // Two products a slice need a DSP48E2.
  if (family != netlist::Family::xcup) c.options.packed = false;
  return configuration_of(accel::plan_accelerator(c.network, c.options), family);
}

std::vector<ModuleToMeasure> to_measure(const Configuration& c) {
  std::vector<ModuleToMeasure> modules;
  for (const model::UsedModule& used : c.used)
    modules.push_back({used.module, used.parameters, model::block_of(used.module->name, c.top->name)});
  return modules;
}

model::Resources measured(const Configuration& c, const Measurements& measurements) {
  model::Resources total;
  for (const model::UsedModule& used : c.used) {
    const netlist::Counts& own = measurements.own(*used.module, used.parameters);
    const auto n = static_cast<int>(used.instances);
    total += {.lut = static_cast<double>(own.lut) * n,
              .ff = static_cast<double>(own.ff) * n,
              .dsp = own.dsp * n,
              .bram18 = own.bram18 * n,
              .uram = own.uram * n};
  }
  return total;
}

}  // namespace offramp::verif
