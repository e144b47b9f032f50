#pragma once
// What the controls of samples share: an exit may speak only when all before it have declined, and patience
// compares the classes that they named.
#include <vector>

#include "hw/hw.h"

namespace offramp::blocks {

/// A decision's parts as they come, a bit (or a class) an exit.
struct DecisionPorts {
  hw::In decided, confident, classes;
  // For all early exits; where there are any.
  hw::In by_patience, patience;
  hw::In skipped;  // where branches are pruned: with `decided`, and then not confident

  static constexpr int kPatienceBits = 4;
  /// Declares them; `exits` counts the last one.
  [[nodiscard]] static DecisionPorts inputs(hw::ModuleBuilder& m, int exits, int class_bits, bool prunes);
};

/// What the exits have said of the sample in hand.
struct Verdicts {
  hw::Value last;                ///< the last exit has decided
  std::vector<hw::Value> takes;  ///< takes_<e> of an early exit: it is sure, and all before it have declined
  hw::Value declined;            ///< all early exits have; of no use where there are none
  std::vector<hw::Reg> exit_class;  ///< class_<e>q of every exit
};
/// Keeps the decisions until `forget`. Exits must decide at least a cycle before they are forgotten.
[[nodiscard]] Verdicts keep_verdicts(hw::ModuleBuilder& m, const hw::Clocking& ck, int exits, int class_bits,
                                     const DecisionPorts& in, const hw::Value& forget);

}  // namespace offramp::blocks
