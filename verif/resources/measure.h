#pragma once
// Cells of the modules of many designs, from Yosys. A module is synthesized once for each set of parameters,
// with what is below it as black boxes, and the cells are kept by a hash of its text: what has not changed is
// not synthesized again.
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "hw/ir.h"
#include "netlist/counts.h"
#include "netlist/family.h"

namespace offramp::verif {

/// A module at parameter values, to be synthesized.
struct ModuleToMeasure {
  const hw::Module* module = nullptr;  // with its design, has to live on
  hw::IntEnv parameters;
  std::string block;  // modules of one block do not contain each other
};

struct MeasureOptions {
  netlist::Family family = netlist::Family::xcup;
  std::filesystem::path cache;  // folder
  int threads = 2;
};

class Measurements {
 public:
  explicit Measurements(const MeasureOptions& options);

  /// Synthesizes those that the cache lacks. Throws offramp::Error where Yosys is missing or stops.
  void measure(const std::vector<ModuleToMeasure>& modules);
  /// Of one that measure() was given: its own cells, without what is below.
  [[nodiscard]] const netlist::Counts& own(const hw::Module& module, const hw::IntEnv& parameters) const;
  /// Synthesized by measure(), not found in the cache.
  [[nodiscard]] int synthesized() const { return synthesized_; }

 private:
  struct Job {
    ModuleToMeasure what;
    std::string key;
  };
  [[nodiscard]] std::string key_of(const hw::Module& module, const hw::IntEnv& parameters) const;
  [[nodiscard]] const std::string& text_of(const hw::Module& module) const;
  [[nodiscard]] std::map<std::string, netlist::Counts> run(const std::vector<Job>& jobs) const;
  void read_cache();
  void write_cache() const;

  MeasureOptions options_;
  std::string version_;
  std::map<std::string, netlist::Counts> cells_;  // by key
  mutable std::map<const hw::Module*, std::string> texts_;
  int synthesized_ = 0;
};

}  // namespace offramp::verif
