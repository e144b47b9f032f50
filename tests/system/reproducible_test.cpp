// Same input, same bytes: whatever the working directory, the output folder, the time and the number of
// threads.
#include <gmock/gmock.h>

#include "cli/program.h"
#include "design/manifest.h"

namespace offramp::testing {
namespace {

std::map<std::string, std::string> contents(const fs::path& folder) {
  std::map<std::string, std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) files[fs::relative(entry.path(), folder).string()] = slurp(entry.path());
  }
  return files;
}

TEST(Reproducible, TwoBuildsGiveTheSameBytesExceptForTiming) {
  const Scratch scratch;
  write_idx(scratch / "data", 64, 16);
  fs::create_directories(scratch / "elsewhere/deeper");
  // The second data set has the same images below another path.
  fs::copy(scratch / "data", scratch / "elsewhere/images");
  const std::vector<std::string> options{"--target",     "zcu106", "--array",   "4x2x1",
                                         "--exit-array", "2x2x1",  "--samples", "4"};
  std::vector<std::string> first{
      "build",     lenet5(), "--data", "idx:" + (scratch / "data").string(), "-o", (scratch / "a").string(),
      "--threads", "1"};
  std::vector<std::string> second{"build",  fs::relative(lenet5(), scratch / "elsewhere/deeper").string(),
                                  "--data", "idx:../images",
                                  "-o",     "../b"};
  for (auto* command : {&first, &second}) command->insert(command->end(), options.begin(), options.end());
  const RunResult a = offramp(first);
  ASSERT_EQ(a.status, 0) << a.err;
  const RunResult b = offramp(second, {.directory = scratch / "elsewhere/deeper"});
  ASSERT_EQ(b.status, 0) << b.err;

  std::map<std::string, std::string> files_a = contents(scratch / "a");
  std::map<std::string, std::string> files_b = contents(scratch / "elsewhere/b");
  EXPECT_GT(files_a.size(), 60U);
  for (const char* strategy : {"static", "pipeline", "parallel"}) {
    const std::string timing = std::string(strategy) + "/" + design::kTimingName;
    EXPECT_EQ(files_a.erase(timing), 1U);
    files_b.erase(timing);
  }
  ASSERT_EQ(files_a.size(), files_b.size());
  for (const auto& [name, bytes] : files_a) {
    ASSERT_EQ(files_b.count(name), 1U) << name;
    EXPECT_TRUE(files_b[name] == bytes) << name << " differs";
  }
}

TEST(Reproducible, TheManifestListsEveryFileButItselfAndTiming) {
  const Scratch scratch;
  const std::string q = (scratch / "q").string();
  ASSERT_EQ(offramp({"quantize", lenet5(), "-o", q}).status, 0);
  ASSERT_EQ(offramp({"generate", q, "--target", "zcu106", "--exits", "parallel"}).status, 0);
  const design::Manifest manifest = design::read_manifest(q + "/parallel");
  std::map<std::string, std::string> files = contents(q + "/parallel");
  files.erase(design::kManifestName);
  EXPECT_EQ(files.size(), manifest.files.size());
  for (const auto& [name, bytes] : files) EXPECT_EQ(manifest.files.count(name), 1U) << name;
}

}  // namespace
}  // namespace offramp::testing
