// What an 8-bit multiply-accumulate costs on the target's logic, by yosys.
#include "packed_files.h"
#include "synthesis_cost.h"

namespace offramp::blocks {
namespace {

using testing::Cost;
using testing::PackedFiles;

struct Shape {
  int rows, columns, lanes;
};

void expect_cheap(const Shape& s) {
  if (!find_tool("yosys")) GTEST_SKIP() << "skipped: yosys not found";
  const PackedFiles files;
  const int products = s.rows * s.columns * s.lanes;
  const auto result = run_process(
      {"yosys", "-q", "-p",
       fmt::format(
           "read_verilog -DOFFRAMP_DSP48E2 packed_systolic_array.v packed_field_split.v packed_carry.v "
           "dsp_mac_pair.v; chparam -set ROWS {} -set COLUMNS {} -set LANES {} packed_systolic_array; "
           "synth_xilinx -family xcup -top packed_systolic_array -flatten -noiopad; "
           "tee -o statistics.txt stat",
           s.rows, s.columns, s.lanes)},
      {.directory = files.path()});
  ASSERT_EQ(result.exit_code, 0) << result.output;
  const std::string statistics = read_file(files.path() / "statistics.txt");
  const Cost cost = testing::cost_of(statistics);
  EXPECT_EQ(cost.dsps * 2, products) << statistics;
  EXPECT_LE(cost.luts, 4 * products) << statistics;
  EXPECT_LE(cost.flip_flops, 10 * products) << statistics;
  EXPECT_EQ(cost.others, "") << statistics;
  EXPECT_GT(cost.luts, 0) << statistics;
  EXPECT_GT(cost.flip_flops, 0) << statistics;
  fmt::print("{} x {} x {}: a product {:.2f} LUT, {:.2f} FF, {:.2f} DSP ({}, {}, {})\n", s.rows, s.columns,
             s.lanes, 1.0 * cost.luts / products, 1.0 * cost.flip_flops / products,
             1.0 * cost.dsps / products, cost.luts, cost.flip_flops, cost.dsps);
}

TEST(PackedSynthesis, AProductCostsHalfADspAndFewLookupTablesAndFlipFlops) {
  expect_cheap({.rows = 8, .columns = 8, .lanes = 2});
}

// Half a minute each and more: the figures of docs/decisions/0008.
TEST(PackedSynthesis, DISABLED_AProductOfALargeArrayCostsLess) {
  expect_cheap({.rows = 16, .columns = 16, .lanes = 4});
  expect_cheap({.rows = 32, .columns = 8, .lanes = 4});
}

}  // namespace
}  // namespace offramp::blocks
