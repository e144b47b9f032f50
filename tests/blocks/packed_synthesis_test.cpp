// What an 8-bit multiply-accumulate costs on the target's logic, by yosys.
#include <sstream>

#include "packed_files.h"

namespace offramp::blocks {
namespace {

using testing::PackedFiles;

/// Cells by what they are made of.
struct Cost {
  int luts = 0;
  int flip_flops = 0;
  int dsps = 0;
  int others = 0;  ///< cells whose cost is not known here
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
    if (cell.starts_with("LUT") || cell.starts_with("SRL") || cell == "INV") {
      cost.luts += count;  // a shift register is a lookup table, and so is an inverter
    } else if (cell.starts_with("FD")) {
      cost.flip_flops += count;
    } else if (cell == "DSP48E2") {
      cost.dsps += count;
    } else if (cell != "CARRY4" && cell != "CARRY8" && !cell.starts_with("MUXF") && cell != "BUFG") {
      cost.others += count;
    }
  }
  return cost;
}

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
  const Cost cost = cost_of(statistics);
  EXPECT_EQ(cost.dsps * 2, products) << statistics;
  EXPECT_LE(cost.luts, 4 * products) << statistics;
  EXPECT_LE(cost.flip_flops, 10 * products) << statistics;
  EXPECT_EQ(cost.others, 0) << statistics;
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
