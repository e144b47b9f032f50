#include "design/design_files.h"

#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "design/driver_files.h"
#include "design/handover.h"
#include "design/vivado_scripts.h"
#include "model/resources.h"

namespace offramp::design {

using nlohmann::ordered_json;

std::string estimate_json(const accel::Accelerator& accelerator, const model::Estimate& estimate,
                          const Target& target) {
  ordered_json out;
  out["basis"] =
      "modelled from the schedule; the project's tests hold it equal to the RTL's cycles, difference 0";
  out["network"] = accelerator.network.name;
  out["strategy"] = accel::to_string(accelerator.options.strategy);
  out["target"] = {{"name", target.name},
                   {"part", target.part},
                   {"clock_mhz", target.clock_mhz},
                   {"clock_basis", "design target, not measured"}};
  out["multipliers"] = estimate.multipliers;
  out["engines"] = ordered_json::array();
  for (const accel::EnginePlan& e : accelerator.engines) {
    out["engines"].push_back({{"name", e.name},
                              {"rows", e.shape.rows},
                              {"columns", e.shape.columns},
                              {"lanes", e.shape.lanes},
                              {"banks", e.banks},
                              {"words", e.words},
                              {"acc_bits", e.acc_bits}});
  }
  out["layers"] = ordered_json::array();
  for (const model::LayerCycles& l : estimate.layers) {
    out["layers"].push_back(
        {{"engine", l.engine}, {"layer", l.layer}, {"cycles", l.cycles}, {"macs", l.macs}});
  }
  out["exits"] = ordered_json::array();
  for (std::size_t e = 0; e < estimate.cycles_by_exit.size(); ++e) {
    out["exits"].push_back({{"name", accelerator.network.exits[e].name},
                            {"cycles", estimate.cycles_by_exit[e]},
                            {"macs", estimate.macs_by_exit[e]}});
  }
  out["memory_bits"] = {{"weights", estimate.weight_bits},
                        {"activations", estimate.activation_bits},
                        {"available_on_chip", target.on_chip_bits},
                        {"basis", "modelled: bits stored, not rounded up to whole memory blocks"}};
  if (const auto family = netlist::find_family(target.part); family && netlist::is_amd(*family)) {
    const model::Resources r = model::estimate_resources(accelerator, *family).total;
    const auto row = [](double asked, std::int64_t available) {
      return ordered_json{{"asked", asked}, {"available", available}};
    };
    out["resources"] = {
        {"basis", model::resource_basis(*family)},      {"lut", row(std::round(r.lut), target.lut)},
        {"ff", row(std::round(r.ff), target.ff)},       {"dsp", row(r.dsp, target.dsp)},
        {"bram36", row(r.bram18 / 2.0, target.bram36)}, {"uram", row(r.uram, target.uram)}};
  }
  return out.dump(2) + "\n";
}

std::string file_list(const accel::Emitted& emitted) {
  std::string out;
  for (const std::string& file : emitted.rtl) out += file + "\n";
  return out;
}

Files design_files(const accel::Accelerator& accelerator, const accel::Emitted& emitted,
                   const model::Estimate& estimate, const Target& target, const std::string& quantized_json,
                   const std::vector<SimSample>& samples) {
  Files files = emitted.files;
  files["quantized.json"] = quantized_json;
  files["estimate.json"] = estimate_json(accelerator, estimate, target);
  files["files.f"] = file_list(emitted);
  const Handover handover = hand_over(accelerator, emitted, target);
  const bool bench = !samples.empty() && handover.memory_bits() == 0;
  files.merge(vivado_files(handover));
  files.merge(constraint_files(handover));
  files["component.xml"] = component_xml(handover);
  files[emitted.top + ".core"] = fusesoc_core(handover, bench);
  if (bench) files.merge(testbench_files(handover, samples));
  files["Makefile.fpga"] = makefile();
  files.merge(driver_files(accelerator, emitted.top));
  return files;
}

}  // namespace offramp::design
