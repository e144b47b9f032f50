#include "blocks/rotate.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <vector>

namespace offramp::blocks {

std::string Rotate::name() const {
  return fmt::format("rotate_{}_{}", direction == Direction::up ? "up" : "down", count) +
         (copies == 1 ? "" : fmt::format("_by_{}", copies));
}

Rotate::Ports Rotate::build(hw::ModuleBuilder& m) const {
  const bool up = direction == Direction::up;
  m.doc(fmt::format("Turns {} elements: element i comes out at place (i {} amount) mod {}.", count,
                    up ? "+" : "-", count));
  const auto w = m.param("WIDTH", 8, {.min = 1, .max = 256}, "bits of an element");
  const int stages = std::bit_width(static_cast<unsigned>(count)) - 1;
  const int share = (count + copies - 1) / copies;  // elements that a copy of the amount turns
  Ports p{
      .amount = m.input("amount_i", hw::uint(stages * copies),
                        copies == 1 ? "places to turn by"
                                    : fmt::format("places to turn by, a copy for {} elements each", share)),
      .data = m.input("data_i", hw::uint(w * count), "element 0 lowest"),
      .data_o = m.output("data_o", hw::uint(w * count), "in the same cycle")};
  hw::Value turned = p.data;
  for (int s = 0; s < stages; ++s) {
    const int step = 1 << s;
    const int low = up ? count - step : step;  // elements that stay in the low part's order
    const auto moved =
        hw::concat({hw::part(turned, 0, w * low), hw::part(turned, w * low, w * (count - low))});
    const std::string name = fmt::format("turned_{}", step);
    if (copies == 1) {
      turned = m.let(name, hw::mux(hw::bit_of(p.amount, s), moved, turned));
      continue;
    }
    const auto all_moved = m.let(fmt::format("moved_{}", step), moved);
    std::vector<hw::Value> parts;  // the last first
    for (int c = (count - 1) / share; c >= 0; --c) {
      const int elements = std::min(share, count - c * share);
      parts.push_back(hw::mux(hw::bit_of(p.amount, c * stages + s),
                              hw::part(all_moved, w * (c * share), w * elements),
                              hw::part(turned, w * (c * share), w * elements)));
    }
    turned = m.let(name, hw::concat(parts));
  }
  m.drive(p.data_o, turned);
  return p;
}

}  // namespace offramp::blocks
