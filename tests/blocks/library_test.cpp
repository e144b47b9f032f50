#include "blocks/library.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <set>

#include "base/files.h"

namespace offramp::blocks {
namespace {

namespace fs = std::filesystem;

TEST(Library, WhatIsCheckedInIsWhatTheGeneratorsEmit) {
  const fs::path folder = fs::path(OFFRAMP_SOURCE_DIR) / "rtl" / "lib";
  const auto emitted = library();
  if (std::getenv("OFFRAMP_UPDATE_GOLDEN") != nullptr) {
    make_directory(folder);
    for (const auto& [name, text] : emitted) write_file(folder / name, text);
  }
  std::set<std::string> present;
  for (const auto& entry : fs::directory_iterator(folder)) present.insert(entry.path().filename().string());
  for (const auto& [name, text] : emitted) {
    ASSERT_EQ(present.erase(name), 1U) << name << " is missing; refresh with OFFRAMP_UPDATE_GOLDEN=1";
    EXPECT_EQ(read_file(folder / name), text)
        << name << " is out of date; refresh with OFFRAMP_UPDATE_GOLDEN=1";
  }
  for (const std::string& name : present) ADD_FAILURE() << "rtl/lib/" << name << " is no longer emitted";
}

}  // namespace
}  // namespace offramp::blocks
