#pragma once
// How a weight tile lies in the beats of a memory port: the one rule for ring, image and models.

namespace offramp::blocks {

/// Row after row, least significant first, each beat with as many whole rows as fit and nothing behind them.
struct TileBeats {
  int rows = 1;  ///< of the tile
  int columns = 1;
  int weight_bits = 8;
  int beat_bits = 64;  ///< at least a row's

  [[nodiscard]] constexpr int rows_per_beat() const { return beat_bits / (columns * weight_bits); }
  [[nodiscard]] constexpr int beats_per_tile() const {
    return (rows + rows_per_beat() - 1) / rows_per_beat();
  }
};

}  // namespace offramp::blocks
