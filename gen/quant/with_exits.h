#pragma once
#include <vector>

#include "quant/qnetwork.h"

namespace offramp::quant {

/// The network with only these of its early exits, ascending, and its last: the branches of the others are
/// gone, and everything that is left is as it was. Throws std::logic_error for a number that is no early
/// exit's.
[[nodiscard]] QNetwork with_exits(const QNetwork& network, const std::vector<int>& early);

}  // namespace offramp::quant
