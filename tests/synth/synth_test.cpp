#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/expect_error.h"
#include "design.h"
#include "synth/report.h"

namespace offramp::synth {
namespace {

using netlist::Family;
using ::testing::HasSubstr;

TEST(Synth, ReportsEveryModuleWithItsInstances) {
  SKIP_WITHOUT("yosys");
  const test::TempFolder folder;
  testing::write_design(folder);
  const YosysRun run = testing::run_of(folder, Family::xc7);
  const std::size_t entries = folder.entries();
  const Report report = report_of(synthesize(run), Family::xc7);
  EXPECT_EQ(folder.entries(), entries);  // nothing is left in the design's folder
  ASSERT_EQ(report.modules.size(), 3u);
  EXPECT_EQ(report.modules[0].module, "top");
  // Of the word that is read Yosys keeps the three bits of its address: eight words are logic behind them.
  EXPECT_EQ(report.modules[0].with_submodules.ff, 8 + 8 + 12 + 3);
  int instances = 0;
  for (std::size_t i = 1; i < report.modules.size(); ++i) {
    EXPECT_EQ(report.modules[i].module, "counter");
    EXPECT_EQ(report.modules[i].own.ff, report.modules[i].instances == 2 ? 8 : 12);
    instances += report.modules[i].instances;
  }
  EXPECT_EQ(instances, 3);
  const nlohmann::ordered_json json = to_json(report);
  EXPECT_EQ(json["total"]["ff"], 31);
  EXPECT_EQ(json["total"]["bram36"], 0.0);
  EXPECT_THAT(json["basis"].get<std::string>(), HasSubstr("measured"));
  EXPECT_THAT(json["basis"].get<std::string>(), HasSubstr("synth_xilinx -family xc7 -top top"));
  EXPECT_THAT(json["tool"]["version"].get<std::string>(), HasSubstr("Yosys "));
  // From a counter through gates into the next counter; wide multiplexers count no level.
  EXPECT_GE(json["longest_path"]["lut_levels"], 1);
  EXPECT_EQ(json.dump(), to_json(report_of(synthesize(run), Family::xc7)).dump());
}

TEST(Synth, SynthesizesAModuleWithTheParametersThatMostInstancesHave) {
  SKIP_WITHOUT("yosys");
  const test::TempFolder folder;
  testing::write_design(folder);
  const Report report =
      report_of(synthesize(testing::run_of(folder, Family::ice40, "counter")), Family::ice40);
  ASSERT_EQ(report.modules.size(), 1u);
  EXPECT_EQ(report.total.ff, 8);
  EXPECT_EQ(report.top, "counter");
}

TEST(Synth, NamesTheModulesThereAreWhenOneIsNotThere) {
  SKIP_WITHOUT("yosys");
  const test::TempFolder folder;
  testing::write_design(folder);
  test::expect_error([&] { (void)synthesize(testing::run_of(folder, Family::xc7, "timer")); },
                     {"top has no module 'timer'", "counter, top"});
}

TEST(Synth, SaysWhereYosysStopped) {
  SKIP_WITHOUT("yosys");
  const test::TempFolder folder;
  testing::write_design(folder);
  write_file(folder / "counter.v", "module counter (\n");
  try {
    (void)synthesize(testing::run_of(folder, Family::xc7));
    FAIL() << "no error";
  } catch (const Error& e) {
    EXPECT_THAT(e.what(), HasSubstr("Yosys stopped"));
    EXPECT_THAT(e.what(), HasSubstr("syntax error"));
  }
}

TEST(Synth, AFolderWithoutAFileListIsNoDesign) {
  const test::TempFolder folder;
  test::expect_error([&] { (void)read_file_list(folder.path()); }, {"files.f"});
  write_file(folder / "files.f", "\n");
  test::expect_error([&] { (void)read_file_list(folder.path()); }, {"files.f", "offramp generate"});
}

TEST(Family, FollowsFromThePart) {
  EXPECT_EQ(netlist::family_of_part("xczu7ev-ffvc1156-2-e"), Family::xcup);
  EXPECT_EQ(netlist::family_of_part("xc7z045ffg900-2"), Family::xc7);
  test::expect_error([] { (void)netlist::family_of_part("10AX115"); }, {"10AX115", "--family"});
  test::expect_error([] { (void)netlist::family_from("xc8"); }, {"xc8", "ice40"});
}

}  // namespace
}  // namespace offramp::synth
