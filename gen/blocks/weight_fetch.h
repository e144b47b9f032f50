#pragma once
// What an engine's weight image in external memory looks like to the hardware, and who fetches it.
//
// The image is a run of beats: a header, the tiles that stay on the chip, the tiles that stream. The header
// holds, as 32-bit words from the least significant on: a magic number, an identification of the design, the
// number of beats after the header, and their checksum in two words: the sum of all 32-bit words, and the sum
// over the beats of the first sum as it stood after each beat (Fletcher, "An arithmetic checksum for serial
// transmissions", 1982, over 32-bit words), both modulo 2^32.
#include <cstdint>
#include <string>

#include "hw/hw.h"

namespace offramp::blocks {

/// Reads the whole image once when its address is set, checks it and fills the tiles that stay; then streams
/// the other tiles into the ring, sample after sample, or anew from the first after a restart.
/// Where images share a pass of the last tiles, those before are streamed for each of them, and the fetch
/// expects that all slots fill; a restart puts it right.
struct WeightFetch {
  std::string engine;                ///< names the module
  std::uint32_t identification = 0;  ///< of the image that belongs to this design
  int resident_beats = 0;
  int streamed_beats = 0;
  int group_beats = 0;  ///< of these, the last so many: of the phase that `images` samples share
  int images = 1;       ///< most in flight
  int data_bits = 64;   ///< of a beat, at least 5 words of 32
  int address_bits = 32;
  int beats_bits = 24;
  bool operator==(const WeightFetch&) const = default;

  static constexpr std::uint32_t kMagic = 0x4F465231;  // "OFR1"
  struct Ports {
    hw::Clocking ck;
    hw::In address, address_written;     // of the image
    hw::In restart;                      // the tiles on their way are not wanted: begin with the first
    hw::In restart_group, restart_slot;  // with it, where images share a pass: of which phase, for which slot
    hw::Out ready, bad;                  // the image was read and is right; it is not
    // Of the AXI read master.
    hw::Out start, first_address, beats, room;
    hw::In beat, data, last, error;
    // Of the ring.
    hw::Out ring_restart, ring_resident, ring_beat, ring_data, ring_error;
    hw::In ring_room;
  };
  [[nodiscard]] std::string name() const { return engine + "_weight_fetch"; }
  [[nodiscard]] Ports build(hw::ModuleBuilder& m) const;
};

}  // namespace offramp::blocks
