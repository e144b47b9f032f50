#pragma once
// Makes a failing tape small: drops stretches of it, then lowers its numbers, while it still fails.
#include <functional>

#include "verif/trust/tape.h"

namespace offramp::trust {

/// Which of these tapes fail in the same way. They are asked about in groups, since a tool takes about as
/// long for twenty small modules as for one.
using StillFails = std::function<std::vector<bool>(const std::vector<Draws>&)>;

struct ShrinkOptions {
  std::size_t group = 16;  ///< tapes asked about at a time
  int groups = 60;         ///< how often to ask at most
};

/// The smallest tape found; at worst the one given.
[[nodiscard]] Draws shrink(Draws draws, const StillFails& still_fails, const ShrinkOptions& options = {});

}  // namespace offramp::trust
