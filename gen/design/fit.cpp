#include "design/fit.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "base/error.h"
#include "netlist/family.h"

namespace offramp::design {

namespace {

struct Row {
  std::string name;
  double asked = 0;
  double available = -1;  // below 0: part of another row
  [[nodiscard]] bool fits() const { return available < 0 || asked <= available; }
};

std::vector<Row> compare(const Demand& demand, const Target& target) {
  const model::Estimate& e = demand.estimate;
  std::vector<Row> rows;
  if (demand.resources) {
    const model::Resources& r = *demand.resources;
    rows = {{"LUT", std::round(r.lut), static_cast<double>(target.lut)},
            {"FF", std::round(r.ff), static_cast<double>(target.ff)},
            {"DSP", static_cast<double>(r.dsp), static_cast<double>(target.dsp)},
            // Yosys, which the model follows, never takes an UltraRAM; where there are some, large memories
            // go there and the bits decide.
            {"BRAM36", r.bram18 / 2.0, target.uram > 0 ? -1 : static_cast<double>(target.bram36)},
            {"URAM", static_cast<double>(r.uram), static_cast<double>(target.uram)}};
  } else {
    rows = {{"DSP slices of the arrays", static_cast<double>(e.dsps), static_cast<double>(target.dsp)}};
  }
  rows.push_back({"weight memory, bits", static_cast<double>(e.weight_bits)});
  rows.push_back({"activation memory, bits", static_cast<double>(e.activation_bits)});
  rows.push_back({"on-chip memory, bits", static_cast<double>(e.weight_bits + e.activation_bits),
                  static_cast<double>(target.on_chip_bits)});
  return rows;
}

}  // namespace

accel::WeightMemory weight_memory(const Target& target) {
  constexpr double kLeastBits = 256;  // the header of the weight image
  const double bits = target.dram_gb_per_s * 1e9 / (target.clock_mhz * 1e6) * 8;
  accel::WeightMemory memory;
  memory.beat_bits = static_cast<int>(kLeastBits);
  while (memory.beat_bits < 1024 && memory.beat_bits < bits) memory.beat_bits *= 2;
  memory.beats_per_256 = std::clamp(static_cast<int>(bits / memory.beat_bits * 256), 1, 256);
  return memory;
}

Demand demand_of(const accel::Accelerator& accelerator, const model::Estimate& estimate,
                 const Target& target) {
  Demand demand{estimate};
  const std::optional<netlist::Family> family = netlist::find_family(target.part);
  if (family && netlist::is_amd(*family))
    demand.resources = model::estimate_resources(accelerator, *family).total;
  return demand;
}

bool fits(const Demand& demand, const Target& target) {
  const std::vector<Row> rows = compare(demand, target);
  return std::all_of(rows.begin(), rows.end(), [](const Row& row) { return row.fits(); });
}

void check_fits(const Demand& demand, const Target& target, const std::string& what,
                const std::string& instead) {
  if (fits(demand, target)) return;
  std::string table = fmt::format("  {:<28}{:>16}{:>16}\n", "", "asked", "available");
  for (const Row& row : compare(demand, target)) {
    table += fmt::format("  {:<28}{:>16.10g}{:>16}{}\n", row.name, row.asked,
                         row.available < 0 ? std::string() : fmt::format("{:.10g}", row.available),
                         row.fits() ? "" : "  too much");
  }
  throw Error(fmt::format("{} does not fit the target {} ({}):\n{}{}", what, target.name, target.part, table,
                          instead.empty()
                              ? std::string("No smaller array fits either: choose a larger target, fewer "
                                            "bits (--bits) or a smaller network.")
                              : fmt::format("The nearest configuration that fits is {}.", instead)));
}

}  // namespace offramp::design
