// rtl/prim/dsp_mac_pair.v: its two forms are one cell, every product is right, and the sums come apart again.
// Products are tried for all values; sums are proved by yosys.
#include <gmock/gmock.h>

#include "packed_files.h"

namespace offramp::blocks {
namespace {

using ::testing::HasSubstr;
using testing::PackedFiles;
using Favour = verif::ModelOptions::Favour;
using testing::test_file;
using testing::vendor_mac_pair_verilog;

TEST(PackedCell, IsWhatTheDescriptionSays) {
  hw::Design design;
  design.add(DspMacPair{});
  const auto found =
      hw::check(design, {.external_text = [](const std::string& file) {
                  return std::optional(read_file(std::filesystem::path(OFFRAMP_SOURCE_DIR) / file));
                }});
  EXPECT_EQ(hw::render(found), "");
}

TEST(PackedCell, TheProgramHoldsTheFile) {
  EXPECT_EQ(dsp_mac_pair_verilog(),
            read_file(std::filesystem::path(OFFRAMP_SOURCE_DIR) / "rtl" / "prim" / "dsp_mac_pair.v"));
}

/// Sums that were compared.
void run_cell_bench(int chained) {
  PackedFiles files;
  files.add("vendor_mac_pair.v", vendor_mac_pair_verilog());
  files.add("packed_dsp48e2.v", test_file("packed_dsp48e2.v"));
  std::string bench = test_file("packed_cell_bench.v");
  testing::replace(bench, "parameter integer CHAINED = 1",
                   fmt::format("parameter integer CHAINED = {}", chained));
  files.add("packed_cell_bench.v", bench);
  const auto model = files.run_bench("packed_cell_bench", 20'000'000, Favour::simulation);
  EXPECT_GE(model->port("compared_o").get(), (1U << 24) + 1'000'000U);
  EXPECT_EQ(model->port("different_o").get(), 0U);
}

TEST(PackedCell, BothFormsGiveBothProductsForAllOperandsAndWeights) {
  if (!find_tool("verilator")) GTEST_SKIP() << "skipped: verilator not found";
  run_cell_bench(1);
}

TEST(PackedCell, TheFirstOfACascadeReadsNothingAbove) {
  if (!find_tool("verilator")) GTEST_SKIP() << "skipped: verilator not found";
  run_cell_bench(0);
}

/// What yosys says to a script, run where the files are.
ProcessResult yosys(const PackedFiles& files, const std::string& script) {
  return run_process({"yosys", "-q", "-p", script}, {.directory = files.path()});
}

/// Shows the twin and `vendor`, a text of vendor_mac_pair, equal by induction over all inputs. In both, the
/// product is replaced by its operands side by side: what is equal for these is equal for any function of
/// them, and that both multiply alike is tried for all operands above.
ProcessResult prove_equal(const std::string& vendor, int chained) {
  PackedFiles files;
  std::string twin(dsp_mac_pair_verilog());
  testing::replace(twin, "packed_q * weight_held_q", "$signed({packed_q, weight_held_q})");
  std::string slice = test_file("packed_dsp48e2.v");
  testing::replace(slice, "factor * b_side", "$signed({factor, b_side[7:0]})");
  files.add("twin.v", twin);
  files.add("vendor.v", vendor);
  files.add("slice.v", slice);
  const auto form = [&](const std::string& sources, const std::string& top) {
    return fmt::format("read_verilog {0}; chparam -set CHAINED {1} {2}; prep -flatten -top {2}; ", sources,
                       chained, top);
  };
  return yosys(files, form("vendor.v slice.v", "vendor_mac_pair") + "design -stash vendor; " +
                          form("twin.v", "dsp_mac_pair") +
                          "design -copy-from vendor vendor_mac_pair; "
                          "miter -equiv -flatten -make_assert dsp_mac_pair vendor_mac_pair miter; "
                          "sat -tempinduct -maxsteps 8 -set-init-zero -prove-asserts -verify miter");
}

TEST(PackedCell, TheVendorsCellAndTheTwinAreProvedEqual) {
  if (!find_tool("yosys")) GTEST_SKIP() << "skipped: yosys not found";
  for (const int chained : {0, 1}) {
    const auto result = prove_equal(vendor_mac_pair_verilog(), chained);
    EXPECT_EQ(result.exit_code, 0) << "CHAINED = " << chained << "\n" << result.output;
  }
}

TEST(PackedCell, TheProofSeesWhatIsWrongInTheVendorsCell) {
  if (!find_tool("yosys")) GTEST_SKIP() << "skipped: yosys not found";
  const std::vector<std::pair<std::string, std::string>> mistakes = {
      {".ADREG              (1)", ".ADREG              (0)"},
      {".BREG               (2)", ".BREG               (1)"},
      {".AREG               (1)", ".AREG               (2)"},
      {".DREG               (1)", ".DREG               (0)"},
      {".MREG               (1)", ".MREG               (0)"},
      {".OPMODEREG          (0)", ".OPMODEREG          (1)"},
      {".AMULTSEL           (\"AD\")", ".AMULTSEL           (\"A\")"},
      {"5'b00100", "5'b01100"},
      {"9'b00_001_01_01", "9'b00_010_01_01"},
      {"(4'b0000),\n    .CARRYINSEL", "(4'b0011),\n    .CARRYINSEL"},
      {".CEB2           (weight_load_i)", ".CEB2           (1'b1)"},
      {".CEP            (1'b1)", ".CEP            (1'b0)"},
      {"act_high_i, 18'd0", "act_high_i[6:0], 19'd0"},
      {"{{19{act_low_i[7]}}", "{{19{1'b0}}"}};
  for (const auto& [from, to] : mistakes) {
    std::string vendor = vendor_mac_pair_verilog();
    testing::replace(vendor, from, to);
    const auto result = prove_equal(vendor, 1);
    EXPECT_NE(result.exit_code, 0) << to << " is not seen";
    EXPECT_THAT(result.output, HasSubstr("proof did fail")) << to;
  }
}

/// A proof for every step of a column of `rows` products; `bench` is packed_split_proof.v.
ProcessResult prove_split(PackedFiles& files, const std::string& bench, int rows) {
  files.add("packed_split_proof.v", bench);
  const int steps = rows + 4;  // longer than the chain of registers
  return yosys(
      files,
      fmt::format("read_verilog packed_carry.v packed_field_split.v; "
                  "read_verilog -formal packed_split_proof.v; chparam -set ROWS {} packed_split_proof; "
                  "prep -flatten -top packed_split_proof; opt -full; "
                  "sat -seq {} -prove-skip {} -set-assumes -prove-asserts -verify packed_split_proof",
                  rows, steps, steps - 1));
}

TEST(PackedCell, SumsOfAllProductsComeApartAgain) {
  if (!find_tool("yosys")) GTEST_SKIP() << "skipped: yosys not found";
  for (const int rows : {1, 5, 6, 7, 12, 13, 16, 17}) {
    PackedFiles files;
    const auto result = prove_split(files, test_file("packed_split_proof.v"), rows);
    EXPECT_EQ(result.exit_code, 0) << rows << " rows\n" << result.output;
  }
}

TEST(PackedCell, TheProofSeesAProductThatIsOneTooLarge) {
  if (!find_tool("yosys")) GTEST_SKIP() << "skipped: yosys not found";
  PackedFiles files;
  std::string bench = test_file("packed_split_proof.v");
  testing::replace(bench, "MOST = 128 * 128", "MOST = 128 * 128 + 1");
  const auto result = prove_split(files, bench, 12);
  EXPECT_NE(result.exit_code, 0);
  EXPECT_THAT(result.output, HasSubstr("proof did fail"));
}

}  // namespace
}  // namespace offramp::blocks
