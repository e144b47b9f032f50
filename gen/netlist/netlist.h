#pragma once
// A netlist as Yosys leaves it after mapping: modules of cells joined by single-bit nets.
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace offramp::netlist {

/// A single-bit net of its module; constants are negative.
using Net = std::int32_t;
inline constexpr Net kZero = -1;
inline constexpr Net kOne = -2;
inline constexpr Net kUndefined = -3;

enum class Direction : std::uint8_t { input, output, inout };

struct Connection {
  std::string port;
  Direction direction = Direction::input;
  std::vector<Net> nets;  // least significant bit first
};

struct Cell {
  std::string name;
  std::string type;                                    // of the library, or an instantiated module's name
  std::map<std::string, std::string> parameters = {};  // as Yosys writes them: binary digits or text
  std::vector<Connection> connections = {};

  [[nodiscard]] const Connection* connection(std::string_view port) const;
  /// The value of a numeric parameter, `missing` where there is none of this name.
  [[nodiscard]] std::int64_t parameter(const std::string& name, std::int64_t missing) const;
};

struct Port {
  std::string name;
  Direction direction = Direction::input;
  std::vector<Net> nets;
};

struct Module {
  std::string name;      // as Yosys has it, with the values of parameters: "$paramod$9f..\weight_bank"
  std::string hdl_name;  // as in the Verilog: "weight_bank"
  bool top = false;
  std::vector<Port> ports = {};
  std::vector<Cell> cells = {};
  std::vector<std::string> net_names = {};  // by net: "acc_q[3]"; of several the shortest; empty: it has none
  [[nodiscard]] std::string net_name(Net net) const;
};

/// The modules of a design, without those of the cell library.
struct Netlist {
  std::vector<Module> modules;
  [[nodiscard]] const Module* find(const std::string& name) const;
  /// Throws offramp::Error where no module is marked as the top.
  [[nodiscard]] const Module& top() const;
};

/// Reads what Yosys' write_json wrote. Throws offramp::Error that names `file` where the text is not that.
[[nodiscard]] Netlist read_netlist(const std::string& json_text, const std::string& file);

/// One module with every instance below `module` dissolved; names of cells and nets become paths
/// ("u_backbone.u_feed.address_q[2]").
[[nodiscard]] Module flatten(const Netlist& netlist, const Module& module);

}  // namespace offramp::netlist
