#pragma once
// A block alone in Verilator: emitted, built and driven by its own ports.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "base/files.h"
#include "base/temp_folder.h"
#include "hw/hw.h"
#include "verif/verilated_model.h"

namespace offramp::blocks::testing {

class SimulatedBlock {
 public:
  /// `images` are memory images by name ("mem/x.hex").
  template <class G>
  explicit SimulatedBlock(const G& generator, const std::map<std::string, std::string>& images = {}) {
    hw::Design design;
    design.add(generator);
    design.require_clean();
    make_directory(folder_.path() / "mem");
    for (const auto& [name, text] : images) write_file(folder_.path() / name, text);
    sources_.directory = folder_.path();
    sources_.top = generator.name();
    for (const hw::Module* module : design.modules()) {
      sources_.verilog.push_back(module->name + ".v");
      write_file(folder_.path() / sources_.verilog.back(), hw::print_verilog(*module));
    }
    const auto built =
        verif::build_model(sources_, {.favour = verif::ModelOptions::Favour::build,
                                      .random_start = true,
                                      .cache = std::filesystem::path(OFFRAMP_BINARY_DIR) / "test-models"});
    model_ = std::make_unique<verif::VerilatedModel>(
        built, sources_, verif::VerilatedModel::Start{.directory = folder_.path(), .random = true});
    if (model_->has_port("rst_ni")) {
      port("rst_ni").set(0);
      for (int i = 0; i < 4; ++i) clock();
      port("rst_ni").set(1);
    }
  }

  [[nodiscard]] verif::Signal port(const std::string& name) const { return model_->port(name); }
  /// Settles, then a rising and a falling edge.
  void clock() {
    model_->eval();
    port("clk_i").set(1);
    model_->eval();
    port("clk_i").set(0);
    model_->eval();
  }
  void settle() { model_->eval(); }

 private:
  test::TempFolder folder_;
  verif::ModelSources sources_;
  std::unique_ptr<verif::VerilatedModel> model_;
};

}  // namespace offramp::blocks::testing
