// Every input of every instance is connected, once.
#include <algorithm>

#include "hw/check.h"

namespace offramp::hw {

Diagnostics check_instances(const Module& m) {
  Diagnostics found;
  for (const auto& u : m.instances) {
    for (const Id port : u.module->ports) {
      const Decl& d = u.module->decls[port];
      if (d.kind != DeclKind::input) continue;
      const auto times =
          std::count_if(u.inputs.begin(), u.inputs.end(), [&](const auto& c) { return c.first == port; });
      if (times == 1) continue;
      found.push_back({"HW0011",
                       Severity::error,
                       "input '" + d.name + "' of '" + u.name + "' (" + u.module->name + ") is " +
                           (times == 0 ? "not connected; connect it with in()" : "connected more than once") +
                           (times == 0 && d.clock ? ", or pass a Clocking as .ck" : ""),
                       u.loc,
                       {{"declared here", d.loc}}});
    }
  }
  return found;
}

}  // namespace offramp::hw
