// The campaign program: what it says, and that it goes on where it was stopped.
#include <gmock/gmock.h>

#include "base/files.h"
#include "base/process.h"
#include "fixture.h"

namespace offramp::verif {
namespace {

using namespace testing;
using ::testing::HasSubstr;
namespace fs = std::filesystem;

ProcessResult campaign(const std::vector<std::string>& arguments) {
  std::vector<std::string> argv = {OFFRAMP_CAMPAIGN, "--cache", (test_cache() / "campaign").string()};
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  return run_process(argv);
}

TEST(Campaign, GoesOnWhereItWasStoppedAndWritesASummary) {
  const ScratchDirectory scratch;
  const std::string state = scratch.path() / "state";
  const std::string summary = scratch.path() / "summary.md";
  // One case is known to have failed, the second was cut off in the middle of its line.
  const std::string known =
      "1 static 4x2x1\tfailed\t7\t0\t0\t0\t0\t0\tsample 3: conv0 at y=0: expected 1, got 2\n";
  write_text(state, known + "1 pipeline 4x2x1\tpas");
  const std::vector<std::string> arguments = {
      "--networks", "1", "--all",   "--strategies", "static,pipeline", "--shapes", "4x2x1",
      "--samples",  "2", "--state", state,          "--summary",       summary};
  const ProcessResult result = campaign(arguments);
  EXPECT_EQ(result.exit_code, 1) << result.output;
  EXPECT_THAT(result.output, HasSubstr("2 designs: 1 bit-exact, 1 different, 0 refused"));
  EXPECT_THAT(result.output,
              HasSubstr("offramp_campaign --first 1 --networks 1 --strategies static --shapes 4x2x1 "
                        "--samples 2"));
  const std::string text = read_file(state);
  EXPECT_TRUE(text.starts_with(known + "1 pipeline 4x2x1\tpassed\t")) << text;
  EXPECT_THAT(read_file(summary), HasSubstr("| pipeline | 1 | 0 | 0 |\n| static | 0 | 1 | 0 |"));
  // Everything is done: nothing is run again.
  EXPECT_THAT(campaign(arguments).output, HasSubstr("1 bit-exact, 1 different"));
  EXPECT_EQ(read_file(state), text);
}

/// Ten neighbouring numbers a case; scripts/regress.sh goes on from here.
class RandomNetworks : public ::testing::TestWithParam<int> {};

TEST_P(RandomNetworks, AreBitExactInTheCyclesOfTheModel) {
  const ProcessResult result = campaign({"--first", std::to_string(1 + 10 * GetParam()), "--networks", "10"});
  EXPECT_EQ(result.exit_code, 0) << result.output;
  EXPECT_THAT(result.output, HasSubstr("10 designs: 10 bit-exact, 0 different, 0 refused"));
}

INSTANTIATE_TEST_SUITE_P(Campaign, RandomNetworks, ::testing::Range(0, 10));

TEST(Campaign, RefusesWhatItCannotRead) {
  const ScratchDirectory scratch;
  const ProcessResult shape = campaign({"--networks", "1", "--shapes", "4x2"});
  EXPECT_EQ(shape.exit_code, 2);
  EXPECT_THAT(shape.output, HasSubstr("'4x2' is not an array shape"));
  const ProcessResult strategy = campaign({"--networks", "1", "--strategies", "sideways"});
  EXPECT_EQ(strategy.exit_code, 2);
  EXPECT_THAT(strategy.output, HasSubstr("sideways"));
  write_text(scratch.path() / "state", "not a state\n");
  const ProcessResult state = campaign({"--networks", "1", "--state", scratch.path() / "state"});
  EXPECT_EQ(state.exit_code, 2);
  EXPECT_THAT(state.output, HasSubstr("not a campaign's state"));
}

}  // namespace
}  // namespace offramp::verif
