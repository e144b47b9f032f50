// offramp_synth_results: a table of what `offramp synth` wrote for several designs, as Markdown.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/files.h"

namespace {

using nlohmann::json;
namespace fs = std::filesystem;

json read(const std::string& file) {
  try {
    return json::parse(offramp::read_file(file));
  } catch (const json::exception& e) {
    throw offramp::Error(fmt::format("{} is not what offramp synth writes: {}", file, e.what()));
  }
}

std::string row_of(const json& figures) {
  const json& total = figures.at("total");
  const json& path = figures.at("longest_path");
  const bool amd = total.contains("bram36");
  std::string row = fmt::format("| {} | {} | {} | {} | {} | {} | {} | {} |", figures.at("top").get<std::string>(),
                                figures.at("family").get<std::string>(), total.at("lut").get<int>(),
                                total.at("ff").get<int>(), total.at("dsp").get<int>(),
                                amd ? fmt::format("{:.1f}", total.at("bram36").get<double>())
                                    : fmt::format("{}", total.at("block_ram").get<int>()),
                                amd ? fmt::format("{}", total.at("uram").get<int>()) : "-",
                                path.at("lut_levels").get<int>());
  if (figures.contains("modelled")) {
    const json& m = figures.at("modelled");
    row += fmt::format(" {:+.1f} / {:+.1f} |", m.at("lut_error_percent").get<double>(),
                       m.at("ff_error_percent").get<double>());
  } else {
    row += " - |";
  }
  const json placement = figures.value("placement", json::object());
  if (placement.contains("skipped")) {
    row += fmt::format(" skipped: {} |", placement.at("skipped").get<std::string>());
  } else if (placement.contains("clock_mhz")) {
    row += fmt::format(" {:.1f} MHz on {} |", placement.at("clock_mhz").get<double>(),
                       placement.at("part").get<std::string>());
  } else {
    row += " - |";
  }
  return row + "\n";
}

std::string text_of(const std::vector<std::string>& files) {
  std::string text =
      "# Synthesis\n\n"
      "Written by `scripts/results_synth.sh` from what `offramp synth` measured ([synthesis.md](synthesis.md) says what "
      "the figures mean). LUT and FF are cells of Yosys' netlist with the hierarchy kept, without placement; block RAM "
      "is 36 Kb blocks for AMD, the device's own blocks for Lattice. The model's error is of LUT / FF. A clock rate is "
      "nextpnr's static timing of the routed design; no board was run.\n\n"
      "| design or block | family | LUT | FF | DSP | block RAM | URAM | LUT levels | model % | placed |\n"
      "|---|---|---|---|---|---|---|---|---|---|\n";
  std::string how;
  std::vector<std::string> said;
  for (const std::string& file : files) {
    const json figures = read(file);
    text += row_of(figures);
    const auto add = [&](const std::string& basis) {
      if (std::find(said.begin(), said.end(), basis) != said.end()) return;
      said.push_back(basis);
      how += fmt::format("- {}: {}\n", figures.at("top").get<std::string>(), basis);
    };
    add(figures.at("basis").get<std::string>());
    const json placement = figures.value("placement", json::object());
    if (placement.contains("basis")) add(placement.at("basis").get<std::string>());
  }
  return text + "\n## How\n\n" + how;
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<std::string> files;
  std::string output;
  CLI::App app("Puts what offramp synth wrote into one table");
  app.add_option("files", files, "Figures of offramp synth, .json")->required();
  app.add_option("-o,--output", output, "Markdown file to write")->required();
  CLI11_PARSE(app, argc, argv);
  try {
    offramp::write_file(output, text_of(files));
    return 0;
  } catch (const offramp::Error& e) {
    fmt::print(stderr, "offramp_synth_results: {}\n", e.what());
    return static_cast<int>(e.status());
  }
}
