// What watching exits costs on the target's logic, by yosys.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <sstream>

#include "base/files.h"
#include "base/process.h"
#include "base/temp_folder.h"
#include "blocks/exit_watch.h"
#include "hw/hw.h"

namespace offramp::blocks {
namespace {

/// Cells by what they are made of.
struct Cost {
  int luts = 0;  ///< lookup tables, those of distributed memories counted
  int flip_flops = 0;
  int block_rams = 0;
  std::string others;  ///< cells whose cost is not known here
};

Cost cost_of(const std::string& statistics) {
  Cost cost;
  std::istringstream lines(statistics.substr(statistics.find("Number of cells")));
  std::string line;
  std::getline(lines, line);
  while (std::getline(lines, line)) {
    std::istringstream words(line);
    std::string cell;
    int count = 0;
    if (!(words >> cell >> count)) continue;
    // A slice's memory: four or eight lookup tables a cell.
    constexpr int kTablesOfM = 4;
    if (cell.starts_with("LUT") || cell == "INV") {
      cost.luts += count;
    } else if (cell.starts_with("RAM32M") || cell.starts_with("RAM64M")) {
      cost.luts += (cell.ends_with("16") || cell.ends_with("8") ? 2 : 1) * kTablesOfM * count;
    } else if (cell.starts_with("RAMB")) {
      cost.block_rams += count;
    } else if (cell.starts_with("FD")) {
      cost.flip_flops += count;
    } else if (!cell.starts_with("CARRY") && !cell.starts_with("MUXF") && cell != "BUFG") {
      cost.others += fmt::format("{} {}; ", count, cell);
    }
  }
  return cost;
}

Cost synthesize(const ExitWatch& watch) {
  hw::Design design;
  design.add(watch);
  design.require_clean();
  const test::TempFolder folder;
  std::string files;
  for (const hw::Module* module : design.modules()) {
    write_file(folder / (module->name + ".v"), hw::print_verilog(*module));
    files += " " + module->name + ".v";
  }
  const auto result =
      run_process({"yosys", "-q", "-p",
                   fmt::format("read_verilog{}; synth_xilinx -family xcup -top {} -flatten -noiopad; "
                               "tee -o statistics.txt stat",
                               files, watch.name())},
                  {.directory = folder.path()});
  EXPECT_EQ(result.exit_code, 0) << result.output;
  return cost_of(read_file(folder.path() / "statistics.txt"));
}

void report(const std::string& what, const ExitWatch& watch, int most_luts) {
  const Cost cost = synthesize(watch);
  EXPECT_GT(cost.luts, 0);
  EXPECT_GT(cost.flip_flops, 0);
  EXPECT_LE(cost.luts, most_luts);
  EXPECT_EQ(cost.others, "");
  fmt::print("{} exits, {}: {} LUT, {} FF, {} block RAM\n", watch.exits, what, cost.luts, cost.flip_flops,
             cost.block_rams);
}

TEST(ExitWatchSynthesis, OfThreeExitsTakesFewLookupTablesAndNoDsp) {
  if (!find_tool("yosys")) GTEST_SKIP() << "skipped: yosys not found";
  report("histogram", {.exits = 3, .monitor = false, .hold = false}, 200);
  report("monitor", {.exits = 3, .histogram = false, .hold = false}, 200);
  report("hold", {.exits = 3, .histogram = false, .monitor = false}, 850);
  report("all", {.exits = 3}, 1100);
}

// The figures of docs/exits.md.
TEST(ExitWatchSynthesis, DISABLED_OfFifteenExits) {
  report("histogram", {.exits = 15, .monitor = false, .hold = false}, 100000);
  report("monitor", {.exits = 15, .histogram = false, .hold = false}, 100000);
  report("hold", {.exits = 15, .histogram = false, .monitor = false}, 100000);
  report("all", {.exits = 15}, 100000);
}

}  // namespace
}  // namespace offramp::blocks
