#include "golden/exits.h"

#include <cstdlib>

namespace offramp::golden {

std::uint64_t activity_of(std::span<const std::int32_t> map) {
  std::uint64_t sum = 0;
  for (const std::int32_t a : map) sum += static_cast<std::uint64_t>(std::abs(std::int64_t{a}));
  return sum;
}

std::vector<fixed::Decision> decide_exits(const std::vector<quant::QExit>& exits, std::span<const int> taps,
                                          const fixed::DecisionTables& tables,
                                          const std::function<std::vector<std::int32_t>(int)>& values) {
  std::vector<fixed::Decision> decisions;
  for (std::size_t e = 0; e < exits.size(); ++e) {
    const quant::QExit& exit = exits[e];
    fixed::Decision d = fixed::decide(values(exit.logits), tables, exit.criterion, exit.threshold);
    d.agreements = fixed::agreements_after(e == 0 ? nullptr : &decisions.back(), d.top_class);
    d.confident = fixed::confident(d, tables, exit.criterion, exit.threshold);
    if (e < taps.size()) {
      d.activity = activity_of(values(taps[e]));
      d.skipped = exit.skip.skips(d.activity);
      d.confident = d.confident && !d.skipped;
    }
    decisions.push_back(d);
  }
  return decisions;
}

void decide_by(const quant::QNetwork& network, std::span<const std::uint64_t> thresholds,
               std::vector<fixed::Decision>& decisions) {
  for (std::size_t e = 0; e < thresholds.size(); ++e) {
    fixed::Decision& d = decisions[e];
    d.confident =
        !d.skipped && fixed::confident(d, network.decision, network.exits[e].criterion, thresholds[e]);
  }
}

int exit_taken(std::span<const fixed::Decision> decisions) {
  std::size_t exit = 0;
  while (exit + 1 < decisions.size() && !decisions[exit].confident) ++exit;
  return static_cast<int>(exit);
}

std::vector<int> taps_of(const quant::QNetwork& network) {
  std::vector<int> taps;
  for (int e = 0; e + 1 < static_cast<int>(network.exits.size()); ++e)
    taps.push_back(quant::tap_of(network, e));
  return taps;
}

}  // namespace offramp::golden
