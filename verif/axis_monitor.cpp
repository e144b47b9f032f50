#include "verif/axis_monitor.h"

#include <fmt/format.h>

namespace offramp::verif {

AxisMonitor::AxisMonitor(const Ports& ports, std::string prefix, ViolationLog& log,
                         std::uint64_t packet_beats)
    : channel_(ports, log,
               {.bus = std::move(prefix),
                .channel = "t",
                .payload = {"data", "last", "user"},
                .rules = "AXI4STREAM_ERRM"}),
      packet_beats_(packet_beats) {}

void AxisMonitor::observe_reset() {
  beat_ = 0;
  channel_.observe_reset();
}

void AxisMonitor::observe(std::uint64_t cycle) {
  if (packet_beats_ > 0 && channel_.transfers()) {
    const bool last = channel_.get("last") != 0;
    ++beat_;
    if (last != (beat_ == packet_beats_)) {
      channel_.report(cycle, "tlast must be set on the last beat of a packet and on no other", "TLAST_ONCE",
                      fmt::format("tlast is {} on beat {} of {}", last ? 1 : 0, beat_, packet_beats_));
    }
    // Behind a wrong one the count goes on from where the packet really ended.
    if (last || beat_ == packet_beats_) beat_ = 0;
  }
  channel_.observe(cycle);
}

}  // namespace offramp::verif
