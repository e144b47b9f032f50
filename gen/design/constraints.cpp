#include <fmt/format.h>

#include "design/handover.h"

namespace offramp::design {
namespace {

std::string out_of_context(const Handover& h) {
  const double period = 1000.0 / h.target.clock_mhz;
  std::string inputs, outputs;
  for (const accel::TopPort& p : h.ports) {
    if (p.name == "ap_clk" || p.name == "irq") continue;
    (p.input ? inputs : outputs) += " " + p.name + (p.bits > 1 ? "[*]" : "");
  }
  return fmt::format(
      "# Out-of-context timing of {top}: {mhz:g} MHz, the design target of {board}. For builds of the "
      "accelerator\n"
      "# by itself; in a block design the clock comes from there, and this file is left out.\n"
      "create_clock -name ap_clk -period {period:.3f} [get_ports ap_clk]\n"
      "\n"
      "# Half of the period is left to whatever drives the inputs and takes the outputs. The reset is "
      "synchronous: it is\n"
      "# timed like every other input.\n"
      "set_input_delay -clock ap_clk {half:.3f} [get_ports {{{inputs}}}]\n"
      "set_output_delay -clock ap_clk {half:.3f} [get_ports {{{outputs}}}]\n"
      "\n"
      "# The interrupt is a level that stays until software clears it, and the interrupt controllers of "
      "processing systems\n"
      "# synchronize it: no edge of ap_clk waits for it. It is the only path that needs no time; inside "
      "there is one clock\n"
      "# and nothing crosses into it.\n"
      "set_false_path -to [get_ports irq]\n",
      fmt::arg("top", h.top), fmt::arg("mhz", h.target.clock_mhz), fmt::arg("board", h.target.name),
      fmt::arg("period", period), fmt::arg("half", period / 2), fmt::arg("inputs", inputs.substr(1)),
      fmt::arg("outputs", outputs.substr(1)));
}

}  // namespace

Files constraint_files(const Handover& h) {
  return {{fmt::format("constraints/{}_ooc.xdc", h.top), out_of_context(h)},
          {fmt::format("constraints/{}.xdc", h.target.name), h.target.pins}};
}

}  // namespace offramp::design
