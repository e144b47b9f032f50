#include <fmt/format.h>

#include <cmath>
#include <optional>

#include "base/files.h"
#include "base/sha256.h"
#include "base/text.h"
#include "cli/stages.h"
#include "cli/text_table.h"
#include "cli/verbs.h"
#include "model/resources.h"
#include "synth/place.h"
#include "synth/report.h"

namespace offramp::cli {
namespace {

namespace fs = std::filesystem;
using nlohmann::ordered_json;

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

ordered_json placement_json(const synth::Placement& p) {
  if (!p.skipped.empty()) return {{"skipped", p.skipped}};
  ordered_json out = {{"basis", synth::basis(p)}, {"part", p.part}, {"clock_mhz", p.clock_mhz}};
  out["wrapper_registers"] = p.wrapper_registers;
  for (const auto& [kind, n] : p.used) out["used"][kind] = {{"used", n.first}, {"available", n.second}};
  out["bitstream"] = {{"bytes", p.bitstream.size()}, {"sha256", sha256_hex(p.bitstream)}};
  return out;
}

std::string placement_text(const synth::Placement& p) {
  if (!p.skipped.empty()) return fmt::format("Placement skipped: {}\n", p.skipped);
  std::string used;
  for (const auto& [kind, n] : p.used)
    used += fmt::format("{}{} {} of {}", used.empty() ? "" : ", ", kind, n.first, n.second);
  return fmt::format("{}: {:.1f} MHz; {}\n{}\n", p.part, p.clock_mhz, used, synth::basis(p));
}

/// The model's figures beside what was measured.
ordered_json modelled_json(const model::ResourceEstimate& e, const synth::Report& report) {
  const auto error = [](double modelled, double measured) {
    return measured > 0 ? 100 * (modelled - measured) / measured : 0.0;
  };
  return {{"basis", model::resource_basis(e.family)},
          {"lut", std::round(e.total.lut)},
          {"ff", std::round(e.total.ff)},
          {"dsp", e.total.dsp},
          {"bram36", e.total.bram18 / 2.0},
          {"uram", e.total.uram},
          {"lut_error_percent", error(e.total.lut, report.total.lut)},
          {"ff_error_percent", error(e.total.ff, report.total.ff)}};
}

}  // namespace

Answer synth(const Arguments& arguments, Console& console) {
  const Design design = read_design(arguments.input);
  const SynthArguments& asked = arguments.synth;
  const bool whole = asked.module.empty() || asked.module == design.manifest.top;
  const netlist::Family family =
      asked.family.empty() ? netlist::family_of_part(design.target.part) : netlist::family_from(asked.family);
  if (!asked.place && !asked.device.empty()) throw Error("--device is the device of --place; add --place.");
  std::optional<synth::Device> device;
  if (asked.place) device = synth::device_from(asked.device, family);
  const synth::YosysRun run{.folder = design.folder,
                            .files = synth::read_file_list(design.folder),
                            .top = design.manifest.top,
                            .family = family,
                            .module = whole ? "" : asked.module};
  const synth::Synthesized synthesized = synth::synthesize(run);
  const synth::Report report = synth::report_of(synthesized, family);
  Answer answer;
  answer.json = synth::to_json(report);
  answer.text = text_of(report);
  if (whole && netlist::is_amd(family)) {
    answer.json["modelled"] =
        modelled_json(model::estimate_resources(design.plan.accelerator, family), report);
    const ordered_json& m = answer.json["modelled"];
    answer.text += fmt::format("Modelled: {} LUT ({:+.1f} %), {} FF ({:+.1f} %), {} DSP, {} BRAM36\n  {}\n",
                               m["lut"].get<double>(), m["lut_error_percent"].get<double>(),
                               m["ff"].get<double>(), m["ff_error_percent"].get<double>(),
                               m["dsp"].get<int>(), m["bram36"].get<double>(), m["basis"].get<std::string>());
  }
  std::string bitstream;
  if (device) {
    console.say(fmt::format("nextpnr places {} on {} ...", report.top, device->part));
    const synth::Placement placement = synth::place(run, synthesized, *device);
    answer.json["placement"] = placement_json(placement);
    answer.text += placement_text(placement);
    bitstream = placement.bitstream;
  }
  const std::string name = family == netlist::find_family(design.target.part)
                               ? "synth.json"
                               : fmt::format("synth_{}.json", netlist::to_string(family));
  const std::string text = answer.json.dump(2) + "\n";
  std::vector<std::string> written;
  if (!arguments.output.empty()) {
    const fs::path file = arguments.output;
    write_file(file, text);
    written.push_back(file.string());
    if (!bitstream.empty()) {
      const fs::path bits =
          fs::path(file).replace_extension(family == netlist::Family::ecp5 ? ".bit" : ".bin");
      write_file(bits, bitstream);
      written.push_back(bits.string());
    }
  } else if (whole) {
    design::Files files = {{name, text}};
    if (!bitstream.empty()) files[fmt::format("synth_{}.bit", netlist::to_string(family))] = bitstream;
    design::add_results(design.folder, files);
    for (const auto& [file, bytes] : files) written.push_back((design.folder / file).string());
  }
  answer.text += fmt::format("Yosys took {:.1f} s.\n", synthesized.seconds);
  for (const std::string& file : written) answer.text += fmt::format("Wrote {}\n", file);
  answer.json["seconds"] = synthesized.seconds;
  return answer;
}

}  // namespace offramp::cli
