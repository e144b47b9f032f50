// State machines: every state can be reached from the reset state by the transitions that were described.
#include <vector>

#include "hw/check.h"

namespace offramp::hw {

Diagnostics check_states(const Module& m) {
  Diagnostics found;
  for (const StateMachine& f : m.fsms) {
    std::vector<bool> reached(f.states.size(), false);
    std::vector<Id> open{0};
    reached[0] = true;
    while (!open.empty()) {
      const Id at = open.back();
      open.pop_back();
      for (const auto& t : f.transitions) {
        if (t.from != at || reached[t.to]) continue;
        reached[t.to] = true;
        open.push_back(t.to);
      }
    }
    for (Id s = 0; s < f.states.size(); ++s) {
      if (reached[s]) continue;
      std::vector<Note> notes = {{"the machine is declared here", f.loc}};
      for (const auto& t : f.transitions) {
        if (t.to == s)
          notes.push_back(
              {"only '" + f.states[t.from].name + "', which is not reached either, goes there", t.loc});
      }
      found.push_back({"HW0017", Severity::error,
                       "state '" + f.states[s].name + "' of '" + f.name + "' cannot be reached from '" +
                           f.states[0].name + "'; add a transition to it with go(), or remove it",
                       f.states[s].loc, std::move(notes)});
    }
  }
  return found;
}

}  // namespace offramp::hw
