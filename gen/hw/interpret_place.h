#pragma once
// One scope of one instance while a design is flattened, and the expressions that are made in it.
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "hw/interpret_netlist.h"

namespace offramp::hw::interpret {

/// The nets of one declaration: one, or one an element of an array (row-major); or a memory.
struct DeclNets {
  NetId first = none;
  std::vector<std::int64_t> dims;
  std::uint32_t memory = none;
};

struct Place {
  const Module* module = nullptr;
  Place* parent = nullptr;  ///< the scope around it in the same module
  Id scope = 0;
  IntEnv env;
  std::string prefix;                          ///< "u_array.gen_row[2]."
  std::map<std::string, std::string> strings;  ///< of the module scope: string parameters, without quotes
  std::unordered_map<Id, DeclNets> decls;
  std::unordered_map<Id, Wire> exprs;

  [[nodiscard]] Place& of_scope(Id wanted);
  [[nodiscard]] const DeclNets& nets_of(Id decl);
};

/// Turns expressions into wires, making operations where bits have to be computed.
class Expressions {
 public:
  explicit Expressions(Netlist& netlist) : n_(netlist) {}

  Wire compile(Place& at, Id expr);
  /// What an lvalue stands for.
  Wire target(Place& at, Id expr);

  NetId add_net(NetKind kind, std::int64_t width, SourceLoc loc, std::uint32_t index = 0);
  Wire constant(std::int64_t width, std::int64_t value);
  Wire unknown(std::int64_t width);
  Wire mux(Wire sel, Wire t, Wire f, SourceLoc loc);
  Wire bit_and(Wire a, Wire b, SourceLoc loc);
  Wire bit_or(Wire a, Wire b, SourceLoc loc);
  Wire bit_not(Wire a, SourceLoc loc);
  Wire equal(Operand a, Operand b, SourceLoc loc);
  Operand number(Place& at, Id expr);

 private:
  Wire make(Place& at, const Expr& e);
  Wire operation(Compute what, std::uint32_t width, std::vector<Operand> args, SourceLoc loc,
                 bool is_signed = false, std::uint32_t amount = 0);
  /// Most significant first.
  Wire join(const std::vector<Wire>& parts, SourceLoc loc);
  Wire extend(Operand a, std::uint32_t width, SourceLoc loc);
  Wire variable(Place& at, const Expr& e);

  Netlist& n_;
  std::map<std::pair<std::int64_t, std::int64_t>, Wire> constants_;
  std::map<std::int64_t, Wire> unknowns_;
};

/// The statements of a process as multiplexers, register updates and memory writes.
void flatten_process(Netlist& netlist, Expressions& expressions, Place& at, const Process& process);

}  // namespace offramp::hw::interpret
