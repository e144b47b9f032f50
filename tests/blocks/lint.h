#pragma once
// What the tools have to say about a generator's modules: nothing, where they are clean.
#include <string>
#include <vector>

#include "base/files.h"
#include "base/process.h"
#include "base/temp_folder.h"
#include "hw/hw.h"

namespace offramp::blocks::testing {

/// Output of Verilator and Icarus with all warnings and of Yosys, for those that are there.
template <class G>
std::string lint(const G& generator) {
  hw::Design design;
  design.add(generator);
  design.require_clean();
  const test::TempFolder folder;
  std::vector<std::string> files;
  std::string all;
  for (const hw::Module* module : design.modules()) {
    files.push_back(module->name + ".v");
    write_file(folder / files.back(), hw::print_verilog(*module));
    all += " " + files.back();
  }
  const std::string top = generator.name();
  std::string said;
  const auto ask = [&](std::vector<std::string> argv, const std::vector<std::string>& more) {
    if (!find_tool(argv[0])) return;
    argv.insert(argv.end(), more.begin(), more.end());
    const auto r = run_process(argv, {.directory = folder.path()});
    if (r.exit_code != 0 || !r.output.empty()) said += argv[0] + ": " + r.output;
  };
  ask({"verilator", "--lint-only", "-Wall", "--top-module", top}, files);
  ask({"iverilog", "-g2005", "-Wall", "-o", "/dev/null", "-s", top}, files);
  ask({"yosys", "-q", "-p",
       "read_verilog" + all + "; hierarchy -check -top " + top + "; proc; check -assert"},
      {});
  return said;
}

}  // namespace offramp::blocks::testing
