#include "design/handover.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <stdexcept>

namespace offramp::design {

const accel::TopPort& Handover::port(const std::string& name) const {
  const auto found = std::find_if(ports.begin(), ports.end(), [&](const auto& p) { return p.name == name; });
  if (found == ports.end()) throw std::logic_error("the top has no port " + name);
  return *found;
}

int Handover::memory_bits() const {
  for (const accel::TopPort& p : ports) {
    if (p.name == "m_axi_rdata") return p.bits;
  }
  return 0;
}

Handover hand_over(const accel::Accelerator& accelerator, const accel::Emitted& emitted,
                   const Target& target) {
  using Kind = BusInterface::Kind;
  Handover out{
      .top = emitted.top,
      .description = fmt::format("Early-exit accelerator of the network {}, {} exits",
                                 accelerator.network.name, accel::to_string(accelerator.options.strategy)),
      .rtl = emitted.rtl,
      .images = {},
      .ports = emitted.ports,
      .buses = {},
      .registers = accel::register_map(accelerator),
      .target = target};
  for (const auto& [name, bytes] : emitted.files) {
    if (name.starts_with("mem/") && name.ends_with(".hex")) out.images.push_back(name);
  }
  const std::array<BusInterface, 4> known = {{{"s_axis", Kind::axi_stream, false},
                                              {"m_axis", Kind::axi_stream, true},
                                              {"s_axi", Kind::axi_lite, false},
                                              {"m_axi", Kind::axi, true}}};
  for (const BusInterface& bus : known) {
    const bool there = std::any_of(out.ports.begin(), out.ports.end(),
                                   [&](const auto& p) { return p.name.starts_with(bus.name + "_"); });
    if (there) out.buses.push_back(bus);
  }
  return out;
}

}  // namespace offramp::design
