#include "hw/fsm.h"

#include <algorithm>
#include <stdexcept>

namespace offramp::hw {

Fsm::Fsm(ModuleBuilder& m, std::string_view name, const std::vector<std::string>& states, SourceLoc loc)
    : m_(m), index_(m.module().fsms.size()) {
  if (states.empty()) throw std::logic_error("a state machine without states (" + describe(loc) + ")");
  StateMachine machine;
  machine.name = name;
  machine.loc = loc;
  for (const auto& s : states) machine.states.push_back({s, loc});
  m.module().fsms.push_back(std::move(machine));

  const auto count = static_cast<std::int64_t>(states.size());
  const Type type = uint(max(clog2(IntExpr(count)), 1));
  for (std::int64_t i = 0; i < count; ++i) {
    codes_.push_back(m.constant(states[static_cast<std::size_t>(i)], type, i, loc));
  }
  state_ = m.reg(std::string(name) + "_q", type, {.reset = 0}, loc);
  next_ = m.wire(std::string(name) + "_d", type, loc);
}

Id Fsm::find(std::string_view state, SourceLoc loc) const {
  const StateMachine& machine = m_.module().fsms[index_];
  for (Id s = 0; s < machine.states.size(); ++s) {
    if (machine.states[s].name == state) return s;
  }
  std::string known;
  for (const auto& s : machine.states) known += (known.empty() ? "" : ", ") + s.name;
  m_.module().report(
      "HW0017", "'" + machine.name + "' has no state '" + std::string(state) + "'; its states are " + known,
      loc, {{"the machine is declared here", machine.loc}});
  return none;
}

Value Fsm::code(std::string_view state, SourceLoc loc) const {
  const Id s = find(state, loc);
  return codes_[s == none ? 0 : s];
}

Value Fsm::is(std::string_view state, SourceLoc loc) const {
  return Operand(state_, loc) == Operand(code(state, loc), loc);
}

void Fsm::transitions(const Clocking& ck, const std::vector<FsmCase>& cases,
                      const std::function<void()>& defaults, SourceLoc loc) {
  Module& module = m_.module();
  std::vector<bool> given(codes_.size(), false);
  std::vector<SwitchCase> arms;
  for (const FsmCase& c : cases) {
    const Id s = find(c.state, c.loc);
    if (s == none) continue;
    if (given[s]) {
      module.report("HW0017", "the transitions of state '" + std::string(c.state) + "' are given twice",
                    c.loc, {{"first given here", module.fsms[index_].states[s].loc}});
      continue;
    }
    given[s] = true;
    module.fsms[index_].states[s].loc = c.loc;
    arms.push_back({Operand(codes_[s], c.loc), [this, s, &c] {
                      current_ = s;
                      if (c.body) c.body();
                      current_ = none;
                    }});
  }
  for (Id s = 0; s < given.size(); ++s) {
    if (given[s]) continue;
    module.report("HW0017",
                  "state '" + module.fsms[index_].states[s].name + "' of '" + module.fsms[index_].name +
                      "' has no case; give it one, with an empty body if it is final",
                  loc, {{"the machine is declared here", module.fsms[index_].loc}});
  }
  m_.comb(
      [&] {
        m_.drive(next_, Operand(state_, loc));
        if (defaults) defaults();
        // Codes that no state has lead back to the first.
        m_.switch_(Operand(state_, loc), arms, [&] { m_.drive(next_, Operand(codes_[0], loc)); });
      },
      loc);
  m_.clocked(
      ck, [&] { m_.next(state_, Operand(next_, loc)); }, loc);
}

void Fsm::go(std::string_view state, SourceLoc loc) {
  const Id to = find(state, loc);
  if (to == none) return;
  Module& module = m_.module();
  if (current_ == none) {
    module.report("HW0013", "go(\"" + std::string(state) + "\") is called outside the cases of transitions",
                  loc, {{"the machine is declared here", module.fsms[index_].loc}});
    return;
  }
  module.fsms[index_].transitions.push_back({current_, to, loc});
  m_.drive(next_, Operand(codes_[to], loc));
}

}  // namespace offramp::hw
