#pragma once
// A Verilated model loaded into this process. Several models, and several of one library, live side by side.
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "accel/accelerator.h"
#include "verif/signal.h"
#include "verif/verilated_build.h"

namespace offramp::verif {

class VerilatedModel {
 public:
  struct Start {
    std::filesystem::path directory;  // memory images are read relative to it
    bool random = false;              // with a model built for it: random bits in what has no reset
    int seed = 1;
  };
  /// Loads the library and makes one model. Throws offramp::Error where the library cannot be loaded.
  VerilatedModel(const BuiltModel& built, const ModelSources& sources, Start start);
  ~VerilatedModel();
  VerilatedModel(const VerilatedModel&) = delete;
  VerilatedModel& operator=(const VerilatedModel&) = delete;

  /// A port of the top module by its Verilog name; throws offramp::Error where there is none.
  [[nodiscard]] Signal port(const std::string& name) const;
  /// Whether the top module has a port of this name.
  [[nodiscard]] bool has_port(const std::string& name) const;
  /// A probe by its key; throws offramp::Error where the design lacks it or its width differs.
  [[nodiscard]] Signal probe(const std::string& name) const;
  [[nodiscard]] bool has_probe(const std::string& name) const;

  /// Settles the model after its inputs changed. Throws offramp::Error for what the Verilog calls fatal: a
  /// memory image missing or of the wrong length, $stop.
  void eval();

  /// Begins an FST wave file; the model must have been built for tracing.
  void open_trace(const std::filesystem::path& file);
  /// Adds the present values to it; times must increase.
  void dump_trace(std::uint64_t time);
  void close_trace();

 private:
  struct Library;
  std::unique_ptr<Library> library_;
  void* model_ = nullptr;
  std::string top_;
  std::map<std::string, accel::Probe> probes_;
};

}  // namespace offramp::verif
