// The packed array against the plain one and against the definition, and its text against the lint tools.
#include "packed_files.h"

namespace offramp::blocks {
namespace {

using testing::PackedFiles;
using testing::test_file;

struct Shape {
  int rows, columns, lanes, guard;
};

// Around the multiples of six (rows between taps), eight and sixteen (bits of the carry), and odd lanes.
const std::vector<Shape> kShapes = {{1, 1, 2, 4},  {6, 1, 2, 4},  {7, 2, 2, 4},  {8, 1, 4, 4},
                                    {9, 1, 2, 4},  {9, 1, 4, 1},  {13, 1, 3, 4}, {16, 2, 2, 4},
                                    {16, 1, 4, 4}, {17, 1, 2, 5}, {17, 1, 4, 5}, {33, 1, 2, 16}};

/// A module with a bench for each shape, its counts side by side.
std::string all_shapes() {
  std::string text = "module packed_array_shapes (\n  input wire clk_i,\n";
  for (std::size_t i = 0; i < kShapes.size(); ++i) {
    for (const char* count : {"compared", "different", "carried"})
      text += fmt::format("  output wire [31:0] {}_{}_o,\n", count, i);
  }
  text += fmt::format("  output wire done_o\n);\n  wire [{}:0] done;\n", kShapes.size() - 1);
  for (std::size_t i = 0; i < kShapes.size(); ++i) {
    const Shape& s = kShapes[i];
    text += fmt::format(
        "  packed_array_bench #(.ROWS({0}), .COLUMNS({1}), .LANES({2}), .GUARD_W({3}), .LATENCY({4}),\n"
        "    .PACKED_LATENCY({5}), .SEED({6})) u_{7} (.clk_i(clk_i), .done_o(done[{7}]),\n"
        "    .compared_o(compared_{7}_o), .different_o(different_{7}_o), .carried_o(carried_{7}_o));\n",
        s.rows, s.columns, s.lanes, s.guard, systolic_array_latency(s.rows), packed_array_latency(s.rows),
        1000 + i, i);
  }
  return text + "  assign done_o = &done;\nendmodule\n";
}

TEST(PackedArray, GivesTheSumsOfThePlainArrayUnderRandomOperandsAndReloads) {
  if (!find_tool("verilator")) GTEST_SKIP() << "skipped: verilator not found";
  PackedFiles files;
  files.add("packed_array_bench.v", test_file("packed_array_bench.v"));
  files.add("packed_array_shapes.v", all_shapes());
  const auto model = files.run_bench("packed_array_shapes", 100'000, verif::ModelOptions::Favour::build);
  for (std::size_t i = 0; i < kShapes.size(); ++i) {
    const Shape& s = kShapes[i];
    const std::string shape = fmt::format("{} rows, {} columns, {} lanes", s.rows, s.columns, s.lanes);
    const auto count = [&](const char* name) { return model->port(fmt::format("{}_{}_o", name, i)).get(); };
    EXPECT_GE(count("compared"), 15000U * static_cast<unsigned>(s.columns * s.lanes)) << shape;
    EXPECT_EQ(count("different"), 0U) << shape;
    // Eight products reach beyond the low field only as -128 * -128 throughout.
    if (s.rows > 8) {
      EXPECT_GE(count("carried"), 1000U) << shape << ": the carries are not tried";
    }
  }
}

TEST(PackedArray, TakesAnyShape) {
  if (!find_tool("verilator")) GTEST_SKIP() << "skipped: verilator not found";
  const PackedFiles files;
  for (const auto& setting :
       std::vector<std::vector<std::string>>{{},
                                             {"-GROWS=1", "-GCOLUMNS=1", "-GLANES=1", "-GGUARD_W=1"},
                                             {"-GROWS=7", "-GLANES=3"},
                                             {"-GROWS=16", "-GCOLUMNS=5", "-GLANES=4"},
                                             {"-GROWS=256", "-GCOLUMNS=1", "-GLANES=16", "-GGUARD_W=16"}}) {
    std::vector<std::string> argv = {"verilator", "--lint-only", "-Wall", "--top-module",
                                     "packed_systolic_array"};
    argv.insert(argv.end(), setting.begin(), setting.end());
    for (const std::string& name : files.names()) {
      if (name != "systolic_array.v" && name != "mac_cell.v") argv.push_back(name);
    }
    const auto result = run_process(argv, {.directory = files.path()});
    EXPECT_EQ(result.exit_code, 0) << fmt::format("{}", fmt::join(setting, " ")) << "\n" << result.output;
  }
}

TEST(PackedArray, IsReadByIcarus) {
  if (!find_tool("iverilog")) GTEST_SKIP() << "skipped: iverilog not found";
  const PackedFiles files;
  std::vector<std::string> argv = {"iverilog", "-g2005",   "-Wall", "-s", "packed_systolic_array",
                                   "-o",       "/dev/null"};
  argv.insert(argv.end(), files.names().begin(), files.names().end());
  const auto result = run_process(argv, {.directory = files.path()});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_EQ(result.output, "");
}

}  // namespace
}  // namespace offramp::blocks
