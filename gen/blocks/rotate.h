#pragma once
#include <string>

#include "hw/hw.h"

namespace offramp::blocks {

/// Turns a vector of `count` elements: up moves element i to place (i + amount) mod count, down the other
/// way. Combinational, log2(count) stages of two-way multiplexers.
struct Rotate {
  enum class Direction { up, down };
  int count = 8;  // a power of two, at least 2
  Direction direction = Direction::up;
  bool operator==(const Rotate&) const = default;
  struct Ports {
    hw::In amount, data;
    hw::Out data_o;
  };
  [[nodiscard]] std::string name() const;
  [[nodiscard]] Ports build(hw::ModuleBuilder& m) const;
};

}  // namespace offramp::blocks
