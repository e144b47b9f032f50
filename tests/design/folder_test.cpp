#include "design/folder.h"

#include <gmock/gmock.h>

#include "base/error.h"
#include "fixture.h"

namespace offramp::design {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::Scratch;
using testing::slurp;
using testing::spill;
using ::testing::ThrowsMessage;

Manifest a_manifest() {
  Manifest m;
  m.network = "net";
  m.strategy = "static";
  m.top = "net_static";
  m.inputs = {{"model", "00"}};
  m.configuration = {{"array", "4x2x1"}};
  return m;
}

const Files kFiles{{"rtl/a.v", "module a;\nendmodule\n"}, {"mem/w.hex", "00\n"}};

std::vector<std::string> names_in(const fs::path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder)) names.push_back(entry.path().filename());
  std::sort(names.begin(), names.end());
  return names;
}

TEST(DesignFolder, HoldsTheFilesAndAManifestWithTheirHashes) {
  const Scratch scratch;
  EXPECT_EQ(write_design(scratch / "d", kFiles, a_manifest()), Written::fresh);
  EXPECT_EQ(slurp(scratch / "d/rtl/a.v"), kFiles.at("rtl/a.v"));
  const Manifest m = read_manifest(scratch / "d");
  EXPECT_EQ(m.files.size(), 2U);
  EXPECT_EQ(m.files.at("mem/w.hex").bytes, 3U);
  EXPECT_NO_THROW(check_files(scratch / "d", m));
  EXPECT_THAT(names_in(scratch.path()), ElementsAre("d"));  // no temporary folder is left
}

TEST(DesignFolder, AFileThatTheManifestDoesNotListIsNamedWhereToolsWouldTakeIt) {
  const Scratch scratch;
  write_design(scratch / "d", kFiles, a_manifest());
  const Manifest m = read_manifest(scratch / "d");
  spill(scratch / "d/timing.json", "{}");
  spill(scratch / "d/waves/sample_1.fst", "");
  EXPECT_NO_THROW(check_files(scratch / "d", m));
  spill(scratch / "d/rtl/b.v", "module b;\nendmodule\n");
  for (const bool reading : {false, true}) {
    EXPECT_THAT(
        [&] {
          if (reading) (void)read_checked(scratch / "d", m);
          check_files(scratch / "d", m);
        },
        ThrowsMessage<Error>(AllOf(HasSubstr("d/rtl/b.v"), HasSubstr("is not part of the design"),
                                   HasSubstr("remove it or generate"))));
  }
}

TEST(DesignFolder, TheSameDesignIsKeptWithItsResults) {
  const Scratch scratch;
  write_design(scratch / "d", kFiles, a_manifest());
  add_results(scratch / "d", {{"verify.json", "{}"}});
  EXPECT_EQ(write_design(scratch / "d", kFiles, a_manifest()), Written::kept);
  EXPECT_EQ(slurp(scratch / "d/verify.json"), "{}");
}

TEST(DesignFolder, AnotherDesignReplacesItWithItsResults) {
  const Scratch scratch;
  write_design(scratch / "d", kFiles, a_manifest());
  add_results(scratch / "d", {{"verify.json", "{}"}});
  Manifest other = a_manifest();
  other.configuration["array"] = "8x2x1";
  EXPECT_EQ(write_design(scratch / "d", kFiles, other), Written::fresh);
  EXPECT_FALSE(fs::exists(scratch / "d/verify.json"));
  EXPECT_THAT(names_in(scratch.path()), ElementsAre("d"));
}

TEST(DesignFolder, AChangedFileIsWrittenAgain) {
  const Scratch scratch;
  write_design(scratch / "d", kFiles, a_manifest());
  spill(scratch / "d/rtl/a.v", "module b;\nendmodule\n");
  EXPECT_EQ(write_design(scratch / "d", kFiles, a_manifest()), Written::fresh);
  EXPECT_EQ(slurp(scratch / "d/rtl/a.v"), kFiles.at("rtl/a.v"));
}

TEST(DesignFolder, WhatIsNoDesignIsNotOverwritten) {
  const Scratch scratch;
  spill(scratch / "d/thesis.tex", "years of work");
  EXPECT_THAT([&] { write_design(scratch / "d", kFiles, a_manifest()); },
              ThrowsMessage<Error>(HasSubstr("something that is not a design is there")));
  EXPECT_EQ(slurp(scratch / "d/thesis.tex"), "years of work");
  EXPECT_THAT(names_in(scratch.path()), ElementsAre("d"));
}

TEST(DesignFolder, AFileInItsPlaceIsNotOverwritten) {
  const Scratch scratch;
  spill(scratch / "d", "a file");
  EXPECT_THROW(write_design(scratch / "d", kFiles, a_manifest()), Error);
  EXPECT_EQ(slurp(scratch / "d"), "a file");
}

TEST(DesignFolder, AnEmptyFolderIsFilled) {
  const Scratch scratch;
  fs::create_directories(scratch / "d");
  EXPECT_EQ(write_design(scratch / "d", kFiles, a_manifest()), Written::fresh);
}

TEST(DesignFolder, NothingIsLeftWhereWritingFails) {
  const Scratch scratch;
  spill(scratch / "file", "");
  EXPECT_THROW(write_design(scratch / "file/d", kFiles, a_manifest()), Error);
  EXPECT_THAT(names_in(scratch.path()), ElementsAre("file"));
}

TEST(DesignFolder, TheNewResultsReplaceTheOldOnesInTheManifest) {
  const Scratch scratch;
  write_design(scratch / "d", kFiles, a_manifest());
  add_results(scratch / "d", {{"verify.json", "old"}, {"report.html", "page"}});
  add_results(scratch / "d", {{"verify.json", "newer"}});
  const Manifest m = read_manifest(scratch / "d");
  EXPECT_EQ(m.files.size(), 4U);
  EXPECT_NO_THROW(check_files(scratch / "d", m));
}

TEST(Manifest, ResultsDoNotChangeWhichDesignItIs) {
  const Scratch scratch;
  write_design(scratch / "d", kFiles, a_manifest());
  const std::string before = design_hash(read_manifest(scratch / "d"));
  add_results(scratch / "d", {{"verify.json", "{}"}});
  EXPECT_EQ(design_hash(read_manifest(scratch / "d")), before);
}

TEST(Manifest, AChangedFileIsNamedWithBothHashes) {
  const Scratch scratch;
  write_design(scratch / "d", kFiles, a_manifest());
  spill(scratch / "d/mem/w.hex", "01\n");
  EXPECT_THAT(
      [&] { check_files(scratch / "d", read_manifest(scratch / "d")); },
      ThrowsMessage<Error>(AllOf(HasSubstr("mem/w.hex"), HasSubstr("was changed"), HasSubstr("SHA-256"))));
}

TEST(Manifest, AMissingFileIsNamed) {
  const Scratch scratch;
  write_design(scratch / "d", kFiles, a_manifest());
  fs::remove(scratch / "d/rtl/a.v");
  EXPECT_THAT([&] { check_files(scratch / "d", read_manifest(scratch / "d")); },
              ThrowsMessage<Error>(AllOf(HasSubstr("rtl/a.v"), HasSubstr("is missing"))));
}

TEST(Manifest, AFolderWithoutOneIsNoDesign) {
  const Scratch scratch;
  EXPECT_THAT([&] { (void)read_manifest(scratch.path()); },
              ThrowsMessage<Error>(HasSubstr("is not a design folder")));
  EXPECT_THAT([&] { (void)read_manifest(scratch / "nowhere"); },
              ThrowsMessage<Error>(HasSubstr("there is no design folder")));
}

class DamagedManifest : public ::testing::TestWithParam<const char*> {};
TEST_P(DamagedManifest, IsRefusedWithItsFile) {
  const Scratch scratch;
  spill(scratch / "manifest.json", GetParam());
  EXPECT_THAT([&] { (void)read_manifest(scratch.path()); }, ThrowsMessage<Error>(HasSubstr("manifest.json")));
}
INSTANTIATE_TEST_SUITE_P(
    Texts, DamagedManifest,
    ::testing::Values(
        "", "{", "[]", "{}", R"({"tool":{"version":1}})",
        R"({"tool":{"version":"0.1.0"},"network":"n","strategy":"static","top":"t","inputs":{},)"
        R"("configuration":{},"files":{"../../etc/passwd":{"sha256":"0","bytes":1}}})"));

TEST(Manifest, HoldsNoTimeAndNoAbsolutePath) {
  const Scratch scratch;
  write_design(scratch / "d", kFiles, a_manifest());
  const std::string text = slurp(scratch / "d/manifest.json");
  EXPECT_EQ(text.find(scratch.path().string()), std::string::npos);
  EXPECT_EQ(text, to_text(read_manifest(scratch / "d")));
}

}  // namespace
}  // namespace offramp::design
