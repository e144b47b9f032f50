#pragma once
// What thresholds could do on a design: accuracy against mean latency and against mean energy, every
// criterion, with the registers that it has marked.
#include <string>
#include <vector>

#include "cli/stages.h"

namespace offramp::cli {

/// Two SVG files, latency and energy; none for a design without early exits.
[[nodiscard]] std::vector<std::string> front_plots(const Design& design, const Data& data);

}  // namespace offramp::cli
