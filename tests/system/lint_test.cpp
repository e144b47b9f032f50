// Every reader of Verilog that is at hand accepts the designs without a word, and without a waiver.
#include <gmock/gmock.h>

#include <sstream>

#include "base/process.h"
#include "lenet5_build.h"

namespace offramp::testing {
namespace {

class Lint : public OnLenet5 {
 protected:
  [[nodiscard]] std::string sources() const {
    std::string all;
    std::istringstream list(slurp(design_folder() / "files.f"));
    for (std::string line; std::getline(list, line);) all += " " + line;
    return all;
  }
  [[nodiscard]] RunResult run(const std::vector<std::string>& argv) const {
    return run_command(argv, {.directory = design_folder()});
  }
};
INSTANTIATE_TEST_SUITE_P(Lenet5, Lint, each_strategy(), strategy_name);

TEST_P(Lint, VerilatorSaysNothing) {
  if (!find_tool("verilator")) GTEST_SKIP() << "skipped: verilator not found";
  const RunResult lint =
      run({"verilator", "--lint-only", "-Wall", "-f", "files.f", "--top-module", "lenet5_" + GetParam()});
  EXPECT_EQ(lint.status, 0);
  EXPECT_EQ(lint.out + lint.err, "");
}

TEST_P(Lint, IcarusSaysNothing) {
  if (!find_tool("iverilog")) GTEST_SKIP() << "skipped: iverilog not found";
  const RunResult lint =
      run({"iverilog", "-g2005", "-Wall", "-t", "null", "-f", "files.f", "-s", "lenet5_" + GetParam()});
  EXPECT_EQ(lint.status, 0);
  EXPECT_EQ(lint.out + lint.err, "");
}

TEST_P(Lint, YosysFindsNoProblem) {
  if (!find_tool("yosys")) GTEST_SKIP() << "skipped: yosys not found";
  const RunResult lint = run({"yosys", "-q", "-p",
                              "read_verilog" + sources() + "; hierarchy -check -top lenet5_" + GetParam() +
                                  "; proc; check -assert"});
  EXPECT_EQ(lint.status, 0);
  EXPECT_EQ(lint.out + lint.err, "");
}

TEST_P(Lint, NoFileSwitchesAWarningOff) {
  for (const auto& entry : fs::directory_iterator(design_folder() / "rtl")) {
    EXPECT_EQ(slurp(entry.path()).find("lint_off"), std::string::npos) << entry.path();
  }
}

}  // namespace
}  // namespace offramp::testing
