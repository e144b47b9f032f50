#include "blocks/exit_verdicts.h"

#include <fmt/format.h>

namespace offramp::blocks {

EarlyVerdicts early_verdicts(hw::ModuleBuilder& m, int exits, const hw::Value& decided_q,
                             const hw::Value& confident_q) {
  EarlyVerdicts v;
  for (int e = 0; e + 1 < exits; ++e) {
    const auto decided = hw::bit_of(decided_q, e);
    const auto confident = hw::bit_of(confident_q, e);
    const auto wins = decided & confident;
    v.takes.push_back(m.let(fmt::format("takes_{}", e), e == 0 ? wins : wins & v.declined));
    const auto no = decided & ~confident;
    v.declined = m.let(fmt::format("declined_{}", e), e == 0 ? no : v.declined & no);
  }
  return v;
}

std::vector<hw::Reg> class_registers(hw::ModuleBuilder& m, const hw::Clocking& ck, int exits,
                                     const hw::Type& class_type, const hw::Value& decided,
                                     const hw::Value& classes) {
  std::vector<hw::Reg> class_q;
  for (int e = 0; e < exits; ++e) class_q.push_back(m.reg(fmt::format("class_{}q", e), class_type));
  m.clocked(ck, [&] {
    for (int e = 0; e < exits; ++e) {
      m.when(hw::bit_of(decided, e), [&] {
        m.next(class_q[static_cast<std::size_t>(e)],
               hw::part(classes, e * class_type.width, class_type.width));
      });
    }
  });
  return class_q;
}

}  // namespace offramp::blocks
