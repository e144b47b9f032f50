#pragma once
// Depth of logic: how many lookup tables lie between one register and the next.
#include <string>
#include <vector>

#include "netlist/cells.h"

namespace offramp::netlist {

/// Where a value is taken in: a pin of a register, memory or DSP slice, or an output port of the module.
struct Endpoint {
  std::string cell;  // empty: a port of the module
  std::string type;
  std::string pin;
  Net net = 0;
  int level = 0;  // lookup tables on the deepest path to it
};

/// The deepest path to an endpoint. Lookup tables, and memories read through them, count one level each;
/// carries, wide multiplexers and buffers count none and are said beside.
struct LogicPath {
  int luts = 0;
  int carries = 0;
  int muxes = 0;
  int dsps = 0;                   // passed through without a register
  std::string from;               // "u_a.count_q[2]" of register or "input port start_i"
  std::string to;                 // "u_b.state_q[0] (FDRE D)" or "output port done_o"
  std::vector<std::string> nets;  // from the start on
};

/// Walks a module of library cells (flatten() first where it has instances that matter; outputs of instances
/// count as starts, their inputs as ends).
class Levels {
 public:
  /// Throws offramp::Error where combinational cells make a loop, naming a net of it. `module` has to live
  /// on.
  explicit Levels(const Module& module);
  /// Deepest first; ties by cell and pin. Clock pins are left out.
  [[nodiscard]] const std::vector<Endpoint>& endpoints() const { return endpoints_; }
  [[nodiscard]] LogicPath path_to(const Endpoint& endpoint) const;
  /// Of the deepest endpoint; empty in a module without endpoints.
  [[nodiscard]] LogicPath longest() const;
  /// By level: endpoints of this level.
  [[nodiscard]] std::vector<int> histogram() const;

 private:
  struct Reached {
    int level = -1;  // not yet known
    int cell = -1;   // that drives the net through logic, or -1
    Net before = 0;  // the deepest input of that cell; 0: none
  };
  void visit(Net net);
  [[nodiscard]] std::string start_of(Net net) const;

  const Module& module_;
  std::vector<CellType> types_;   // by cell
  std::vector<int> driver_;       // by net: a cell that a value passes through, or -1
  std::vector<int> source_;       // by net: any cell that drives it, or -1
  std::vector<Reached> reached_;  // by net
  std::vector<Endpoint> endpoints_;
};

}  // namespace offramp::netlist
