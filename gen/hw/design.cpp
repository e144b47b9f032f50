#include "hw/design.h"

#include "hw/check.h"
#include "hw/module_builder.h"

namespace offramp::hw {

Module& Design::start(const std::string& name, SourceLoc loc) {
  Module& m = modules_.emplace_back();
  m.design = this;
  m.name = name;
  m.loc = loc;
  m.scopes.emplace_back().loc = loc;
  return m;
}

void Design::finish(Module& m) {
  finished_.push_back(&m);
}

const Module& Design::add_module(const std::string& name, const std::function<void(ModuleBuilder&)>& build,
                                 SourceLoc loc) {
  Module& m = start(name, loc);
  ModuleBuilder builder(*this, m);
  build(builder);
  finish(m);
  return m;
}

const Module* Design::find(const std::string& name) const {
  for (const Module* m : finished_) {
    if (m->name == name) return m;
  }
  return nullptr;
}

void Design::require_clean() const {
  Diagnostics found = check(*this);
  std::erase_if(found, [](const Diagnostic& d) { return d.severity != Severity::error; });
  if (!found.empty()) throw DesignError(render(found));
}

}  // namespace offramp::hw
