#include "design/design_files.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "design/driver_files.h"

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
  return out.dump(2) + "\n";
}

std::string file_list(const accel::Emitted& emitted) {
  std::string out;
  for (const std::string& file : emitted.rtl) out += file + "\n";
  return out;
}

std::string vivado_script(const accel::Emitted& emitted, const Target& target) {
  std::string sources;
  for (const std::string& file : emitted.rtl) sources += fmt::format("  {}\n", file);
  return fmt::format(R"(# Out-of-context synthesis of {top} for {board} ({part}), non-project mode.
#
#   vivado -mode batch -source vivado/synth.tcl -tclargs REPORT_DIRECTORY
#
# Reports and the checkpoint go to the directory that -tclargs names, by default vivado_out beside this design: the
# design folder itself stays as its manifest says.

set design_dir [file normalize [file join [file dirname [info script]] ..]]
if {{$argc > 0}} {{
  set out_dir [file normalize [lindex $argv 0]]
}} else {{
  set out_dir [file normalize [file join $design_dir .. vivado_out]]
}}
file mkdir $out_dir

# Memory images are named relative to the design folder.
cd $design_dir

set sources {{
{sources}}}
foreach source $sources {{
  read_verilog $source
}}
read_xdc -mode out_of_context constraints/{top}_ooc.xdc

synth_design -mode out_of_context -top {top} -part {part}
write_checkpoint -force [file join $out_dir {top}_synth.dcp]
report_utilization -hierarchical -file [file join $out_dir {top}_utilization.rpt]
report_timing_summary -file [file join $out_dir {top}_timing.rpt]
)",
                     fmt::arg("top", emitted.top), fmt::arg("board", target.board),
                     fmt::arg("part", target.part), fmt::arg("sources", sources));
}

std::string out_of_context_constraints(const accel::Emitted& emitted, const Target& target) {
  const double period = 1000.0 / target.clock_mhz;
  return fmt::format(
      "# Out-of-context timing of {}: {:g} MHz, the design target of {}.\n"
      "create_clock -name ap_clk -period {:.3f} [get_ports ap_clk]\n"
      "\n"
      "# Half of the period is left to whatever drives the inputs and takes the outputs.\n"
      "set_input_delay -clock ap_clk {:.3f} [get_ports -filter {{DIRECTION == IN && NAME != ap_clk}}]\n"
      "set_output_delay -clock ap_clk {:.3f} [all_outputs]\n",
      emitted.top, target.clock_mhz, target.name, period, period / 2, period / 2);
}

Files design_files(const accel::Accelerator& accelerator, const accel::Emitted& emitted,
                   const model::Estimate& estimate, const Target& target, const std::string& quantized_json) {
  Files files = emitted.files;
  files["quantized.json"] = quantized_json;
  files["estimate.json"] = estimate_json(accelerator, estimate, target);
  files["files.f"] = file_list(emitted);
  files["vivado/synth.tcl"] = vivado_script(emitted, target);
  files[fmt::format("constraints/{}_ooc.xdc", emitted.top)] = out_of_context_constraints(emitted, target);
  files.merge(driver_files(accelerator, emitted.top));
  return files;
}

}  // namespace offramp::design
