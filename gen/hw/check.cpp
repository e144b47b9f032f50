#include "hw/check.h"

#include <algorithm>

#include "hw/elaborate.h"

namespace offramp::hw {

namespace {

/// Sizes that are wrong or beyond all bounds would make the unrolling below meaningless or endless.
bool can_be_unrolled(const Diagnostics& found, const Module& m) {
  const auto hopeless = [](const Diagnostic& d) { return d.id == "HW0016" || d.id == "HW0021"; };
  return m.external.empty() && std::none_of(found.begin(), found.end(), hopeless) &&
         std::none_of(m.diagnostics.begin(), m.diagnostics.end(), hopeless);
}

}  // namespace

Diagnostics check(const Design& design, const CheckOptions& options) {
  Diagnostics all;
  const auto add = [&](Diagnostics more) {
    for (auto& d : more) all.push_back(std::move(d));
  };
  for (const Module* m : design.modules()) add(m->diagnostics);
  add(check_names(design));
  PathCache paths;
  for (const Module* m : design.modules()) {
    const Diagnostics limits = check_limits(*m);
    add(limits);
    add(check_instances(*m));
    add(check_states(*m));
    if (!m->external.empty()) add(check_external(*m, options));
    if (!can_be_unrolled(limits, *m)) continue;
    add(check_drivers(*m));
    add(check_comb(*m));
    const Diagnostics loops = check_loops(*m, paths);
    add(loops);
    if (loops.empty()) add(check_chains(*m, paths));
    add(check_streams(*m, paths));
    add(check_clocks(*m, paths));
    add(check_unused(*m));
  }
  return all;
}

}  // namespace offramp::hw
