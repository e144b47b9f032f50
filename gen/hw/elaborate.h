#pragma once
// A module unrolled at given parameter values, as far as checks need it: who drives which bits of which
// signal, and what that depends on. Exact on generate loops, parts and array elements, where symbolic sets
// would have to guess.
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "hw/ir.h"

namespace offramp::hw {

/// One wire of the unrolled module: a declaration, the iterations of the loops around it, its array indices.
struct Signal {
  Id decl = none;
  std::vector<std::int64_t> path;
  std::int64_t width = 1;
};

/// Bits [low, high) of a signal.
struct BitRange {
  std::uint32_t signal = 0;
  std::int64_t low = 0;
  std::int64_t high = 0;
};

struct Driver {
  BitRange target;
  std::vector<BitRange> reads;
  SourceLoc loc;
  std::uint32_t site = 0;     ///< what may drive bits again without a conflict: one process, one assign
  bool combinational = true;  ///< false: through a register
};

/// A comb process of one iteration.
struct CombProcess {
  const Process* process = nullptr;
  IntEnv env;
  Id scope = 0;
};

class Elaboration {
 public:
  Elaboration(const Module& m, const IntEnv& env);

  std::vector<Signal> signals;
  std::vector<Driver> drivers;
  std::vector<CombProcess> comb_processes;

  /// "ps[3]", "gen_row[2].acc", "x": as in the Verilog.
  [[nodiscard]] std::string name(std::uint32_t signal) const;
  /// Every signal bit that an expression reads.
  [[nodiscard]] std::vector<BitRange> reads(Id expr, const IntEnv& env);
  [[nodiscard]] BitRange target(Id expr, const IntEnv& env);

 private:
  void scope(Id id, const IntEnv& env);
  void statements(const std::vector<Id>& body, const IntEnv& env, std::vector<Id>& conditions, bool clocked);
  void collect(Id expr, const IntEnv& env, std::set<Id>& seen, std::vector<BitRange>& out);
  std::uint32_t signal(Id decl, const IntEnv& env, const std::vector<IntExpr>& indices);
  std::uint32_t intern(Id decl, std::vector<std::int64_t> path, const IntEnv& env);
  void declare(Id decl, const IntEnv& env);
  std::vector<const IntSymbol*> loops_around(Id scope) const;

  const Module& m_;
  std::map<std::pair<Id, std::vector<std::int64_t>>, std::uint32_t> index_;
  /// Paths of children, by module and parameter values: an array has many equal ones.
  std::map<std::pair<const Module*, std::vector<std::int64_t>>, std::map<Id, std::set<Id>>> paths_;
  std::uint32_t site_ = 0;
};

/// Which inputs each output depends on in the same cycle, at given parameter values.
std::map<Id, std::set<Id>> combinational_paths(const Module& m, const IntEnv& env);
/// Parameter values of an instance.
IntEnv parameters_of(const Instance& u, const IntEnv& outer);
/// Settings at which a module is unrolled: the defaults, and every parameter at its minimum.
std::vector<IntEnv> sample_settings(const Module& m);
/// "[3]" or "[7:4]", or nothing for all bits.
std::string bits_of(const BitRange& r, std::int64_t width);

}  // namespace offramp::hw
