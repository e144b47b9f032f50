#pragma once
// Watches an AXI4-Stream for what a master must keep to, whoever listens.
#include <cstdint>
#include <string>

#include "verif/bench.h"
#include "verif/channel_monitor.h"

namespace offramp::verif {

/// Rules: those of ChannelMonitor for TDATA, TLAST and TUSER; and where the length of a packet is known,
/// TLAST is set on its last beat and on no other.
class AxisMonitor : public Agent {
 public:
  /// `packet_beats`: beats of every packet; 0: they differ, or TLAST is not to be relied on.
  AxisMonitor(const Ports& ports, std::string prefix, ViolationLog& log, std::uint64_t packet_beats = 0);
  void observe_reset() override;
  void observe(std::uint64_t cycle) override;

 private:
  ChannelMonitor channel_;
  std::uint64_t packet_beats_;
  std::uint64_t beat_ = 0;  // of the packet under way
};

}  // namespace offramp::verif
