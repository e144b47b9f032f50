#include "base/process.h"

#include <gtest/gtest.h>

#include <csignal>

#include "base/expect_error.h"
#include "base/files.h"
#include "base/temp_folder.h"

namespace offramp {
namespace {

using test::expect_error;
using test::TempFolder;
using namespace std::chrono_literals;

TEST(RunProcess, CapturesBothOutputsInOrderAndTheExitCode) {
  const auto result = run_process({"sh", "-c", "echo one; echo two >&2; echo three; exit 3"});
  EXPECT_EQ(result.output, "one\ntwo\nthree\n");
  EXPECT_EQ(result.exit_code, 3);
}

TEST(RunProcess, PassesArgumentsWithoutAShell) {
  const auto result = run_process({"printf", "%s|", "a b", "$HOME", "*", "\"q\""});
  EXPECT_EQ(result.output, "a b|$HOME|*|\"q\"|");
  EXPECT_EQ(result.exit_code, 0);
}

TEST(RunProcess, RunsInTheGivenDirectoryWithTheGivenEnvironment) {
  const TempFolder folder;
  const auto result =
      run_process({"sh", "-c", "pwd; echo $OFFRAMP_TEST_VALUE; echo ${PATH:+path}"},
                  {.directory = folder.path(), .environment = {{"OFFRAMP_TEST_VALUE", "seven"}}});
  EXPECT_EQ(result.output, std::filesystem::canonical(folder.path()).string() + "\nseven\npath\n");
}

TEST(RunProcess, TakesMoreOutputThanAPipeHolds) {
  const auto result = run_process({"sh", "-c", "yes offramp | head -n 300000"});
  EXPECT_EQ(result.output.size(), 300000U * 8);
}

TEST(RunProcess, GivesStandardInputAnImmediateEnd) {
  EXPECT_EQ(run_process({"cat"}, {.time_limit = 10s}).exit_code, 0);
}

TEST(RunProcess, ReportsTheSignalThatEndedTheChild) {
  EXPECT_EQ(run_process({"sh", "-c", "kill -SEGV $$"}).exit_code, 128 + SIGSEGV);
}

TEST(RunProcess, DoesNotWaitForWhatAChildLeavesBehind) {
  const auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(run_process({"sh", "-c", "sleep 20 & echo done"}).output, "done\n");
  EXPECT_LT(std::chrono::steady_clock::now() - start, 10s);
}

TEST(RunProcess, StopsTheChildAndItsChildrenAtTheTimeLimit) {
  const TempFolder folder;
  const auto start = std::chrono::steady_clock::now();
  // The grandchild would write the file; it must be killed before.
  expect_error(
      [&] {
        return run_process({"sh", "-c", "(sleep 2; touch late) & wait"},
                           {.directory = folder.path(), .time_limit = 200ms});
      },
      {"'sh'", "200 ms", "time limit"});
  EXPECT_LT(std::chrono::steady_clock::now() - start, 1900ms);
  EXPECT_EQ(run_process({"sleep", "2.2"}).exit_code, 0);
  EXPECT_EQ(folder.entries(), 0U);
}

TEST(RunProcess, NamesAProgramThatIsMissing) {
  expect_error([] { return run_process({"offramp-no-such-tool"}); },
               {"'offramp-no-such-tool'", "cannot be found"}, ExitStatus::missing_tool);
}

TEST(RunProcess, NamesADirectoryThatIsMissing) {
  const TempFolder folder;
  expect_error([&] { return run_process({"true"}, {.directory = folder / "none"}); }, {"'true'", "none'"});
}

TEST(RunProcess, RefusesAProgramThatCannotBeExecuted) {
  const TempFolder folder;
  write_file(folder / "tool", "\x01 no program");
  std::filesystem::permissions(folder / "tool", std::filesystem::perms::owner_all);
  expect_error([&] { return run_process({(folder / "tool").string()}); }, {"cannot start", "tool'"});
}

TEST(RequireTool, FindsAToolOnPath) {
  EXPECT_EQ(require_tool("sh", "dash").filename(), "sh");
  EXPECT_TRUE(require_tool("sh", "dash").is_absolute());
}

TEST(RequireTool, NamesToolAndPackage) {
  expect_error([] { require_tool("offramp-no-such-tool", "some-package"); },
               {"'offramp-no-such-tool'", "apt-get install some-package"}, ExitStatus::missing_tool);
}

TEST(FindTool, PassesOverDirectoriesAndFilesThatAreNotPrograms) {
  const TempFolder folder;
  std::filesystem::create_directory(folder / "dir");
  write_file(folder / "text", "x");
  EXPECT_FALSE(find_tool((folder / "dir").string()));
  EXPECT_FALSE(find_tool((folder / "text").string()));
  EXPECT_FALSE(find_tool(""));
}

}  // namespace
}  // namespace offramp
