// What the decision unit costs on the target's logic, by yosys: tables in block memory, and no DSP slice.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <sstream>

#include "base/files.h"
#include "base/process.h"
#include "base/temp_folder.h"
#include "blocks/decision_unit.h"
#include "hw/hw.h"

namespace offramp::blocks {
namespace {

/// Cells by name, of yosys' statistics.
std::map<std::string, int> cells_of(const std::string& statistics) {
  std::map<std::string, int> cells;
  std::istringstream lines(statistics.substr(statistics.find("Number of cells")));
  std::string line;
  std::getline(lines, line);
  while (std::getline(lines, line)) {
    std::istringstream words(line);
    std::string cell;
    int count = 0;
    if (words >> cell >> count) cells[cell] += count;
  }
  return cells;
}

TEST(DecisionUnitSynthesis, TakesNoDspAndFewLutsForTenClasses) {
  if (!find_tool("yosys")) GTEST_SKIP() << "skipped: yosys not found";
  const fixed::DecisionTables tables = fixed::make_decision_tables(10, 12, 0.02);
  const DecisionUnit unit{.prefix = "test",
                          .classes = 10,
                          .logit_bits = 12,
                          .columns = 4,
                          .table_words = static_cast<int>(tables.exp_table.size()),
                          .base2_shift = tables.base2_shift,
                          .exit_bits = 2};
  const test::TempFolder folder;
  hw::Design design;
  design.add(unit);
  design.require_clean();
  std::string files;
  for (const hw::Module* module : design.modules()) {
    write_file(folder.path() / (module->name + ".v"), hw::print_verilog(*module));
    files += module->name + ".v ";
  }
  // Contents of the tables do not matter to their cost.
  const auto table = [](std::size_t words, const char* word) {
    std::string text;
    for (std::size_t i = 0; i < words; ++i) text += fmt::format("{}{:x}\n", word, i % 16);
    return text;
  };
  make_directory(folder.path() / "mem");
  write_file(folder.path() / "mem" / "decision_exp.hex", table(tables.exp_table.size(), "13579bdf024"));
  write_file(folder.path() / "mem" / "decision_line.hex", table(tables.line_base.size(), "13579bdf0246a"));
  const auto result = run_process({"yosys", "-q", "-p",
                                   fmt::format("read_verilog {}; synth_xilinx -family xcup -flatten -noiopad "
                                               "-top test_unit; tee -o statistics.txt stat",
                                               files)},
                                  {.directory = folder.path()});
  ASSERT_EQ(result.exit_code, 0) << result.output;
  int luts = 0;
  int dsps = 0;
  for (const auto& [cell, count] : cells_of(read_file(folder.path() / "statistics.txt"))) {
    if (cell.starts_with("LUT") || cell.starts_with("SRL") || cell == "INV") luts += count;
    if (cell.starts_with("RAM32")) luts += 8 * count;
    if (cell.starts_with("DSP")) dsps += count;
  }
  std::cout << "decision unit, ten classes, all criteria: " << luts << " LUT\n";
  EXPECT_EQ(dsps, 0);
  EXPECT_GT(luts, 100);
  EXPECT_LT(luts, 520);
}

}  // namespace
}  // namespace offramp::blocks
