#pragma once
#include <string>

#include "blocks/copies.h"
#include "hw/hw.h"

namespace offramp::blocks {

/// Turns a vector of `count` elements: up moves element i to place (i + amount) mod count, down the other
/// way. Combinational, log2(count) stages of two-way multiplexers.
struct Rotate {
  enum class Direction { up, down };
  int count = 8;  // a power of two, at least 2
  Direction direction = Direction::up;
  int copies = 1;  // of amount_i: copy c turns the c-th part of the elements that come out
  bool operator==(const Rotate&) const = default;
  struct Ports {
    hw::In amount, data;
    hw::Out data_o;
  };
  /// Copies with which an amount's bit has few loads, where elements have `width` bits. Mapped to lookup
  /// tables, a bit has up to two loads for each that it has here.
  [[nodiscard]] static constexpr int copies_of(int count, int width) {
    constexpr int kSlice = 24;  // bits: each has up to three loads
    return copies_for(count, width < kSlice ? kSlice / width : 1);
  }
  [[nodiscard]] std::string name() const;
  [[nodiscard]] Ports build(hw::ModuleBuilder& m) const;
};

}  // namespace offramp::blocks
