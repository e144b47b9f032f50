#pragma once
// The trust test of the hardware framework: a random legal module must mean the same to the interpreter of
// the IR, to two simulators that read the printed Verilog, and as a netlist.
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "verif/trust/random_module.h"
#include "verif/trust/simulators.h"

namespace offramp::trust {

struct TrustOptions {
  std::vector<Tool> tools = {Tool::icarus, Tool::verilator, Tool::netlist, Tool::gates};
  int cycles = 40;
  std::size_t gates = 1;  ///< of the modules that are compared at a time, so many also as gates
};

/// How the first bit that differs came about.
struct Difference {
  Tool tool = Tool::icarus;
  std::size_t cycle = 0;
  std::string output;
  Bits expected;  ///< as the interpreter has it; x stands for any value
  Bits got;
};

/// What became of one comparison.
struct Verdict {
  /// Empty when all agree; else what kind of failure it is ("Icarus differs", "check refuses HW0007"), by
  /// which a smaller module fails in the same way.
  std::string failure;
  std::string message;  ///< what a tool or a check said
  std::optional<Difference> difference;
  std::map<Tool, std::uint64_t> compared;  ///< bits that were found equal
  std::uint64_t bits = 0;                  ///< of all outputs in all cycles after reset
  std::uint64_t unknown = 0;               ///< of these, what the interpreter does not know
};

/// Runs the jobs in all tools and compares bit by bit: what the interpreter knows, every tool must have, from
/// random initial values. What it does not know is compared with nothing, since a simulator has some value.
[[nodiscard]] std::vector<Verdict> compare(Simulators& simulators, const std::vector<Job>& jobs,
                                           const TrustOptions& options = {});

/// A module by its tape; the seed also makes its stimulus.
struct Specimen {
  std::uint64_t seed = 1;
  std::optional<Draws> tape = {};  ///< none: drawn from the seed
};

/// What became of it, with the tape that it came from.
struct Examined {
  Specimen specimen;
  Verdict verdict;
  Coverage covered;
};

/// Makes the modules, checks them, and compares those that are free of errors.
[[nodiscard]] std::vector<Examined> examine(Simulators& simulators, const std::vector<Specimen>& specimens,
                                            const TrustOptions& options = {});

/// A smaller module that fails in the same way as this one.
[[nodiscard]] Examined smaller(Simulators& simulators, const Examined& failing,
                               const TrustOptions& options = {}, int effort = 60);

/// What a person needs to look into it: the failure, the module as Verilog, and the command that repeats it
/// from a tape in `tape_file`.
[[nodiscard]] std::string report(const Examined& failing, const TrustOptions& options,
                                 const std::string& tape_file);

}  // namespace offramp::trust
