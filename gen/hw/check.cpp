#include "hw/check.h"

namespace offramp::hw {

Diagnostics check(const Design& design) {
  Diagnostics all;
  const auto add = [&](Diagnostics more) {
    for (auto& d : more) all.push_back(std::move(d));
  };
  for (const Module* m : design.modules()) add(m->diagnostics);
  add(check_names(design));
  for (const Module* m : design.modules()) {
    add(check_instances(*m));
    // What was built wrongly has no drivers either; do not report the same mistake twice.
    if (has_errors(m->diagnostics)) continue;
    add(check_drivers(*m));
    add(check_comb(*m));
    add(check_loops(*m));
    add(check_unused(*m));
  }
  return all;
}

}  // namespace offramp::hw
