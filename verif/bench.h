#pragma once
// The clock of a simulation and the agents on it. A cycle is: every agent drives its signals, the model
// settles with the clock low, every agent looks (what it sees is what the rising edge takes), the clock
// rises.
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "verif/verilated_model.h"

namespace offramp::verif {

/// Something attached to the model's signals.
class Agent {
 public:
  virtual ~Agent() = default;
  /// Sets inputs of the model for this cycle, from what earlier cycles showed.
  virtual void drive() {}
  /// Looks at the settled model at the end of the reset, which is still active.
  virtual void observe_reset() {}
  /// Reads signals of the settled model; `cycle` counts from 0 at the bench's start.
  virtual void observe(std::uint64_t cycle) = 0;
  /// What it is waiting for, or empty: printed by the watchdog.
  [[nodiscard]] virtual std::string waiting_for() const { return {}; }
  /// Counts what it has done; the watchdog barks when no agent's count changes.
  [[nodiscard]] virtual std::uint64_t progress() const { return 0; }
};

class Bench {
 public:
  struct Options {
    std::string clock = "ap_clk";
    std::string reset = "ap_rst_n";  // active low, synchronous
    int reset_cycles = 8;
    /// Cycles without progress of any agent after which run_until() gives up.
    std::uint64_t watchdog = 1'000'000;
  };
  Bench(VerilatedModel& model, Options options);

  /// Adds an agent, which must outlive the bench. Agents act in the order in which they are added.
  void attach(Agent& agent) { agents_.push_back(&agent); }

  /// Holds the reset for a while with the clock running; agents only see its last cycle.
  void reset();
  /// One clock cycle.
  void cycle();
  /// Cycles until `done()`. Throws offramp::Error when nothing happens any more, naming what each agent waits
  /// for, and when interrupted.
  void run_until(const std::function<bool()>& done);

  [[nodiscard]] std::uint64_t cycles() const { return cycles_; }

  /// From now on every cycle goes to a wave file (10 time units a cycle).
  void start_trace(const std::filesystem::path& file);
  void stop_trace();

 private:
  void edge();
  [[nodiscard]] std::uint64_t total_progress() const;
  [[noreturn]] void give_up(std::uint64_t idle) const;

  VerilatedModel& model_;
  Options options_;
  Signal clock_;
  Signal reset_;
  std::vector<Agent*> agents_;
  std::uint64_t cycles_ = 0;
  std::uint64_t time_ = 0;
  bool tracing_ = false;
};

}  // namespace offramp::verif
