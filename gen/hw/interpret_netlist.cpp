#include "hw/interpret_netlist.h"

#include <algorithm>

namespace offramp::hw::interpret {

Wire Netlist::source_of(Wire w) const {
  // A circle of plain wires has no source; any other path passes a driven bit at most once.
  for (std::uint64_t step = 0; step <= driven_bits; ++step) {
    const Net& n = nets[w.net];
    if (n.kind != NetKind::wire) return w;
    auto it = std::upper_bound(n.drivers.begin(), n.drivers.end(), w.low,
                               [](std::uint32_t low, const Driver& d) { return low < d.low; });
    if (it == n.drivers.begin()) return w;
    --it;
    if (w.low + w.width > it->low + it->source.width) return w;
    w = it->source.part(w.low - it->low, w.width);
  }
  throw DesignError(error_id,
                    "combinational loop through '" + name_of(w.net) +
                        "', which is only connected to itself; break it with a register",
                    {});
}

std::string Netlist::name_of(NetId net) const {
  for (const auto& [name, id] : names) {
    if (id == net) return name;
  }
  for (const auto& [name, id] : names) {
    for (const Driver& d : nets[id].drivers) {
      if (d.source.net == net) return name;
    }
  }
  return {};
}

}  // namespace offramp::hw::interpret
