#pragma once
// A module unrolled at given parameter values, as far as checks need it: who drives which bits of which
// signal, and what that depends on. Exact on generate loops, parts and array elements, where symbolic sets
// would have to guess.
#include <array>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "hw/ir.h"

namespace offramp::hw {

/// Where an unrolled thing is: the iterations of the loops around it, then its array indices. Kept in place,
/// since a large array has hundreds of thousands.
class Path {
 public:
  /// Throws std::logic_error beyond the depth that any module here has.
  void push(std::int64_t i);
  void pop() { --size_; }
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] std::int32_t operator[](std::size_t i) const { return items_[i]; }
  bool operator==(const Path&) const = default;  // items beyond the size stay 0

 private:
  static constexpr std::size_t max_depth = 11;
  std::uint32_t size_ = 0;
  std::array<std::int32_t, max_depth> items_{};
};

/// One wire of the unrolled module.
struct Signal {
  Id decl = none;
  Path path;
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
  Id clock = none;            ///< of a register: the decl of its clock
};

/// An instance of one iteration.
struct UnrolledInstance {
  const Instance* instance = nullptr;
  IntEnv parameters;
  std::vector<std::pair<Id, std::vector<BitRange>>> inputs;  ///< port of the child, what it reads
  std::vector<std::pair<Id, std::uint32_t>> outputs;         ///< port of the child, signal here
};

/// A comb process of one iteration.
struct CombProcess {
  const Process* process = nullptr;
  IntEnv env;
  Id scope = 0;
};

/// Output ports, and the input ports that each depends on in the same cycle.
using Paths = std::map<Id, std::set<Id>>;

/// The paths of modules at parameter values, each computed once.
class PathCache {
 public:
  const Paths& of(const Module& m, const IntEnv& env);

 private:
  std::map<std::pair<const Module*, std::vector<std::int64_t>>, Paths> known_;
};

struct ElaborationOptions {
  PathCache* paths = nullptr;  ///< what the outputs of instances depend on; without, they depend on nothing
  bool sequential = false;     ///< what registers and instances read
};

class Elaboration {
 public:
  Elaboration(const Module& m, const IntEnv& env, const ElaborationOptions& options = {});

  std::vector<Signal> signals;
  std::vector<Driver> drivers;
  std::vector<CombProcess> comb_processes;
  std::vector<UnrolledInstance> instances;  ///< only if sequential

  /// "ps[3]", "gen_row[2].acc", "x": as in the Verilog.
  [[nodiscard]] std::string name(std::uint32_t signal) const;
  /// Every signal bit that an expression reads.
  [[nodiscard]] std::vector<BitRange> reads(Id expr, const IntEnv& env);
  [[nodiscard]] BitRange target(Id expr, const IntEnv& env);

 private:
  /// Signals of one declaration by their path: a dense table, or a map where a loop's count depends on the
  /// loops around it.
  struct Table {
    bool made = false;
    std::vector<std::int64_t> radix;  ///< empty: use the map
    std::vector<std::uint32_t> dense;
    std::map<std::vector<std::int32_t>, std::uint32_t> sparse;
  };

  std::uint32_t& entry(Id decl, const Path& path, const IntEnv& env);
  void scope(Id id, const IntEnv& env);
  void statements(const Process& p, const std::vector<Id>& body, const IntEnv& env,
                  std::vector<Id>& conditions);
  /// Adds what an expression reads, but for nodes visited since the last begin_visit.
  void collect(Id expr, const IntEnv& env, std::vector<BitRange>& out);
  void begin_visit() { ++visit_; }
  Path path_of(Id scope, const IntEnv& env) const;
  std::uint32_t signal(Id decl, const IntEnv& env, const std::vector<IntExpr>& indices);
  std::uint32_t intern(Id decl, const Path& path, const IntEnv& env);
  void declare(Id decl, const IntEnv& env);
  void instance(const Instance& u, const IntEnv& env);

  const Module& m_;
  ElaborationOptions options_;
  std::vector<Table> index_;                          ///< by declaration
  std::vector<std::vector<const IntSymbol*>> loops_;  ///< around each scope
  std::vector<std::uint32_t> visited_;                ///< by expression: the visit that saw it last
  std::uint32_t visit_ = 0;
  /// Paths of instances whose parameters are the same in every iteration.
  std::map<const Instance*, const Paths*> fixed_;
  std::uint32_t site_ = 0;
};

/// Does a generate loop's index occur, also behind localparams?
bool mentions_genvar(const IntExpr& e);
/// Parameter values of an instance.
IntEnv parameters_of(const Instance& u, const IntEnv& outer);
/// Settings at which a module is unrolled: the defaults, every parameter at its minimum, and both with every
/// parameter one higher.
std::vector<IntEnv> sample_settings(const Module& m);
/// "[3]" or "[7:4]", or nothing for all bits.
std::string bits_of(const BitRange& r, std::int64_t width);

}  // namespace offramp::hw
