#include "synth/yosys.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <map>
#include <set>
#include <sstream>

#include "base/error.h"
#include "base/files.h"
#include "base/process.h"
#include "base/text.h"
#include "netlist/counts.h"

namespace offramp::synth {
namespace {

namespace fs = std::filesystem;

std::string last_lines(const std::string& text, std::size_t count) {
  std::size_t at = text.find_last_not_of('\n');
  if (at == std::string::npos) return "(it said nothing)";
  const std::size_t end = at + 1;
  for (std::size_t n = 0; n < count && at != std::string::npos && at != 0; ++n) at = text.rfind('\n', at - 1);
  const std::size_t begin = at == std::string::npos || at == 0 ? 0 : at + 1;
  return text.substr(begin, end - begin);
}

/// The name that Yosys gives the variant of `run.module` which the design has most instances of.
std::string variant_of(const YosysRun& run, const Scratch& scratch) {
  const fs::path file = scratch.path() / "hierarchy.json";
  run_yosys(run.folder, fmt::format("{}; hierarchy -check -top {}; proc; write_json {}",
                                    read_command(run.files), run.top, file.string()));
  const netlist::Netlist netlist = netlist::read_netlist(read_file(file), file.string());
  std::string best;
  int most = 0;
  std::set<std::string> names;
  for (const netlist::ModuleCounts& m : netlist::counts(netlist)) {
    names.insert(m.hdl_name);
    if (m.hdl_name != run.module || m.instances <= most) continue;
    best = m.module;
    most = m.instances;
  }
  if (best.empty())
    throw Error(fmt::format("{} has no module {}; it has {}.", run.top, in_quotes(run.module),
                            fmt::join(names, ", ")));
  return best;
}

}  // namespace

Scratch::Scratch() {
  std::string name = (fs::temp_directory_path() / "offramp-synth-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr)
    throw Error(fmt::format("Cannot make a folder in {}; set TMPDIR to one that can be written.",
                            in_quotes(fs::temp_directory_path().string())));
  path_ = name;
}

Scratch::~Scratch() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

std::vector<std::string> read_file_list(const fs::path& folder) {
  const fs::path file = folder / "files.f";
  std::istringstream lines(read_file(file));
  std::vector<std::string> names;
  for (std::string line; std::getline(lines, line);) {
    if (!line.empty()) names.push_back(line);
  }
  if (names.empty())
    throw Error(fmt::format("{} names no Verilog file; write the design again with offramp generate.",
                            in_quotes(file.string())));
  return names;
}

std::string yosys_version() {
  require_tool("yosys", "yosys");
  std::istringstream words(run_process({"yosys", "-V"}).output);
  std::string name;
  std::string version;
  words >> name >> version;
  return name + " " + version;
}

std::string read_command(const std::vector<std::string>& files) {
  return fmt::format("read_verilog {}", fmt::join(files, " "));
}

void run_yosys(const fs::path& folder, const std::string& script) {
  const ProcessResult result = run_process({"yosys", "-q", "-p", script}, {.directory = folder});
  if (result.exit_code == 0) return;
  constexpr std::size_t kShown = 5;
  throw Error(fmt::format("Yosys stopped with status {} in {}. It said last:\n{}", result.exit_code,
                          in_quotes(folder.string()), last_lines(result.output, kShown)));
}

Synthesized synthesize(const YosysRun& run) {
  Synthesized done{.netlist = {},
                   .top = run.module.empty() ? run.top : run.module,
                   .version = yosys_version(),
                   .command = {}};
  const Scratch scratch;
  const fs::path file = scratch.path() / "netlist.json";
  const auto start = std::chrono::steady_clock::now();
  std::string prepare;
  std::string top = run.top;
  if (!run.module.empty() && run.module != run.top) {
    // A plain name, whatever parameters the instance has.
    const std::string variant = variant_of(run, scratch);
    prepare = fmt::format("hierarchy -check -top {}; hierarchy -top {}; ", run.top, variant);
    if (variant != run.module) prepare += fmt::format("rename {} {}; ", variant, run.module);
    top = run.module;
  }
  done.command = netlist::synth_command(run.family, top);
  run_yosys(run.folder, fmt::format("{}; {}{}; write_json {}", read_command(run.files), prepare, done.command,
                                    file.string()));
  done.netlist = netlist::read_netlist(read_file(file), file.string());
  done.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return done;
}

}  // namespace offramp::synth
