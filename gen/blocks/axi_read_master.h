#pragma once
// Reads runs of beats from memory over AXI4 and hands them on in order. A run is a start address and a
// number of beats; it is cut into bursts that end at multiples of the burst's size, so that none crosses a
// 4 KB page. An address is given out only when all beats of its burst have room at the consumer, so that the
// master takes whatever comes (RREADY is constant) and never holds up the memory for others.
#include <string>

#include "hw/hw.h"

namespace offramp::blocks {

/// The read half of an AXI4 master for runs that may be given up at any time. All bursts have the same ID,
/// so beats come in the order of the addresses; a run that is given up leaves bursts in flight, which are
/// counted and swallowed while the addresses of the next run are already out. A restart costs the memory's
/// latency and nothing else.
///
/// room_i has counted a beat by the cycle after beat_o, and falls otherwise only with start_i or flush_i. It
/// must reach burst_beats by itself, or a burst that never has room is waited for.
struct AxiReadMaster {
  int address_bits = 32;
  int data_bits = 64;    ///< of a beat: a power of two from 32 to 1024
  int burst_beats = 16;  ///< of the longest burst: a power of two up to 256, and at most 4096 bytes
  int outstanding = 8;   ///< most bursts in flight, a power of two
  int beats_bits = 24;   ///< of numbers of beats: a run's length, the consumer's room
  bool operator==(const AxiReadMaster&) const = default;

  struct Ports {
    hw::Clocking ck;
    hw::In start, first_address, beats, flush, room;
    hw::Out idle, beat, data, last, error, response;
    hw::Out araddr, arlen, arsize, arburst, arcache, arprot, arvalid;
    hw::In arready, rdata, rresp, rlast, rvalid;
    hw::Out rready;
  };
  [[nodiscard]] std::string name() const;
  /// Throws std::invalid_argument, naming the values, for sizes other than those above.
  [[nodiscard]] Ports build(hw::ModuleBuilder& m) const;
};

}  // namespace offramp::blocks
