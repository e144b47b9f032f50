#pragma once
// A netlist as two lists of instructions in an order in which every operand is ready: what the next state
// needs, and what only a look at a signal needs.
#include <cstdint>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "hw/interpret_netlist.h"
#include "hw/interpret_ops.h"

namespace offramp::hw::interpret {

struct WireHash {
  std::size_t operator()(const Wire& w) const {
    const std::uint64_t key = (std::uint64_t{w.net} << 32 | w.low) * 0x9e3779b97f4a7c15U + w.width;
    return static_cast<std::size_t>(key ^ key >> 29);
  }
};

/// What happens at a rising edge of one clock; operands are slots.
struct ClockDomain {
  struct Write {
    std::uint32_t memory, enable, address, data;
  };
  struct Check {
    std::uint32_t property, active, condition;
  };
  struct WideMove {
    std::uint32_t to, from, words;
  };
  NetId clock = none;
  std::vector<Check> checks;
  std::vector<Write> writes;
  std::vector<std::pair<std::uint32_t, std::uint32_t>> moves;  ///< to, from: registers of one word
  std::vector<WideMove> wide_moves;
  std::vector<Instruction> part_moves;
};

class Schedule {
 public:
  /// Throws DesignError for a combinational loop.
  explicit Schedule(const Netlist& netlist);

  std::vector<Instruction> state_program;
  std::vector<Instruction> rest_program;
  std::vector<ClockDomain> domains;

  /// The slot of a whole input, register, constant or operation that has one.
  [[nodiscard]] std::uint32_t slot_of(NetId net) const;
  /// The words at the beginning of a run.
  [[nodiscard]] Machine take_machine() { return std::move(machine_); }

 private:
  struct Task {
    Wire wire;
    std::vector<Wire> needs;
    std::size_t next = 0;
  };

  std::uint32_t schedule(Wire w);
  /// Everything that a look at these bits needs.
  void observe(Wire w);
  [[nodiscard]] std::vector<Wire> needs(const Wire& w) const;
  /// Pieces that bits of a wire with several drivers are put together from: where they go, and their source.
  [[nodiscard]] std::vector<std::pair<std::uint32_t, Wire>> pieces(const Wire& w) const;
  void emit(const Task& task);
  void emit_operation(const Wire& w, std::uint32_t slot);
  void emit_extract(const Wire& w, std::uint32_t slot);
  void add(const Instruction& i, bool constant);
  Instruction deposit(std::uint32_t slot, std::uint32_t width, std::uint32_t low, std::uint32_t from,
                      std::uint32_t bits) const;
  std::uint32_t allocate(std::uint32_t width, bool unknown);
  ClockDomain& domain(NetId clock);
  void updates();
  [[noreturn]] void report_loop(const std::vector<Task>& path, const Wire& again) const;

  const Netlist& n_;
  Machine machine_;
  std::vector<Instruction>* program_;
  std::unordered_map<Wire, std::uint32_t, WireHash> slots_;
  std::unordered_map<Wire, bool, WireHash> constant_;
};

}  // namespace offramp::hw::interpret
