#pragma once
// What synthesis measured, for synth.json and tables.
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "netlist/counts.h"
#include "netlist/fanout.h"
#include "netlist/levels.h"
#include "synth/yosys.h"

namespace offramp::synth {

/// Variants of a module (values of its parameters) with the same cells and depth are one row.
struct ModuleRow {
  std::string module;
  int instances = 0;
  netlist::Counts own;              // of one instance
  netlist::Counts with_submodules;  // of one instance
  netlist::LogicPath longest;       // within the module
};

struct Report {
  netlist::Family family = netlist::Family::xcup;
  std::string top;
  std::string version;
  std::string command;
  netlist::Counts total;
  std::vector<ModuleRow> modules;       // the top first
  netlist::LogicPath longest;           // of the whole netlist, across the hierarchy
  std::vector<int> levels;              // endpoints by their level, of the whole netlist
  std::vector<netlist::FanOut> widest;  // the nets with the largest fan-out that are no clocks
};

[[nodiscard]] Report report_of(const Synthesized& synthesized, netlist::Family family);

/// How the figures came about, in a sentence.
[[nodiscard]] std::string basis(const Report& report);
/// The figures of one set of cells, in the family's terms.
[[nodiscard]] nlohmann::ordered_json to_json(const netlist::Counts& counts, netlist::Family family);
[[nodiscard]] nlohmann::ordered_json to_json(const Report& report);

}  // namespace offramp::synth
