#pragma once
#include <string>

#include "hw/hw.h"
#include "hw/stream.h"

namespace offramp::blocks {

/// One stream to COUNT: a word goes to the output that its select names. All outputs show the same data port.
/// A select beyond COUNT - 1 names no output; such a word is never taken.
/// Combinational, without a clock: in_valid_i and in_select_i -> out_valid_o, in_data_i -> out_data_o,
/// out_ready_i and in_select_i -> in_ready_o.
struct StreamDemux {
  bool operator==(const StreamDemux&) const = default;
  struct Ports {
    hw::Stream<hw::Value> in, out;
    hw::In select;
  };
  [[nodiscard]] std::string name() const { return "stream_demux"; }
  [[nodiscard]] Ports build(hw::ModuleBuilder& m) const;
};

/// COUNT streams to one, in turn: after input i the next that has a word is served, counting from i + 1, so a
/// word waits for at most COUNT - 1 others. A choice stays while the consumer makes it wait. The index of the
/// input travels with the word.
/// Combinational: in_valid_i -> out_valid_o, out_data_o, out_id_o and in_ready_o, in_data_i -> out_data_o,
/// out_ready_i -> in_ready_o.
struct StreamMerge {
  bool operator==(const StreamMerge&) const = default;
  struct Ports {
    hw::Clocking ck;
    hw::Stream<hw::Value> in, out;
    hw::Out id;
  };
  [[nodiscard]] std::string name() const { return "stream_merge"; }
  [[nodiscard]] Ports build(hw::ModuleBuilder& m) const;
};

}  // namespace offramp::blocks
