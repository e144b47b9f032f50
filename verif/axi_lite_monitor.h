#pragma once
// Watches an AXI4-Lite bus for what both of its ends must keep to.
#include <cstdint>
#include <string>

#include "verif/bench.h"
#include "verif/channel_monitor.h"

namespace offramp::verif {

/// Rules: those of ChannelMonitor on all five channels; a response comes in a later cycle than what it
/// answers (for a write, than both its address and its data), there is one for each request and none without;
/// a response is never EXOKAY.
class AxiLiteMonitor : public Agent {
 public:
  AxiLiteMonitor(const Ports& ports, const std::string& prefix, ViolationLog& log);
  void observe_reset() override;
  void observe(std::uint64_t cycle) override;

 private:
  ChannelMonitor aw_, w_, b_, ar_, r_;
  // Handshakes so far.
  std::uint64_t write_addresses_ = 0, write_data_ = 0, write_responses_ = 0, reads_ = 0, read_responses_ = 0;
};

}  // namespace offramp::verif
