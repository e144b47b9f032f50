#pragma once
// State machines with named states: a register `<name>_q`, its next value `<name>_d`, a localparam a state,
// one comb block of transitions and one clocked block. The first state is the reset state; a state whose body
// goes nowhere on some path stays.
//
//   hw::Fsm fsm(m, "state", {"IDLE", "RUN", "DONE"});
//   fsm.transitions(ck, {{"IDLE", [&] { m.when(start, [&] { fsm.go("RUN"); }); }},
//                        {"RUN", [&] { m.when(last, [&] { fsm.go("DONE"); }); }},
//                        {"DONE", [&] { fsm.go("IDLE"); }}});
//   m.drive(busy, fsm.is("RUN"));
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "hw/module_builder.h"

namespace offramp::hw {

/// What happens in one state.
struct FsmCase {
  std::string_view state;
  std::function<void()> body;
  SourceLoc loc;

  FsmCase(std::string_view name, std::function<void()> act, SourceLoc at = SourceLoc::here())
      : state(name), body(std::move(act)), loc(at) {}
};

class Fsm {
 public:
  /// Throws std::logic_error for an empty list of states.
  Fsm(ModuleBuilder& m, std::string_view name, const std::vector<std::string>& states,
      SourceLoc loc = SourceLoc::here());

  /// One bit: the machine is in this state.
  [[nodiscard]] Value is(std::string_view state, SourceLoc loc = SourceLoc::here()) const;
  /// The state register and the constants of the states.
  [[nodiscard]] Value state() const { return state_; }
  [[nodiscard]] Value code(std::string_view state, SourceLoc loc = SourceLoc::here()) const;

  /// All transitions, one case a state, in any order. `defaults` runs first, for wires that cases drive.
  void transitions(const Clocking& ck, const std::vector<FsmCase>& cases,
                   const std::function<void()>& defaults = {}, SourceLoc loc = SourceLoc::here());
  /// Inside the body of a case: the next state.
  void go(std::string_view state, SourceLoc loc = SourceLoc::here());

 private:
  [[nodiscard]] Id find(std::string_view state, SourceLoc loc) const;

  ModuleBuilder& m_;
  std::size_t index_;  // in Module::fsms
  Value state_;
  Value next_;
  std::vector<Value> codes_;
  Id current_ = none;  // the case whose body runs
};

}  // namespace offramp::hw
