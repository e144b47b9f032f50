// Values that nothing reads. A note only: it may be meant, and then `unused` says so.
#include <vector>

#include "hw/check.h"

namespace offramp::hw {

Diagnostics check_unused(const Module& m) {
  std::vector<bool> read(m.decls.size(), false);
  std::vector<bool> seen(m.exprs.size(), false);
  std::vector<Id> open;
  const auto use = [&](Id id) {
    if (id != none && !seen[id]) {
      seen[id] = true;
      open.push_back(id);
    }
  };
  for (const auto& d : m.decls) use(d.source);
  for (const auto& a : m.assigns) use(a.value);
  for (const auto& u : m.instances) {
    for (const auto& c : u.inputs) use(c.second);
  }
  for (const auto& s : m.stmts) {
    if (s.kind == StmtKind::switch_) use(s.target);
    use(s.value);
    use(s.address);
    for (const auto& a : s.arms) {
      use(a.cond);
      for (const Id l : a.labels) use(l);
    }
  }
  for (const auto& p : m.properties) use(p.condition);
  while (!open.empty()) {
    const Expr& e = m.exprs[open.back()];
    open.pop_back();
    if (e.decl != none) read[e.decl] = true;
    for (const Id a : e.args) use(a);
    for (const Id a : e.list) use(a);
  }
  for (const auto& p : m.processes) {
    if (p.clock != none) read[p.clock] = true;
    if (p.reset != none) read[p.reset] = true;
  }
  Diagnostics found;
  for (std::size_t i = 0; i < m.decls.size(); ++i) {
    const Decl& d = m.decls[i];
    if (read[i] || d.kind == DeclKind::output || d.kind == DeclKind::constant ||
        d.name.starts_with("_unused"))
      continue;
    found.push_back({"HW0009",
                     Severity::note,
                     "'" + d.name + "' is never read; remove it, or say unused(" + d.name + ")",
                     d.loc,
                     {}});
  }
  return found;
}

}  // namespace offramp::hw
