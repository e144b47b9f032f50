#include <fmt/format.h>

#include "base/files.h"
#include "base/text.h"
#include "cli/stages.h"
#include "cli/text_table.h"
#include "cli/verbs.h"
#include "synth/report.h"

namespace offramp::cli {
namespace {

namespace fs = std::filesystem;

std::string halves(int bram18) {
  return bram18 % 2 == 0 ? fmt::format("{}", bram18 / 2) : fmt::format("{:.1f}", bram18 / 2.0);
}

std::string module_table(const synth::Report& report) {
  const bool amd = netlist::is_amd(report.family);
  TextTable table({{"module", TextTable::Align::left},
                   {"instances"},
                   {"LUT"},
                   {"FF"},
                   {"DSP"},
                   {amd ? "BRAM36" : "block RAM"},
                   {"URAM"},
                   {"LUT with below"},
                   {"FF with below"},
                   {"LUT levels"},
                   {"carries"}});
  for (const synth::ModuleRow& row : report.modules) {
    table.row({row.module, fmt::format("{}", row.instances), fmt::format("{}", row.own.lut),
               fmt::format("{}", row.own.ff), fmt::format("{}", row.own.dsp),
               amd ? halves(row.own.bram18) : fmt::format("{}", row.own.block_ram),
               fmt::format("{}", row.own.uram), fmt::format("{}", row.with_submodules.lut),
               fmt::format("{}", row.with_submodules.ff), fmt::format("{}", row.longest.luts),
               fmt::format("{}", row.longest.carries)});
  }
  return table.text();
}

std::string text_of(const synth::Report& report) {
  const netlist::Counts& t = report.total;
  const bool amd = netlist::is_amd(report.family);
  std::string text = module_table(report);
  text += fmt::format(
      "\n{} on {}: {} LUT ({} as memory, {} as shift registers), {} FF, {} DSP, {} {}, {} URAM\n", report.top,
      to_string(report.family), t.lut, t.lut_memory, t.shift_register, t.ff, t.dsp,
      amd ? halves(t.bram18) : fmt::format("{}", t.block_ram), amd ? "BRAM36" : "block RAM", t.uram);
  for (const auto& [type, n] : t.unknown) text += fmt::format("{} cells {} are not in the sums\n", n, type);
  const netlist::LogicPath& path = report.longest;
  text += fmt::format(
      "Longest path, across modules: {} LUT levels, {} carry cells, {} wide multiplexers\n"
      "  from {}\n  to   {}\n",
      path.luts, path.carries, path.muxes, path.from, path.to);
  text += fmt::format("{}\n", synth::basis(report));
  return text;
}

}  // namespace

Answer synth(const Arguments& arguments, Console& console) {
  const Design design = read_design(arguments.input);
  const netlist::Family own = netlist::family_of_part(design.target.part);
  const netlist::Family family =
      arguments.synth.family.empty() ? own : netlist::family_from(arguments.synth.family);
  console.say(fmt::format("Yosys synthesizes {} for {} ...", design.manifest.top, netlist::to_string(family)));
  const synth::Synthesized synthesized = synth::synthesize({.folder = design.folder,
                                                            .files = synth::read_file_list(design.folder),
                                                            .top = design.manifest.top,
                                                            .family = family,
                                                            .module = arguments.synth.module});
  const synth::Report report = synth::report_of(synthesized, family);
  Answer answer;
  answer.json = synth::to_json(report);
  const std::string text = answer.json.dump(2) + "\n";
  std::string written;
  if (!arguments.output.empty()) {
    write_file(arguments.output, text);
    written = arguments.output;
  } else if (arguments.synth.module.empty()) {
    const std::string name =
        family == own ? "synth.json" : fmt::format("synth_{}.json", netlist::to_string(family));
    design::add_results(design.folder, {{name, text}});
    written = (design.folder / name).string();
  }
  answer.text = text_of(report) + fmt::format("Yosys took {:.1f} s.\n", synthesized.seconds);
  if (!written.empty()) answer.text += fmt::format("Wrote {}\n", written);
  answer.json["seconds"] = synthesized.seconds;
  return answer;
}

}  // namespace offramp::cli
