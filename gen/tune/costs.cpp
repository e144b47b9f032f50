#include "tune/costs.h"

namespace offramp::tune {

ExitCosts mac_costs(const quant::QNetwork& network) {
  const std::size_t exits = network.exits.size();
  ExitCosts costs{.unit = "MACs",
                  .leave = std::vector<std::int64_t>(exits, 0),
                  .branch = std::vector<std::int64_t>(exits - 1, 0)};
  for (std::size_t l = 0; l < network.layers.size(); ++l) {
    const int branch = quant::branch_of(network, static_cast<int>(l));
    if (branch >= 0)
      costs.branch[static_cast<std::size_t>(branch)] += quant::macs(network, network.layers[l]);
  }
  std::int64_t before = 0;  // branches of the exits that were passed
  for (std::size_t e = 0; e < exits; ++e) {
    costs.leave[e] = before;
    for (const int l : quant::layers_for_exit(network, static_cast<int>(e)))
      costs.leave[e] += quant::macs(network, network.layers[static_cast<std::size_t>(l)]);
    if (e + 1 < exits) before += costs.branch[e];
  }
  return costs;
}

}  // namespace offramp::tune
