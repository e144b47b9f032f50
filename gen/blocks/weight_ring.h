#pragma once
// The weights of an engine whose tiles come from memory while it runs. Tiles of the front of the store stay
// for ever, and the rest of it is a ring through which the other tiles stream in the order in which the
// engine takes them.
#include <string>

#include "blocks/tile_beats.h"
#include "hw/hw.h"

namespace offramp::blocks {

/// One WeightBank a row. Rows of a tile lie in its beats one after the other, least significant first, each
/// beat with as many whole rows as fit. Loads run down the rows as in WeightStore, and a slot of the ring is
/// free again when the last row was read.
struct WeightRing {
  std::string engine = {};       ///< names the module
  std::string file_prefix = {};  ///< "mem/backbone_weights"; empty: no images
  int rows = 4;
  int columns = 2;
  int weight_bits = 8;
  int tiles = 16;       ///< that the store holds
  int resident = 0;     ///< of these, that stay; as many as tiles: there is no ring
  int data_bits = 64;   ///< of a beat
  int beats_bits = 24;  ///< of room_o
  int ahead = 0;        ///< cycles from load_i to the first row's read
  bool operator==(const WeightRing&) const = default;

  struct Ports {
    hw::Clocking ck;
    hw::In beat, data, error;
    hw::Out room;
    hw::In restart, loading_resident;
    hw::In load, address, streamed;
    hw::Out available, weight_load, weight, tile_error;
    hw::In direct_write, direct_address, direct_row, direct_data;
  };
  [[nodiscard]] TileBeats tile_beats() const {
    return {.rows = rows, .columns = columns, .weight_bits = weight_bits, .beat_bits = data_bits};
  }
  [[nodiscard]] int rows_per_beat() const { return tile_beats().rows_per_beat(); }
  [[nodiscard]] int beats_per_tile() const { return tile_beats().beats_per_tile(); }
  /// Fewest tiles of a ring, tiles - resident, that a master with bursts of so many beats may fill: in a
  /// smaller one a burst waits for room that is given only when a tile that it would complete is taken.
  [[nodiscard]] int least_slots(int burst_beats) const {
    return 1 + (burst_beats + beats_per_tile() - 2) / beats_per_tile();
  }
  [[nodiscard]] std::string name() const { return engine + "_weight_ring"; }
  /// Throws std::invalid_argument, naming the values, where a row does not fit a beat or the numbers of tiles
  /// contradict each other.
  [[nodiscard]] Ports build(hw::ModuleBuilder& m) const;
};

}  // namespace offramp::blocks
