// What is wrong with the machine: output that cannot be written, a full disk, a missing tool, Ctrl-C.
#include <gmock/gmock.h>
#include <sys/mount.h>

#include "cli/program.h"

namespace offramp::testing {
namespace {

using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

/// `build` of LeNet-5 on a small random data set.
std::vector<std::string> small_build(const Scratch& scratch, const std::string& out) {
  write_idx(scratch / "data", 64, 16);
  return {"build",    lenet5(), "--data",    "idx:" + (scratch / "data").string(),
          "--target", "zcu106", "--samples", "8",
          "-o",       out};
}

void expect_message(const RunResult& run, int status, const std::string& part) {
  EXPECT_EQ(run.status, status) << run.out << run.err;
  EXPECT_THAT(run.err, StartsWith("offramp: "));
  EXPECT_THAT(run.err, HasSubstr(part));
}

TEST(BadMachine, AnOutputBelowAFileCannotBeWritten) {
  const Scratch scratch;
  spill(scratch / "file", "");
  expect_message(offramp(small_build(scratch, (scratch / "file/out").string())), 2, "file/out");
  EXPECT_EQ(slurp(scratch / "file"), "");
}

TEST(BadMachine, AnOutputInProcCannotBeWritten) {
  const Scratch scratch;
  expect_message(offramp(small_build(scratch, "/proc/offramp-out")), 2, "/proc/offramp-out");
}

TEST(BadMachine, AFullDiskIsNamedAndLeavesNoPartOfADesign) {
  const Scratch scratch;
  const fs::path disk = scratch / "disk";
  fs::create_directories(disk);
  const std::string out = (disk / "out").string();
  if (::mount("tmpfs", disk.c_str(), "tmpfs", 0, "size=640k") != 0) {
    GTEST_SKIP() << "skipped: a small file system cannot be mounted here";
  }
  const RunResult run = offramp(small_build(scratch, out));
  const std::vector<std::string> names = names_below(disk);
  ::umount(disk.c_str());
  expect_message(run, 2, "disk is full");
  EXPECT_THAT(names, Each(Not(HasSubstr(".tmp."))));
  for (const char* strategy : {"static", "pipeline", "parallel"}) {
    const std::string folder = std::string("out/") + strategy;
    const bool there = std::find(names.begin(), names.end(), folder) != names.end();
    const bool complete = std::find(names.begin(), names.end(), folder + "/manifest.json") != names.end();
    EXPECT_EQ(there, complete) << folder;
  }
}

TEST(BadMachine, AFileBeyondTheLimitOfTheShellIsAMessage) {
  const Scratch scratch;
  const RunResult run =
      offramp({"quantize", lenet5(), "-o", (scratch / "q").string()}, {.largest_file = 10000});
  expect_message(run, 2, "quantized");
  EXPECT_THAT(names_below(scratch / "q"), IsEmpty());
}

TEST(BadMachine, AFullStandardOutputIsAMessageForLongAnswersAndShortOnes) {
  expect_message(offramp({"inspect", lenet5(), "--json"}, {.stdout_file = "/dev/full"}), 2,
                 "standard output");
  const Scratch scratch;  // a short answer stays in the buffer until the end
  const std::string q = (scratch / "q").string();
  ASSERT_EQ(offramp({"quantize", lenet5(), "-o", q}).status, 0);
  expect_message(
      offramp({"generate", q, "--target", "zcu106", "--exits", "static"}, {.stdout_file = "/dev/full"}), 2,
      "standard output");
}

TEST(BadMachine, AMissingVerilatorIsNamedWithItsPackageBeforeAnyWork) {
  const Scratch scratch;
  fs::create_directories(scratch / "empty");
  std::vector<std::string> arguments = small_build(scratch, (scratch / "out").string());
  RunResult run = offramp(arguments, {.environment = {{"PATH", (scratch / "empty").string()}}});
  expect_message(run, 3, "verilator");
  EXPECT_THAT(run.err, HasSubstr("apt-get install"));
  EXPECT_THAT(names_below(scratch / "out"), IsEmpty());
}

/// What an interrupted build may leave: complete files and complete designs, nothing temporary.
void expect_whole(const fs::path& out) {
  const std::vector<std::string> names = names_below(out);
  EXPECT_THAT(names, Each(Not(HasSubstr(".tmp."))));
  for (const char* strategy : {"static", "pipeline", "parallel"}) {
    if (!fs::exists(out / strategy)) continue;
    EXPECT_TRUE(fs::exists(out / strategy / "manifest.json")) << strategy;
    EXPECT_FALSE(fs::exists(out / strategy / "verify.json")) << strategy;
  }
}

TEST(BadMachine, CtrlCWhileModelsAreBuiltIsAMessageAndAnotherRunGoesOn) {
  const Scratch scratch;
  const fs::path out = scratch / "out";
  std::vector<std::string> arguments = small_build(scratch, out.string());
  arguments.insert(arguments.end(), {"--exits", "static", "--array", "4x2x1"});
  // An empty cache, so that there is a model to build.
  const RunOptions fresh{.environment = {{"OFFRAMP_CACHE", (scratch / "cache").string()}}};
  RunOptions interrupting = fresh;
  interrupting.interrupt_when = [](const std::string& text) {
    return text.find("golden reference ran") != std::string::npos;
  };
  const RunResult run = offramp(arguments, interrupting);
  expect_message(run, 2, "interrupted by Ctrl-C");
  EXPECT_LT(run.seconds, 60);
  expect_whole(out);
  const RunResult again = offramp(arguments, fresh);
  EXPECT_EQ(again.status, 0) << again.err;
  EXPECT_THAT(again.out, HasSubstr("kept"));  // the design of the first run
  EXPECT_TRUE(fs::exists(out / "static/verify.json"));
}

TEST(BadMachine, CtrlCBeforeAnythingIsWrittenLeavesNothing) {
  const Scratch scratch;
  bool sent = false;
  RunOptions options;
  options.interrupt_when = [&](const std::string&) {
    // A moment after the start, while data and model are read.
    if (!sent) std::this_thread::sleep_for(std::chrono::milliseconds(60));
    return sent = true;
  };
  const RunResult run = offramp(
      {"build", lenet5(), "--data", "fashion-mnist", "--target", "zcu106", "-o", (scratch / "out").string()},
      options);
  expect_message(run, 2, "interrupted by Ctrl-C");
  expect_whole(scratch / "out");
}

}  // namespace
}  // namespace offramp::testing
