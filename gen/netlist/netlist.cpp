#include "netlist/netlist.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "base/error.h"

namespace offramp::netlist {
namespace {

using nlohmann::json;

Direction direction_from(const std::string& word) {
  if (word == "input") return Direction::input;
  return word == "output" ? Direction::output : Direction::inout;
}

Net net_from(const json& bit) {
  if (bit.is_number_integer()) return bit.get<Net>();
  const auto& text = bit.get_ref<const std::string&>();
  if (text == "0") return kZero;
  return text == "1" ? kOne : kUndefined;
}

std::vector<Net> nets_from(const json& bits) {
  std::vector<Net> nets;
  nets.reserve(bits.size());
  for (const json& bit : bits) nets.push_back(net_from(bit));
  return nets;
}

/// Yosys' own names ("$abc$123$auto$..") say less than any that a person wrote.
bool better_name(const std::string& candidate, const std::string& present) {
  if (present.empty()) return true;
  const bool own = candidate.front() == '$';
  const bool present_own = present.front() == '$';
  if (own != present_own) return present_own;
  if (candidate.size() != present.size()) return candidate.size() < present.size();
  return candidate < present;
}

void name_nets(const json& netnames, Module& m) {
  for (const auto& [name, entry] : netnames.items()) {
    const json& bits = entry.at("bits");
    for (std::size_t i = 0; i < bits.size(); ++i) {
      const Net net = net_from(bits[i]);
      if (net < 0) continue;
      const auto at = static_cast<std::size_t>(net);
      if (m.net_names.size() <= at) m.net_names.resize(at + 1);
      std::string full = bits.size() == 1 ? name : fmt::format("{}[{}]", name, i);
      if (better_name(full, m.net_names[at])) m.net_names[at] = std::move(full);
    }
  }
}

Module module_from(const std::string& name, const json& entry) {
  Module m{.name = name, .hdl_name = name};
  if (const auto attributes = entry.find("attributes"); attributes != entry.end()) {
    m.top = attributes->contains("top");
    if (const auto hdl = attributes->find("hdlname"); hdl != attributes->end()) m.hdl_name = *hdl;
  }
  if (m.hdl_name.starts_with('\\')) m.hdl_name.erase(0, 1);
  if (m.hdl_name.starts_with('$')) m.hdl_name.erase(0, m.hdl_name.rfind('\\') + 1);
  for (const auto& [port, p] : entry.at("ports").items())
    m.ports.push_back({port, direction_from(p.at("direction")), nets_from(p.at("bits"))});
  for (const auto& [cell_name, c] : entry.at("cells").items()) {
    Cell cell{.name = cell_name, .type = c.at("type")};
    for (const auto& [key, value] : c.at("parameters").items())
      cell.parameters[key] = value.is_string() ? value.get<std::string>() : value.dump();
    const json& directions = c.at("port_directions");
    for (const auto& [port, bits] : c.at("connections").items())
      cell.connections.push_back({port, direction_from(directions.at(port)), nets_from(bits)});
    m.cells.push_back(std::move(cell));
  }
  name_nets(entry.at("netnames"), m);
  return m;
}

}  // namespace

const Connection* Cell::connection(std::string_view port) const {
  const auto at = std::find_if(connections.begin(), connections.end(),
                               [&](const Connection& c) { return c.port == port; });
  return at == connections.end() ? nullptr : &*at;
}

std::int64_t Cell::parameter(const std::string& name_of, std::int64_t missing) const {
  const auto at = parameters.find(name_of);
  if (at == parameters.end()) return missing;
  constexpr std::size_t kWord = 32;  // Yosys writes numbers with all their binary digits
  constexpr int kBinary = 2;
  constexpr int kDecimal = 10;
  return std::strtoll(at->second.c_str(), nullptr, at->second.size() >= kWord ? kBinary : kDecimal);
}

std::string Module::net_name(Net net) const {
  if (net == kZero) return "0";
  if (net == kOne) return "1";
  if (net < 0) return "x";
  const auto at = static_cast<std::size_t>(net);
  return at < net_names.size() && !net_names[at].empty() ? net_names[at] : fmt::format("net {}", net);
}

const Module* Netlist::find(const std::string& name) const {
  const auto at =
      std::lower_bound(modules.begin(), modules.end(), name,
                       [](const Module& m, const std::string& wanted) { return m.name < wanted; });
  return at == modules.end() || at->name != name ? nullptr : &*at;
}

const Module& Netlist::top() const {
  const auto at = std::find_if(modules.begin(), modules.end(), [](const Module& m) { return m.top; });
  if (at == modules.end()) throw Error("The netlist has no top module: run Yosys with `-top NAME`.");
  return *at;
}

Netlist read_netlist(const std::string& json_text, const std::string& file) {
  Netlist netlist;
  try {
    const json document = json::parse(json_text);
    for (const auto& [name, entry] : document.at("modules").items()) {
      const auto attributes = entry.find("attributes");
      if (attributes != entry.end() && (attributes->contains("blackbox") || attributes->contains("whitebox")))
        continue;
      netlist.modules.push_back(module_from(name, entry));
    }
  } catch (const json::exception& e) {
    throw Error(fmt::format("{} is not a netlist that Yosys' write_json wrote: {}", file, e.what()));
  }
  std::sort(netlist.modules.begin(), netlist.modules.end(),
            [](const Module& a, const Module& b) { return a.name < b.name; });
  return netlist;
}

}  // namespace offramp::netlist
