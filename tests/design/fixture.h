#pragma once
// A small network with one exit, planned and emitted, and folders that go away with the test.
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "accel/accelerator.h"
#include "design/target.h"
#include "design/verification.h"
#include "model/estimate.h"
#include "quant/random_network.h"

namespace offramp::design::testing {

class Scratch {
 public:
  Scratch() {
    std::string name = (std::filesystem::temp_directory_path() / "offramp-design-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary directory");
    path_ = name;
  }
  ~Scratch() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  [[nodiscard]] std::filesystem::path operator/(const std::string& name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

inline std::string slurp(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) throw std::runtime_error("cannot read " + file.string());
  return {std::istreambuf_iterator<char>(in), {}};
}

inline void spill(const std::filesystem::path& file, const std::string& text) {
  std::filesystem::create_directories(file.parent_path());
  std::ofstream(file, std::ios::binary) << text;
}

inline Target a_target() {
  return {.name = "zcu106",
          .board = "AMD ZCU106",
          .part = "xczu7ev-ffvc1156-2-e",
          .lut = 230400,
          .ff = 460800,
          .bram36 = 312,
          .uram = 96,
          .dsp = 1728,
          .on_chip_bits = 39813120,
          .clock_mhz = 300,
          .dram_gb_per_s = 19.2};
}

}  // namespace offramp::design::testing
