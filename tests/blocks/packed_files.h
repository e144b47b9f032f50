#pragma once
// The packed array's Verilog in a folder of its own, and benches in Verilog that are run to their end.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "base/files.h"
#include "base/process.h"
#include "base/temp_folder.h"
#include "blocks/packed_array.h"
#include "blocks/systolic_array.h"
#include "verif/verilated_model.h"

namespace offramp::blocks::testing {

/// A file beside the tests (tests/blocks/NAME).
inline std::string test_file(const std::string& name) {
  return read_file(std::filesystem::path(OFFRAMP_SOURCE_DIR) / "tests" / "blocks" / name);
}

inline void replace(std::string& text, const std::string& from, const std::string& to) {
  const auto at = text.find(from);
  ASSERT_NE(at, std::string::npos) << "no '" << from << "' to be replaced";
  text.replace(at, from.size(), to);
}

/// dsp_mac_pair with the vendor's cell inside, as `vendor_mac_pair`.
inline std::string vendor_mac_pair_verilog() {
  std::string text(dsp_mac_pair_verilog());
  replace(text, "module dsp_mac_pair ", "module vendor_mac_pair ");
  return "`define OFFRAMP_DSP48E2\n" + text + "`undef OFFRAMP_DSP48E2\n";
}

/// Files of both arrays and of the cell, in a temporary folder.
class PackedFiles {
 public:
  PackedFiles() {
    hw::Design design;
    design.add(SystolicArray{});
    design.add(PackedSystolicArray{});
    design.require_clean();
    for (const hw::Module* module : design.modules()) {
      add(module->name + ".v",
          module->external.empty() ? hw::print_verilog(*module) : std::string(dsp_mac_pair_verilog()));
    }
  }
  void add(const std::string& name, const std::string& text) {
    write_file(folder_ / name, text);
    names_.push_back(name);
  }
  [[nodiscard]] const std::filesystem::path& path() const { return folder_.path(); }
  /// In the order they were added.
  [[nodiscard]] const std::vector<std::string>& names() const { return names_; }
  /// All names in one line.
  [[nodiscard]] std::string line() const { return fmt::format("{}", fmt::join(names_, " ")); }

  /// Runs the module `top` (clk_i, done_o) in Verilator until it is done.
  [[nodiscard]] std::unique_ptr<verif::VerilatedModel> run_bench(const std::string& top,
                                                                 std::uint64_t most_cycles,
                                                                 verif::ModelOptions::Favour favour) const {
    const verif::ModelSources sources{.directory = path(), .verilog = names_, .top = top};
    const auto built =
        verif::build_model(sources, {.favour = favour,
                                     .random_start = true,
                                     .cache = std::filesystem::path(OFFRAMP_BINARY_DIR) / "test-models"});
    auto model = std::make_unique<verif::VerilatedModel>(
        built, sources, verif::VerilatedModel::Start{.directory = path(), .random = true});
    verif::Signal clock = model->port("clk_i");
    const verif::Signal done = model->port("done_o");
    std::uint64_t cycle = 0;
    for (; cycle < most_cycles && done.get() == 0; ++cycle) {
      clock.set(1);
      model->eval();
      clock.set(0);
      model->eval();
    }
    EXPECT_LT(cycle, most_cycles) << top << " does not end";
    return model;
  }

 private:
  test::TempFolder folder_;
  std::vector<std::string> names_;
};

}  // namespace offramp::blocks::testing
