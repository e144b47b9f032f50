#pragma once
// What the controls of samples share: an exit may speak only when all before it have declined.
#include <vector>

#include "hw/hw.h"

namespace offramp::blocks {

/// Of the early exits, all but the last of those that decided_q and confident_q have a bit for.
struct EarlyVerdicts {
  std::vector<hw::Value> takes;  ///< takes_<e>: exit e is confident, and all before it have declined
  hw::Value declined;            ///< all early exits have; of no use where there are none
};
[[nodiscard]] EarlyVerdicts early_verdicts(hw::ModuleBuilder& m, int exits, const hw::Value& decided_q,
                                           const hw::Value& confident_q);

/// class_<e>q of every exit, out of `classes` when its bit of `decided` is set.
[[nodiscard]] std::vector<hw::Reg> class_registers(hw::ModuleBuilder& m, const hw::Clocking& ck, int exits,
                                                   const hw::Type& class_type, const hw::Value& decided,
                                                   const hw::Value& classes);

}  // namespace offramp::blocks
