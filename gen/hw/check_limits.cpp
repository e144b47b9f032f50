// Sizes that no tool takes.
#include <set>

#include "hw/check.h"
#include "hw/elaborate.h"

namespace offramp::hw {

namespace {

/// IEEE 1364 asks for 2^16 at least; the tools at hand stop a little above 2^20.
constexpr std::int64_t max_width = (std::int64_t{1} << 20) - 1;

}  // namespace

Diagnostics check_limits(const Module& m) {
  Diagnostics found;
  std::set<std::pair<const char*, std::uint32_t>> reported;
  const auto examine = [&](const Type& type, const auto& what, SourceLoc loc, const IntEnv& env) {
    if (mentions_genvar(type.width)) return;
    const std::int64_t width = evaluate(type.width, env);
    if (width <= max_width || !reported.insert({loc.file, loc.line}).second) return;
    found.push_back(
        {"HW0021",
         Severity::error,
         what() + " has " + std::to_string(width) + " bits" +
             (type.width.is_constant() ? "" : " (" + type.width.verilog() + ")") + ", more than the " +
             std::to_string(max_width) +
             " that Verilog tools take; split it, use a wire_array or a memory, or lower a parameter",
         loc,
         {{"in module '" + m.name + "'", m.loc}}});
  };
  for (const IntEnv& env : sample_settings(m)) {
    for (const Decl& d : m.decls)
      examine(
          d.type, [&] { return "'" + d.name + "'"; }, d.loc, env);
    for (Id i = 0; i < m.exprs.size(); ++i) {
      const Expr& e = m.exprs[i];
      if (e.op != Op::ref)
        examine(
            e.type, [&] { return describe(m, i); }, e.loc, env);
    }
  }
  return found;
}

}  // namespace offramp::hw
