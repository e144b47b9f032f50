// The scripts of the repository, as far as they run without installing anything.
#include <gmock/gmock.h>

#include "cli/program.h"

namespace offramp::testing {
namespace {

using ::testing::HasSubstr;

TEST(Scripts, AllAreValidBashAndStopAtTheFirstFailure) {
  std::vector<fs::path> scripts{fs::path(OFFRAMP_SOURCE_DIR) / ".ci/run"};
  for (const auto& entry : fs::directory_iterator(OFFRAMP_SOURCE_DIR "/scripts"))
    scripts.push_back(entry.path());
  EXPECT_GE(scripts.size(), 6U);
  for (const fs::path& script : scripts) {
    if (!fs::is_regular_file(script) || (script.has_extension() && script.extension() != ".sh")) continue;
    EXPECT_EQ(::access(script.c_str(), X_OK), 0) << script;
    const std::string text = slurp(script);
    EXPECT_EQ(text.rfind("#!/usr/bin/env bash\n", 0), 0U) << script;
    EXPECT_THAT(text, HasSubstr("set -euo pipefail")) << script;
    EXPECT_EQ(run_command({"bash", "-n", script.string()}).status, 0) << script;
  }
}

TEST(Scripts, InstallDepsNamesWhatIsMissingWhereItCannotInstall) {
  const Scratch scratch;
  // A machine without the packages, without sudo and without being root.
  for (const auto& [name, text] : std::map<std::string, std::string>{
           {"dpkg-query", "exit 1"}, {"id", "echo 1000"}, {"apt-get", "echo must not run; exit 9"}}) {
    spill(scratch / ("bin/" + name), "#!/bin/sh\n" + text + "\n");
    fs::permissions(scratch / ("bin/" + name), fs::perms::owner_all);
  }
  fs::create_symlink("/bin/bash", scratch / "bin/bash");
  const RunResult run = run_command({"/bin/bash", OFFRAMP_SOURCE_DIR "/scripts/install_deps.sh"},
                                    {.environment = {{"PATH", (scratch / "bin").string()}}});
  EXPECT_EQ(run.status, 3);
  EXPECT_THAT(run.err, HasSubstr("apt-get install"));
  EXPECT_THAT(run.err, HasSubstr("verilator"));
}

TEST(Scripts, InstallDepsDoesNothingWhereEverythingIsThere) {
  const Scratch scratch;
  for (const auto& [name, text] : std::map<std::string, std::string>{
           {"dpkg-query", "echo installed"}, {"apt-get", "echo must not run; exit 9"}}) {
    spill(scratch / ("bin/" + name), "#!/bin/sh\n" + text + "\n");
    fs::permissions(scratch / ("bin/" + name), fs::perms::owner_all);
  }
  const RunResult run = run_command({"/bin/bash", OFFRAMP_SOURCE_DIR "/scripts/install_deps.sh"},
                                    {.environment = {{"PATH", (scratch / "bin").string()}}});
  EXPECT_EQ(run.status, 0) << run.err;
  EXPECT_THAT(run.out, HasSubstr("everything is installed"));
}

}  // namespace
}  // namespace offramp::testing
