#pragma once
#include <string>

#include "hw/hw.h"
#include "hw/stream.h"

namespace offramp::blocks {

/// A queue of DEPTH words of a stream, in a memory with synchronous read. One word a cycle; the first word
/// falls through: it is at the output one cycle after it was taken. Any depth from 2, no power of two needed.
/// Combinational: nothing.
struct StreamFifo {
  bool operator==(const StreamFifo&) const = default;
  struct Ports {
    hw::Clocking ck;
    hw::Stream<hw::Value> in, out;
    hw::Out count;
  };
  [[nodiscard]] std::string name() const { return "stream_fifo"; }
  [[nodiscard]] Ports build(hw::ModuleBuilder& m) const;
};

}  // namespace offramp::blocks
