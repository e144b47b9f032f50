#pragma once
#include <string>

#include "hw/hw.h"
#include "hw/stream.h"

namespace offramp::blocks {

/// One stream to COUNT: every output gets every word, each at its own time; a register an output remembers
/// who has taken the word at hand, and the input moves on when all have. All outputs show the same data port.
/// Combinational: in_valid_i -> out_valid_o, in_data_i -> out_data_o, out_ready_i -> in_ready_o.
struct StreamFork {
  bool operator==(const StreamFork&) const = default;
  struct Ports {
    hw::Clocking ck;
    hw::Stream<hw::Value> in, out;
  };
  [[nodiscard]] std::string name() const { return "stream_fork"; }
  [[nodiscard]] Ports build(hw::ModuleBuilder& m) const;
};

/// COUNT streams to one: a word of each, side by side, when all have one. A ready waits for all valids.
/// Combinational, without a clock: in_valid_i -> out_valid_o and in_ready_o, in_data_i -> out_data_o,
/// out_ready_i -> in_ready_o.
struct StreamJoin {
  bool operator==(const StreamJoin&) const = default;
  struct Ports {
    hw::Stream<hw::Value> in, out;
  };
  [[nodiscard]] std::string name() const { return "stream_join"; }
  [[nodiscard]] Ports build(hw::ModuleBuilder& m) const;
};

}  // namespace offramp::blocks
