// `package` and the folder it takes: whole or not at all, and nothing but the design.
#include <gmock/gmock.h>

#include "program.h"

namespace offramp::testing {
namespace {

using ::testing::AllOf;
using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::Not;

/// One static design of LeNet-5, in `scratch`/d/static.
fs::path make_design(const Scratch& scratch) {
  const std::string q = (scratch / "q").string();
  EXPECT_EQ(offramp({"quantize", lenet5(), "-o", q}).status, 0);
  const RunResult run = offramp({"generate", q, "--target", "zcu106", "--exits", "static", "--array", "8x2x1",
                                 "-o", (scratch / "d").string()});
  EXPECT_EQ(run.status, 0) << run.err;
  return scratch / "d/static";
}

TEST(Package, AFolderThatIsNotAsItsManifestSaysIsRefusedWithTheFile) {
  const Scratch scratch;
  const fs::path design = make_design(scratch);
  const fs::path file = design / "mem/backbone_tiles_0.hex";
  const fs::path archive = scratch / "a.tar.gz";
  const std::string bytes = slurp(file);
  const auto expect = [&](const char* part) {
    for (const std::string verb : {"package", "report"}) {
      std::vector<std::string> arguments = {verb, design.string()};
      if (verb == "package") arguments.insert(arguments.end(), {"-o", archive.string()});
      const RunResult run = offramp(arguments);
      EXPECT_EQ(run.status, 2) << verb;
      EXPECT_THAT(run.err, AllOf(HasSubstr(part), HasSubstr("generate the design again"))) << verb;
      EXPECT_FALSE(fs::exists(archive));
    }
  };
  spill(file, bytes + "0\n");
  expect("backbone_tiles_0.hex' was changed");
  fs::remove(file);
  expect("backbone_tiles_0.hex' is missing");
  spill(file, bytes);
  spill(design / "rtl/extra.v", "");
  expect("extra.v' is not part of the design");
  fs::remove(design / "rtl/extra.v");
  const std::string manifest = slurp(design / "manifest.json");
  spill(design / "manifest.json", manifest.substr(0, manifest.size() / 2));
  expect("manifest.json' is damaged");
}

TEST(Package, AnInterruptionLeavesTheWholeArchiveOrNoneAndAnotherRunSucceeds) {
  const Scratch scratch;
  const fs::path design = make_design(scratch);
  const fs::path archive = scratch / "out/a.tar.gz";
  fs::create_directories(scratch / "out");
  const std::vector<std::string> arguments = {"package", design.string(), "-o", archive.string()};
  ASSERT_EQ(offramp(arguments).status, 0);
  const std::string whole = slurp(archive);
  fs::remove(archive);
  // Ctrl-C at whatever moment the signal finds the program.
  for (int wait = 0; wait < 6; ++wait) {
    int looks = 0;
    const RunResult run =
        offramp(arguments, {.interrupt_when = [&](const std::string&) { return looks++ >= wait; }});
    EXPECT_THAT(run.status, ::testing::AnyOf(0, 2, 128 + SIGINT)) << run.err;
    if (fs::exists(archive)) EXPECT_EQ(slurp(archive), whole);
    EXPECT_THAT(names_below(scratch / "out"), Each(Not(HasSubstr(".tmp.")))) << wait;
    fs::remove(archive);
  }
  // Killed outright: what is left over has another name, and the next run does not mind it.
  for (const char* seconds : {"0.005", "0.02", "0.05", "0.1", "0.2"}) {
    std::vector<std::string> killed = {"timeout", "--signal=KILL", seconds, OFFRAMP_PROGRAM};
    killed.insert(killed.end(), arguments.begin(), arguments.end());
    run_command(killed);
    if (fs::exists(archive)) EXPECT_EQ(slurp(archive), whole);
    fs::remove(archive);
  }
  ASSERT_EQ(offramp(arguments).status, 0);
  EXPECT_EQ(slurp(archive), whole);
}

TEST(Package, WhatDoesNotFitTheDiskLeavesNothing) {
  const Scratch scratch;
  const fs::path design = make_design(scratch);
  fs::create_directories(scratch / "out");
  const RunResult run = offramp({"package", design.string(), "-o", (scratch / "out/a.tar.gz").string()},
                                {.largest_file = 10000});
  EXPECT_EQ(run.status, 2);
  EXPECT_THAT(run.err, HasSubstr("a.tar.gz"));
  EXPECT_TRUE(names_below(scratch / "out").empty());
}

TEST(Package, AnUnknownBoardIsAnsweredWithTheNearestAndAllOfThem) {
  const Scratch scratch;
  const std::string q = (scratch / "q").string();
  ASSERT_EQ(offramp({"quantize", lenet5(), "-o", q}).status, 0);
  const RunResult run = offramp({"generate", q, "--target", "zcu16", "-o", (scratch / "d").string()});
  EXPECT_EQ(run.status, 2);
  EXPECT_THAT(run.err, AllOf(HasSubstr("did you mean zcu106?"),
                             HasSubstr("arty-a7-100, pynq-z2, zc706, zcu104, zcu106")));
}

}  // namespace
}  // namespace offramp::testing
