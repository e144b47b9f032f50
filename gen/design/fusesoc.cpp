#include <fmt/format.h>

#include "design/handover.h"

namespace offramp::design {

std::string fusesoc_core(const Handover& h, bool testbench) {
  std::string out = fmt::format(
      "CAPI=2:\n"
      "name: {}:{}:{}:{}\n"
      "description: {}\n"
      "\n"
      "filesets:\n"
      "  rtl:\n"
      "    file_type: verilogSource-2005\n"
      "    files:\n",
      kIpVendor, kIpLibrary, h.top, kIpVersion, h.description);
  for (const std::string& file : h.rtl) out += fmt::format("      - {}\n", file);
  // The Verilog names its images relative to where a tool runs.
  out +=
      "  images:\n"
      "    file_type: user\n"
      "    files:\n";
  for (const std::string& file : h.images) out += fmt::format("      - {0}: {{copyto: {0}}}\n", file);
  if (testbench) {
    out += fmt::format(
        "  bench:\n"
        "    files:\n"
        "      - sim/{}_tb.v: {{file_type: systemVerilogSource}}\n"
        "      - sim/samples.hex: {{file_type: user, copyto: sim/samples.hex}}\n"
        "      - sim/results.hex: {{file_type: user, copyto: sim/results.hex}}\n",
        h.top);
  }
  out += fmt::format(
      "\n"
      "targets:\n"
      "  default: &default\n"
      "    filesets: [rtl, images]\n"
      "    toplevel: {0}\n"
      "\n"
      "  lint:\n"
      "    <<: *default\n"
      "    description: Verilator's checks\n"
      "    default_tool: verilator\n"
      "    tools:\n"
      "      verilator:\n"
      "        mode: lint-only\n"
      "        verilator_options: [-Wall]\n"
      "\n",
      h.top);
  if (testbench) {
    out += fmt::format(
        "  sim:\n"
        "    <<: *default\n"
        "    description: Images through the design, against the golden reference\n"
        "    filesets: [rtl, images, bench]\n"
        "    toplevel: {0}_tb\n"
        "    default_tool: icarus\n"
        "    tools:\n"
        "      icarus:\n"
        "        iverilog_options: [-g2009]\n"
        "      verilator:\n"
        "        mode: binary\n"
        "        # The bench counts in 32 bits and indexes short arrays with them.\n"
        "        verilator_options: [--timing, -Wno-WIDTH]\n"
        "\n",
        h.top);
  }
  out +=
      "  synth:\n"
      "    <<: *default\n"
      "    description: Yosys, for the cells of the part's family\n"
      "    default_tool: yosys\n"
      "    tools:\n"
      "      yosys:\n"
      "        arch: xilinx\n"
      "        output_format: json\n";
  return out;
}

}  // namespace offramp::design
