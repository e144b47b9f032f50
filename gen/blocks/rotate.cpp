#include "blocks/rotate.h"

#include <fmt/format.h>

#include <bit>

namespace offramp::blocks {

std::string Rotate::name() const {
  return fmt::format("rotate_{}_{}", direction == Direction::up ? "up" : "down", count);
}

Rotate::Ports Rotate::build(hw::ModuleBuilder& m) const {
  const bool up = direction == Direction::up;
  m.doc(fmt::format("Turns {} elements: element i comes out at place (i {} amount) mod {}.", count,
                    up ? "+" : "-", count));
  const auto w = m.param("WIDTH", 8, {.min = 1, .max = 256}, "bits of an element");
  const int stages = std::bit_width(static_cast<unsigned>(count)) - 1;
  Ports p{.amount = m.input("amount_i", hw::uint(stages), "places to turn by"),
          .data = m.input("data_i", hw::uint(w * count), "element 0 lowest"),
          .data_o = m.output("data_o", hw::uint(w * count), "in the same cycle")};
  hw::Value turned = p.data;
  for (int s = 0; s < stages; ++s) {
    const int step = 1 << s;
    const int low = up ? count - step : step;  // elements that stay in the low part's order
    const auto moved =
        hw::concat({hw::part(turned, 0, w * low), hw::part(turned, w * low, w * (count - low))});
    turned = m.let(fmt::format("turned_{}", step), hw::mux(hw::bit_of(p.amount, s), moved, turned));
  }
  m.drive(p.data_o, turned);
  return p;
}

}  // namespace offramp::blocks
