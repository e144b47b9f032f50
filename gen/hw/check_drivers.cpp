// Every bit that can be driven must be driven, from exactly one place.
#include <algorithm>
#include <set>

#include "hw/check.h"
#include "hw/elaborate.h"

namespace offramp::hw {

namespace {

std::string setting_text(const Module& m, const IntEnv& env) {
  std::string s;
  for (const auto& p : m.params)
    s += (s.empty() ? " with " : ", ") + p->name + " = " + std::to_string(env.at(p.get()));
  return s;
}

}  // namespace

Diagnostics check_drivers(const Module& m) {
  Diagnostics found;
  std::set<Id> undriven;
  std::set<std::pair<Id, Id>> conflicts;
  for (const IntEnv& env : sample_settings(m)) {
    const Elaboration e(m, env);
    std::vector<std::vector<const Driver*>> by_signal(e.signals.size());
    for (const auto& d : e.drivers) by_signal[d.target.signal].push_back(&d);
    for (std::uint32_t s = 0; s < e.signals.size(); ++s) {
      const Decl& d = m.decls[e.signals[s].decl];
      if (d.kind == DeclKind::input) continue;
      auto& drivers = by_signal[s];
      std::stable_sort(drivers.begin(), drivers.end(),
                       [](const Driver* a, const Driver* b) { return a->target.low < b->target.low; });
      std::vector<BitRange> gaps;
      std::int64_t covered = 0;
      const Driver* last = nullptr;
      for (const Driver* p : drivers) {
        if (p->target.low > covered) gaps.push_back({s, covered, p->target.low});
        if (last != nullptr && p->target.low < last->target.high && p->site != last->site &&
            conflicts.insert({e.signals[s].decl, p->loc.line}).second) {
          const BitRange both{s, p->target.low, std::min(p->target.high, last->target.high)};
          // The later line is the one to change.
          const Driver* first = p->loc.line < last->loc.line ? p : last;
          const Driver* second = first == p ? last : p;
          found.push_back(
              {"HW0002",
               Severity::error,
               "'" + e.name(s) + bits_of(both, e.signals[s].width) + "' is driven from two places" +
                   setting_text(m, env) +
                   (first->loc.line == second->loc.line ? ", by several iterations of one generate loop"
                                                        : "") +
                   "; drive disjoint parts, or choose with a mux",
               second->loc,
               {{"it is also driven here", first->loc}, {"declared here", d.loc}}});
        }
        covered = std::max(covered, p->target.high);
        if (last == nullptr || p->target.high > last->target.high) last = p;
      }
      // Each process resets the whole register, so a second one would drive the first one's bits.
      const bool shared = d.has_reset && std::any_of(drivers.begin(), drivers.end(), [&](const Driver* p) {
                            return p->site != drivers.front()->site;
                          });
      if (shared && conflicts.insert({e.signals[s].decl, 0}).second) {
        found.push_back({"HW0002",
                         Severity::error,
                         "'" + e.name(s) + "' has a reset value and is set by several clocked blocks" +
                             setting_text(m, env) +
                             "; set all of it in one block, or declare a register a part",
                         drivers.back()->loc,
                         {{"it is also set here", drivers.front()->loc}, {"declared here", d.loc}}});
      }
      if (covered < e.signals[s].width) gaps.push_back({s, covered, e.signals[s].width});
      if (!gaps.empty() && undriven.insert(e.signals[s].decl).second) {
        std::string what = "'" + e.name(s) + "' is not driven";
        if (!drivers.empty()) {
          what = "not all of '" + e.name(s) + "' is driven: bits";
          for (const auto& g : gaps)
            what += (&g == gaps.data() ? " " : ", ") + bits_of(g, e.signals[s].width);
          what += " are missing";
        }
        found.push_back(
            {"HW0001",
             Severity::error,
             what + setting_text(m, env) +
                 (d.kind == DeclKind::reg || d.registered ? "; give it a value with next inside clocked"
                                                          : "; give it a value with drive"),
             d.loc,
             {}});
      }
    }
  }
  return found;
}

}  // namespace offramp::hw
