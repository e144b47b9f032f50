#pragma once
// Where the beats of a weight ring go, which tile the engine takes next, and how much room there is.
#include <string>

#include "hw/hw.h"

namespace offramp::blocks {

/// Pointers and counts of a store of `tiles` slots: those below `resident` are filled once, the others are a
/// ring. A slot of the ring is free, being filled, whole, or held: taken, and still being read.
struct RingControl {
  std::string engine = {};  ///< names the module
  int tiles = 16;
  int resident = 0;
  int tile_beats = 1;
  int beats_bits = 24;  ///< of room_o
  bool operator==(const RingControl&) const = default;

  struct Ports {
    hw::Clocking ck;
    hw::In beat, error, restart, loading_resident;
    hw::Out room, write, write_part, write_tile;
    hw::In load, streamed, released;
    hw::Out available, read_tile, tile_error;
  };
  [[nodiscard]] std::string name() const { return engine + "_ring_control"; }
  [[nodiscard]] Ports build(hw::ModuleBuilder& m) const;

  [[nodiscard]] bool stays() const { return resident > 0; }
  [[nodiscard]] bool streams() const { return resident < tiles; }
  /// Of the ring; 0 where there is none.
  [[nodiscard]] int first_slot() const { return streams() ? resident : 0; }
};

}  // namespace offramp::blocks
