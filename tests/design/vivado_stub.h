#pragma once
// verif/vivado_stub, and what it is told of a design.
#include <fmt/ranges.h>

#include <functional>
#include <set>

#include "handover_fixture.h"

namespace offramp::design::testing {

inline const std::filesystem::path kStub =
    std::filesystem::path(OFFRAMP_SOURCE_DIR) / "verif/vivado_stub/run.tcl";

/// One module as netlist.tcl reads it.
inline std::string describe_module(const nlohmann::json& modules, const std::string& name) {
  const nlohmann::json& module = modules.at(name);
  std::string out = fmt::format("module {}\n", name);
  for (const auto& [port, about] : module.at("ports").items()) {
    const nlohmann::json attributes =
        module.at("netnames").at(port).value("attributes", nlohmann::json::object());
    out += fmt::format("port {} {} {} {{{}}}\n", port, about.at("direction").get<std::string>(),
                       about.at("bits").size(), attributes.value("X_INTERFACE_INFO", ""));
  }
  const std::function<void(const std::string&, const std::string&)> cells = [&](const std::string& type,
                                                                                const std::string& prefix) {
    for (const auto& [cell, about] : modules.at(type).at("cells").items()) {
      const std::string below = about.at("type");
      if (!modules.contains(below)) continue;
      out += fmt::format("cell {{{}{}}}\n", prefix, cell);
      cells(below, prefix + cell + "/");
    }
  };
  cells(name, "");
  return out;
}

/// What the stub is told of the design: from Yosys, not from the generator.
inline void describe_netlist(const DesignFolder& folder) {
  const nlohmann::json design = elaborate(folder.path(), folder.emitted.rtl, folder.emitted.top);
  std::set<std::string> needed;
  for (const auto& [name, module] : design.items()) needed.insert(source_name(name));
  spill(*folder.scratch / "netlist.tcl",
        describe_module(design, folder.emitted.top) + fmt::format("needs {}\n", fmt::join(needed, " ")));
}

}  // namespace offramp::design::testing
