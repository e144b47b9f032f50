#include "synth/report.h"

#include <fmt/format.h>

#include <algorithm>

namespace offramp::synth {
namespace {

using nlohmann::ordered_json;

ordered_json path_json(const netlist::LogicPath& path) {
  return {{"lut_levels", path.luts}, {"carry_cells", path.carries}, {"mux_cells", path.muxes},
          {"dsp_cells", path.dsps},  {"from", path.from},           {"to", path.to}};
}

bool same_figures(const ModuleRow& a, const ModuleRow& b) {
  return a.module == b.module && a.own == b.own && a.with_submodules == b.with_submodules &&
         a.longest.luts == b.longest.luts && a.longest.carries == b.longest.carries;
}

}  // namespace

Report report_of(const Synthesized& synthesized, netlist::Family family) {
  constexpr std::size_t kShownNets = 10;
  const netlist::Netlist& netlist = synthesized.netlist;
  Report report{.family = family,
                .top = synthesized.top,
                .version = synthesized.version,
                .command = synthesized.command,
                .total = {},
                .modules = {},
                .longest = {},
                .levels = {},
                .widest = {}};
  for (const netlist::ModuleCounts& m : netlist::counts(netlist)) {
    ModuleRow row{m.hdl_name, m.instances, m.own, m.with_submodules,
                  netlist::Levels(*netlist.find(m.module)).longest()};
    const auto known = std::find_if(report.modules.begin(), report.modules.end(),
                                    [&](const ModuleRow& r) { return same_figures(r, row); });
    if (known == report.modules.end()) {
      report.modules.push_back(std::move(row));
    } else {
      known->instances += row.instances;
    }
  }
  report.total = report.modules.front().with_submodules;
  const netlist::Module flat = netlist::flatten(netlist, netlist.top());
  const netlist::Levels levels(flat);
  report.longest = levels.longest();
  report.levels = levels.histogram();
  for (const netlist::FanOut& f : netlist::fanout(flat)) {
    if (report.widest.size() == kShownNets) break;
    if (!f.is_clock()) report.widest.push_back(f);
  }
  return report;
}

std::string basis(const Report& report) {
  return fmt::format(
      "measured: cells of the netlist that {} makes with `{}`, hierarchy kept; no placement, no "
      "routing",
      report.version, report.command);
}

ordered_json to_json(const netlist::Counts& c, netlist::Family family) {
  ordered_json out = {{"lut", c.lut},
                      {"lut_as_memory", c.lut_memory},
                      {"lut_as_shift_register", c.shift_register},
                      {"ff", c.ff},
                      {"dsp", c.dsp}};
  if (netlist::is_amd(family)) {
    out["bram36"] = c.bram18 / 2.0;
    out["uram"] = c.uram;
  } else {
    out["block_ram"] = c.block_ram;
  }
  out["carry"] = c.carry;
  out["mux"] = c.mux;
  if (!c.unknown.empty()) out["unknown_cells"] = c.unknown;
  return out;
}

ordered_json to_json(const Report& report) {
  ordered_json out;
  out["basis"] = basis(report);
  out["tool"] = {{"name", "yosys"}, {"version", report.version}, {"command", report.command}};
  out["family"] = netlist::to_string(report.family);
  out["top"] = report.top;
  out["total"] = to_json(report.total, report.family);
  out["longest_path"] = path_json(report.longest);
  out["longest_path"]["nets"] = report.longest.nets;
  out["endpoints_by_lut_levels"] = report.levels;
  out["largest_fan_out"] = ordered_json::array();
  for (const netlist::FanOut& f : report.widest)
    out["largest_fan_out"].push_back({{"net", f.name}, {"driver", f.driver}, {"pins", f.pins}});
  out["modules"] = ordered_json::array();
  for (const ModuleRow& row : report.modules) {
    out["modules"].push_back({{"module", row.module},
                              {"instances", row.instances},
                              {"own", to_json(row.own, report.family)},
                              {"with_submodules", to_json(row.with_submodules, report.family)},
                              {"longest_path", path_json(row.longest)}});
  }
  return out;
}

}  // namespace offramp::synth
