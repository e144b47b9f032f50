// The campaign as the program that it is: numbers, resuming, and one module by its tape.
#include <gmock/gmock.h>

#include "base/files.h"
#include "base/process.h"
#include "base/temp_folder.h"

namespace offramp {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(HwCampaign, GoesOnWhereItEndedAndWritesItsNumbers) {
  if (!find_tool("iverilog")) GTEST_SKIP() << "skipped: iverilog not found";
  const test::TempFolder folder;
  const auto run = [&](const std::string& count) {
    return run_process({OFFRAMP_HW_CAMPAIGN, "--tools", "icarus", "--batch", "2", "--count", count,
                        "--resume", "state", "--summary", "results.md"},
                       {.directory = folder.path()});
  };
  const ProcessResult first = run("2");
  EXPECT_EQ(first.exit_code, 0) << first.output;
  EXPECT_THAT(first.output, HasSubstr("2 modules: 2 alike, 0 failed"));
  // A line that was cut off is a batch to be done again.
  write_file(folder / "state", read_file(folder / "state") + "3\t2\t2");
  const ProcessResult second = run("4");
  EXPECT_THAT(second.output, HasSubstr("4 modules: 4 alike, 0 failed"));
  const std::string state = read_file(folder / "state");
  EXPECT_EQ(std::count(state.begin(), state.end(), '\n'), 2);
  const std::string page = read_file(folder / "results.md");
  EXPECT_THAT(page, HasSubstr("| modules | 4 |"));
  EXPECT_THAT(page, HasSubstr("| op add |"));
  EXPECT_THAT(page, HasSubstr("Icarus Verilog"));
  // All of it comes from the state: nothing is simulated again.
  write_file(folder / "state", state);
  EXPECT_THAT(run("4").output, HasSubstr("4 modules: 4 alike"));
  EXPECT_EQ(read_file(folder / "state"), state);
}

TEST(HwCampaign, ExaminesTheModuleOfATape) {
  if (!find_tool("iverilog")) GTEST_SKIP() << "skipped: iverilog not found";
  const test::TempFolder folder;
  write_file(folder / "one.tape", "3 1 2 5 0 4\n");
  const ProcessResult r =
      run_process({OFFRAMP_HW_CAMPAIGN, "--tools", "icarus", "--seed", "9", "--tape", "one.tape"},
                  {.directory = folder.path()});
  EXPECT_EQ(r.exit_code, 0) << r.output;
  EXPECT_THAT(r.output, HasSubstr("module dut_0"));
  EXPECT_THAT(r.output, HasSubstr("--seed 9 --tape one.tape"));
}

TEST(HwCampaign, SaysWhatIsWrongWithATape) {
  const test::TempFolder folder;
  write_file(folder / "bad.tape", "3 one 2\n");
  const ProcessResult r =
      run_process({OFFRAMP_HW_CAMPAIGN, "--tape", "bad.tape"}, {.directory = folder.path()});
  EXPECT_EQ(r.exit_code, 2);
  EXPECT_THAT(r.output, HasSubstr("a tape is numbers"));
}

}  // namespace
}  // namespace offramp
