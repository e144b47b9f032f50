#pragma once
// Dynamic branch pruning: skip rules that save the cost of branches which would not have let the sample
// leave, found together with the thresholds.
#include "tune/search.h"

namespace offramp::tune {

/// From a policy that meets the goal, exit after exit: the side and level of the skip rule that does most for
/// the goal, of all that tell two samples apart; then the thresholds anew; until nothing is gained. With one
/// exit's rule everything else is kept, so a sample that is skipped goes on to the exits after it, and
/// agreeing exits (patience) are counted anew. Never worse than `start`.
[[nodiscard]] Policy prune(std::span<const Sample> samples, const fixed::DecisionTables& tables,
                           const ExitCosts& costs, const Goal& goal, Policy start);

}  // namespace offramp::tune
