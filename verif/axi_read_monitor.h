#pragma once
// Watches the read channels of an AXI4 bus for what both of its ends must keep to.
#include <cstdint>
#include <deque>
#include <string>

#include "verif/bench.h"
#include "verif/channel_monitor.h"

namespace offramp::verif {

/// Rules: those of ChannelMonitor on both channels; a burst is of a kind that exists, FIXED has at most 16
/// beats, WRAP 2, 4, 8 or 16 and an aligned address; beats are no wider than the bus; an INCR burst crosses
/// no 4 KB page; ARCACHE allocates only where it is modifiable; data comes only for a burst that was asked
/// for, in a later cycle, and RLAST is set on its last beat and on no other; a response is never EXOKAY
/// (nobody asks for exclusive access). For one ID: bursts are answered in order.
class AxiReadMonitor : public Agent {
 public:
  AxiReadMonitor(const Ports& ports, const std::string& prefix, ViolationLog& log);
  void observe_reset() override;
  void observe(std::uint64_t cycle) override;

 private:
  void check_address(std::uint64_t cycle);
  void check_data(std::uint64_t cycle);

  ChannelMonitor ar_, r_;
  std::uint64_t bus_bytes_;
  std::deque<std::uint64_t> open_;  // beats still to come, by burst
};

}  // namespace offramp::verif
