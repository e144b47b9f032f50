#pragma once
// Registers in a ready/valid stream, named by the paths that they cut. The rules are those of hw/stream.h.
#include <string>

#include "hw/hw.h"
#include "hw/stream.h"

namespace offramp::blocks {

/// Ports of an adapter with one stream in and one out.
struct StreamAdapterPorts {
  hw::Clocking ck;
  hw::Stream<hw::Value> in, out;
};

/// Registers data and valid. One word a cycle, one cycle of latency, holds one word.
/// Combinational: out_ready_i -> in_ready_o.
struct StreamRegisterForward {
  bool operator==(const StreamRegisterForward&) const = default;
  using Ports = StreamAdapterPorts;
  [[nodiscard]] std::string name() const { return "stream_register_forward"; }
  [[nodiscard]] Ports build(hw::ModuleBuilder& m) const;
};

/// Registers ready: a word that the consumer refuses is kept here, and only then ready falls. One word a
/// cycle, no latency, holds one word.
/// Combinational: in_valid_i -> out_valid_o, in_data_i -> out_data_o.
struct StreamRegisterBackward {
  bool operator==(const StreamRegisterBackward&) const = default;
  using Ports = StreamAdapterPorts;
  [[nodiscard]] std::string name() const { return "stream_register_backward"; }
  [[nodiscard]] Ports build(hw::ModuleBuilder& m) const;
};

/// Registers data, valid and ready. One word a cycle, one cycle of latency, holds two words.
/// Combinational: nothing.
struct StreamSkid {
  bool operator==(const StreamSkid&) const = default;
  using Ports = StreamAdapterPorts;
  [[nodiscard]] std::string name() const { return "stream_skid"; }
  [[nodiscard]] Ports build(hw::ModuleBuilder& m) const;
};

}  // namespace offramp::blocks
