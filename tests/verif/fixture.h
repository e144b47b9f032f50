#pragma once
// The hand-written Verilog of data/ (see fixture_top.v), built once for all tests of this binary.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "verif/verilated_model.h"

namespace offramp::verif::testing {

/// A directory of the test's own that goes away with it.
class ScratchDirectory {
 public:
  ScratchDirectory() {
    std::string name = (std::filesystem::temp_directory_path() / "offramp-test-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary directory");
    path_ = name;
  }
  ~ScratchDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  ScratchDirectory(const ScratchDirectory&) = delete;
  ScratchDirectory& operator=(const ScratchDirectory&) = delete;
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

/// Models are kept beside the build, so that a second run of the tests is quick.
inline std::filesystem::path test_cache() {
  return std::filesystem::path(OFFRAMP_BINARY_DIR) / "test-models";
}

inline void write_text(const std::filesystem::path& file, const std::string& text) {
  std::filesystem::create_directories(file.parent_path());
  std::ofstream(file) << text;
}

inline accel::Probe top_probe(const std::string& signal, int bits) {
  return {.name = signal, .path = signal, .module = "fixture__top", .signal = signal, .bits = bits};
}

inline ModelSources fixture_sources() {
  return {.directory = std::filesystem::path(OFFRAMP_SOURCE_DIR) / "tests" / "verif" / "data",
          .verilog = {"fixture_lane.v", "fixture_regs.v", "fixture_top.v"},
          .top = "fixture__top",
          .probes = {top_probe("take", 1),
                     top_probe("sum_q", 16),
                     top_probe("forty_bits", 40),
                     top_probe("sixty_four", 64),
                     top_probe("hundred_bits", 100),
                     {.name = "lane0",
                      .path = "gen_lane[0].u__lane.next__sum",
                      .module = "fixture__lane",
                      .signal = "next__sum",
                      .bits = 16},
                     {.name = "lane1",
                      .path = "gen_lane[1].u__lane.next__sum",
                      .module = "fixture__lane",
                      .signal = "next__sum",
                      .bits = 16}}};
}

/// The fixture's model, started.
inline std::unique_ptr<VerilatedModel> fixture_model(bool trace = false) {
  const ModelSources sources = fixture_sources();
  const BuiltModel built =
      build_model(sources, {.favour = ModelOptions::Favour::build, .trace = trace, .cache = test_cache()});
  return std::make_unique<VerilatedModel>(built, sources,
                                          VerilatedModel::Start{.directory = sources.directory});
}

}  // namespace offramp::verif::testing
