// What watching exits costs on the target's logic, by yosys.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "blocks/exit_watch.h"
#include "synthesis_cost.h"

namespace offramp::blocks {
namespace {

using testing::Cost;

void report(const std::string& what, const ExitWatch& watch, int most_luts) {
  const test::TempFolder folder;
  const Cost cost = testing::synthesize(watch, folder);
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
