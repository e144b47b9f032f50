// What is emitted is accepted by three tools without a waiver, and is the same every time.
#include <gtest/gtest.h>

#include "accel/accelerator.h"
#include "base/files.h"
#include "base/process.h"
#include "base/temp_folder.h"
#include "quant/random_network.h"

namespace offramp::accel {
namespace {

struct Case {
  std::uint64_t seed;
  Strategy strategy;
  ArrayShape backbone, exit;
};

Emitted emit_case(const Case& c) {
  return emit(plan_accelerator(quant::random_network(c.seed, {}),
                               {.strategy = c.strategy, .backbone = c.backbone, .exit_classifier = c.exit}));
}

/// Seeds whose networks have the exits that the strategies need are found, not assumed.
std::uint64_t seed_with_exits(int exits) {
  for (std::uint64_t seed = 1;; ++seed) {
    if (quant::random_network(seed, {}).exits.size() != static_cast<std::size_t>(exits)) continue;
    try {
      (void)plan_accelerator(quant::random_network(seed, {}),
                             {.strategy = Strategy::parallel, .backbone = {}, .exit_classifier = {}});
      return seed;
    } catch (const std::exception&) {  // a network that this strategy refuses
    }
  }
}

class EmittedVerilog : public ::testing::TestWithParam<int> {
 protected:
  [[nodiscard]] static Case make(int n) {
    switch (n) {
      case 0:
        return {seed_with_exits(1), Strategy::static_, {3, 1, 1}, {}};
      case 1:
        return {seed_with_exits(2), Strategy::pipeline, {8, 4, 2}, {}};
      case 2:
        return {seed_with_exits(2), Strategy::parallel, {16, 2, 1}, {7, 3, 2}};
      default:
        return {seed_with_exits(3), Strategy::parallel, {5, 2, 3}, {4, 1, 1}};
    }
  }
};

TEST_P(EmittedVerilog, PassesThreeToolsWithoutAWaiver) {
  const Emitted emitted = emit_case(make(GetParam()));
  const test::TempFolder folder;
  for (const char* sub : {"rtl", "mem"}) make_directory(folder.path() / sub);
  for (const auto& [name, text] : emitted.files) write_file(folder.path() / name, text);
  auto expect_clean = [&](std::vector<std::string> argv, bool add_files) {
    if (!find_tool(argv.front())) GTEST_SKIP() << "skipped: " << argv.front() << " not found";
    if (add_files) argv.insert(argv.end(), emitted.rtl.begin(), emitted.rtl.end());
    const auto result = run_process(argv, {.directory = folder.path()});
    EXPECT_EQ(result.exit_code, 0) << argv.front() << "\n" << result.output;
    EXPECT_EQ(result.output, "") << argv.front();
  };
  expect_clean({"verilator", "--lint-only", "-Wall", "--top-module", emitted.top}, true);
  expect_clean({"iverilog", "-g2005", "-Wall", "-t", "null", "-s", emitted.top}, true);
  std::string script = "read_verilog";
  for (const std::string& f : emitted.rtl) script += " " + f;
  expect_clean(
      {"yosys", "-q", "-p", script + "; hierarchy -check -top " + emitted.top + "; proc; check -assert"},
      false);
}

TEST_P(EmittedVerilog, IsTheSameEveryTimeAndHoldsNoAbsolutePath) {
  const Emitted a = emit_case(make(GetParam()));
  const Emitted b = emit_case(make(GetParam()));
  EXPECT_EQ(a.files, b.files);
  for (const auto& [name, text] : a.files)
    EXPECT_EQ(text.find(OFFRAMP_SOURCE_DIR), std::string::npos) << name;
}

INSTANTIATE_TEST_SUITE_P(Designs, EmittedVerilog, ::testing::Range(0, 4));

}  // namespace
}  // namespace offramp::accel
