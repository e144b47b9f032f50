#include "netlist/fanout.h"

#include <algorithm>
#include <tuple>

namespace offramp::netlist {

std::vector<FanOut> fanout(const Module& module) {
  std::vector<FanOut> by_net;
  const auto at = [&](Net net) -> FanOut& {
    const auto i = static_cast<std::size_t>(net);
    if (by_net.size() <= i) by_net.resize(i + 1);
    return by_net[i];
  };
  for (const Cell& cell : module.cells) {
    for (const Connection& c : cell.connections) {
      for (const Net net : c.nets) {
        if (net < 0) continue;
        FanOut& f = at(net);
        if (c.direction == Direction::output) {
          f.driver = cell.type;
          continue;
        }
        ++f.pins;
        if (is_clock_pin(c.port)) ++f.clock_pins;
      }
    }
  }
  for (const Port& port : module.ports) {
    for (const Net net : port.nets) {
      if (net >= 0 && port.direction == Direction::output) ++at(net).pins;
    }
  }
  std::vector<FanOut> driven;
  for (std::size_t i = 0; i < by_net.size(); ++i) {
    if (by_net[i].pins == 0) continue;
    by_net[i].net = static_cast<Net>(i);
    by_net[i].name = module.net_name(by_net[i].net);
    driven.push_back(std::move(by_net[i]));
  }
  std::sort(driven.begin(), driven.end(), [](const FanOut& a, const FanOut& b) {
    return std::tie(b.pins, a.name, a.net) < std::tie(a.pins, b.name, b.net);
  });
  return driven;
}

}  // namespace offramp::netlist
