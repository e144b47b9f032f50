#pragma once
// One module, one stimulus, four opinions of what comes out: the interpreter of the IR, Icarus and Verilator
// on the printed Verilog, and Icarus on the netlist that Yosys makes of it. Many modules share one run of
// each tool.
//
// The interpreter alone works with unknown bits. The others start from random contents of all registers and
// memories and get random bits for unknown inputs: Verilog's operators know less of an x than there is to
// know, and `if (x)` then is a wrong answer, not an unknown one.
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "hw/hw.h"

namespace offramp::trust {

/// "01x", most significant first.
using Bits = std::string;

/// A port of the module that is simulated, at the values of its parameters.
struct Port {
  std::string name;
  std::int64_t width = 1;
};

/// A module, what its parameters are, and what its inputs get in each cycle.
struct Job {
  const hw::Design* design = nullptr;  ///< all of its modules are given to the tools
  const hw::Module* module = nullptr;
  std::map<std::string, std::int64_t> parameters = {};
  std::map<std::string, std::string> string_parameters = {};
  std::map<std::string, std::string> files = {};  ///< memory images by name
  std::vector<std::vector<Bits>> stimulus = {};   ///< cycle, then input as in `inputs`
  /// It may read beyond the end of a vector or a memory, which is x. Icarus takes the else branch of an `if`
  /// that depends on it, and Yosys takes the x for another value at each use, so of these only Verilator,
  /// which gives it one value, is compared.
  bool reads_undefined = false;
};

/// Everything but the clock; the reset is an input like any other.
[[nodiscard]] std::vector<Port> inputs(const Job& job);
[[nodiscard]] std::vector<Port> outputs(const Job& job);

/// Random values with many corners; the reset is active in the first two cycles and now and then later. With
/// `unknown`, some bits are x.
[[nodiscard]] std::vector<std::vector<Bits>> random_stimulus(const Job& job, std::uint64_t seed, int cycles,
                                                             bool unknown);
/// Cycles that `random_stimulus` resets at the start.
inline constexpr int kResetCycles = 2;

/// A netlist has gates and flip-flops, but adders and multipliers as one cell each; the gates are that made
/// of single-bit cells alone, which takes Yosys ten times as long.
enum class Tool : std::uint8_t { interpreter, icarus, verilator, netlist, gates };
[[nodiscard]] const char* name_of(Tool tool);
/// Its version as it says it, for reports; empty where it is not installed.
[[nodiscard]] std::string version_of(Tool tool);

struct Simulation {
  std::string error;                      ///< what the tool said, where it refused the module
  std::vector<std::vector<Bits>> values;  ///< cycle, then output as in `outputs`, just before the clock edge
};

/// What a planted fault replaces.
struct SimulatorOptions {
  std::function<std::string(const hw::Module&)> print = [](const hw::Module& m) {
    return hw::print_verilog(m);
  };
  /// Applied to what the interpreter gives.
  std::function<void(const Job&, Simulation&)> interpreted = {};
};

class Simulators {
 public:
  explicit Simulators(SimulatorOptions options = {});
  ~Simulators();
  Simulators(const Simulators&) = delete;
  Simulators& operator=(const Simulators&) = delete;

  /// One result a job. Throws offramp::Error where the tool is missing.
  [[nodiscard]] std::vector<Simulation> run(Tool tool, const std::vector<Job>& jobs);

 private:
  [[nodiscard]] std::vector<Simulation> interpret(const std::vector<Job>& jobs) const;
  [[nodiscard]] std::vector<Simulation> batch(Tool tool, const std::vector<Job>& jobs);
  [[nodiscard]] std::string simulate(Tool tool, const std::vector<Job>& jobs,
                                     const std::filesystem::path& folder, std::string& output);
  [[nodiscard]] std::filesystem::path runtime();

  SimulatorOptions options_;
  std::filesystem::path folder_;
  std::filesystem::path runtime_;  ///< Verilator's library, compiled once
  int batches_ = 0;
};

}  // namespace offramp::trust
