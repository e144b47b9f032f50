// Every parameterized block is accepted by Verilator at its defaults and at the edges of its declared ranges.
#include <gtest/gtest.h>

#include "base/files.h"
#include "base/process.h"
#include "base/temp_folder.h"
#include "blocks/accumulator.h"
#include "blocks/delay_line.h"
#include "blocks/ram.h"
#include "blocks/result_queue.h"
#include "blocks/rotate.h"
#include "blocks/systolic_array.h"
#include "blocks/weight_bank.h"

namespace offramp::blocks {
namespace {

template <class G>
void expect_clean(const G& generator, const std::vector<std::vector<std::string>>& settings) {
  if (!find_tool("verilator")) GTEST_SKIP() << "skipped: verilator not found";
  hw::Design design;
  design.add(generator);
  design.require_clean();
  const test::TempFolder folder;
  std::vector<std::string> files;
  for (const hw::Module* module : design.modules()) {
    files.push_back(module->name + ".v");
    write_file(folder.path() / files.back(), hw::print_verilog(*module));
  }
  for (const auto& setting : settings) {
    std::vector<std::string> argv = {"verilator", "--lint-only", "-Wall", "--top-module", generator.name()};
    argv.insert(argv.end(), setting.begin(), setting.end());
    argv.insert(argv.end(), files.begin(), files.end());
    const auto result = run_process(argv, {.directory = folder.path()});
    EXPECT_EQ(result.exit_code, 0) << result.output;
  }
}

TEST(Parameters, TheArrayTakesAnyShapeAndWidth) {
  expect_clean(SystolicArray{},
               {{},
                {"-GROWS=1", "-GCOLUMNS=1"},
                {"-GROWS=3", "-GCOLUMNS=5", "-GLANES=2", "-GACT_W=17", "-GWEIGHT_W=16", "-GGUARD_W=8"},
                {"-GROWS=2", "-GCOLUMNS=2", "-GACT_W=2", "-GWEIGHT_W=2", "-GGUARD_W=1"}});
}
TEST(Parameters, TheDelayLineTakesAnyDepth) {
  expect_clean(DelayLine{}, {{}, {"-GWIDTH=1", "-GDEPTH=3"}, {"-GWIDTH=70", "-GDEPTH=64"}});
}
TEST(Parameters, TheAccumulatorTakesAnyWidthAndDepth) {
  expect_clean(Accumulator{}, {{}, {"-GACC_W=4", "-GDEPTH=2"}, {"-GACC_W=49", "-GDEPTH=1000"}});
}
TEST(Parameters, TheOutputStageTakesAnyWidth) {
  expect_clean(OutputStage{}, {{}, {"-GACC_W=4", "-GRESULT_W=3"}, {"-GACC_W=49", "-GRESULT_W=17"}});
}
TEST(Parameters, MemoriesTakeAnySize) {
  expect_clean(Ram{}, {{}, {"-GWIDTH=1", "-GDEPTH=2"}, {"-GWIDTH=100", "-GDEPTH=33"}});
  expect_clean(Rom{}, {{}, {"-GWIDTH=1", "-GDEPTH=2"}, {"-GWIDTH=100", "-GDEPTH=33"}});
  expect_clean(WeightBank{}, {{}, {"-GWIDTH=2", "-GDEPTH=2"}, {"-GWIDTH=100", "-GDEPTH=33"}});
}
TEST(Parameters, RotatorsTakeAnyWidth) {
  for (const auto direction : {Rotate::Direction::up, Rotate::Direction::down}) {
    expect_clean(Rotate{.count = 8, .direction = direction}, {{}, {"-GWIDTH=1"}, {"-GWIDTH=13"}});
  }
}
TEST(Parameters, TheResultQueueTakesAnyWidth) {
  expect_clean(ResultQueue{}, {{}, {"-GWIDTH=1"}, {"-GWIDTH=100"}});
}

}  // namespace
}  // namespace offramp::blocks
