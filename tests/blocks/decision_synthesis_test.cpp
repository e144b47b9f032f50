// What the decision unit costs on the target's logic, by yosys: tables in block memory, and no DSP slice.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "blocks/decision_unit.h"
#include "synthesis_cost.h"

namespace offramp::blocks {
namespace {

/// A memory image; what it holds does not matter to its cost.
std::string image(std::size_t words, const char* digits) {
  std::string text;
  for (std::size_t i = 0; i < words; ++i) text += fmt::format("{}{:x}\n", digits, i % 16);
  return text;
}

TEST(DecisionUnitSynthesis, TakesNoDspAndFewLutsForTenClasses) {
  if (!find_tool("yosys")) GTEST_SKIP() << "skipped: yosys not found";
  const fixed::DecisionTables tables = fixed::make_decision_tables(10, 12, 0.02);
  const test::TempFolder folder;
  make_directory(folder.path() / "mem");
  write_file(folder.path() / "mem" / "decision_exp.hex", image(tables.exp_table.size(), "13579bdf024"));
  write_file(folder.path() / "mem" / "decision_line.hex", image(tables.line_base.size(), "13579bdf0246a"));
  const testing::Cost cost =
      testing::synthesize(DecisionUnit{.prefix = "test",
                                       .classes = 10,
                                       .logit_bits = 12,
                                       .columns = 4,
                                       .table_words = static_cast<int>(tables.exp_table.size()),
                                       .base2_shift = tables.base2_shift,
                                       .exit_bits = 2},
                          folder);
  fmt::print("decision unit, ten classes, five criteria: {} LUT, {} FF, {} block RAM\n", cost.luts,
             cost.flip_flops, cost.block_rams);
  EXPECT_EQ(cost.dsps, 0);
  EXPECT_EQ(cost.others, "");
  EXPECT_GT(cost.luts, 100);
  EXPECT_LT(cost.luts, 520);
}

}  // namespace
}  // namespace offramp::blocks
