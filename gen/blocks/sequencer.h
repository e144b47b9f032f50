#pragma once
// Walks an engine's program: layer by layer, channel tile by channel tile, weight tile by weight tile, pixel
// by pixel, one pixel group (all lanes) a cycle without a gap inside a layer.
#include <array>
#include <string>
#include <vector>

#include "hw/hw.h"

namespace offramp::blocks {

/// One layer's word of the program: plain numbers that the sequencer counts or adds. Addresses are in
/// elements.
struct ProgramWord {
  std::string name;           // for the comment
  int pixels = 1, lines = 1;  // pooling window: pixels a line, lines
  int groups = 1, rows = 1;   // output: pixel groups (of all lanes) a row, rows
  int k_tiles = 1, channel_tiles = 1;
  int address = 0;                    // of the first pixel; may lie before the map by its padding
  bool from_input = false;            // the input has two places in memory, chosen by the sample's parity
  std::array<int, 4> address_step{};  // to the next pixel, the next line, the next window, the next row
  int y = 0, x = 0;                   // of the first pixel, in the input map
  std::array<int, 4> y_step{}, x_step{};
  int tile = 0;            // first entry of the tile table
  bool own_tiles = false;  // every channel tile has tiles of its own; else all share one set
  int weight = 0;          // first word of the weight banks
  int channel_group = 0;   // first word of the scale table
  int out_address = 0, out_step = 0, out_row_step = 0;    // first pixel, a window further, a row further
  int last_lanes = 1, last_columns = 1;                   // in a row's last group, in the last channel tile
  int height = 1, width = 1;                              // of the input map
  int lane_step = 0, lane_x_step = 0, out_lane_step = 0;  // a lane further
  int pad_value = 0;
  bool is_signed = false;
  int low = 0, high = 0;     // clamp of the results
  bool to_decision = false;  // the results are logits
  int exit = 0;
  bool operator==(const ProgramWord&) const = default;
};

struct Sequencer {
  std::string engine;  // names the module
  std::vector<ProgramWord> program;
  int address_bits = 11, coordinate_bits = 7, tile_bits = 5, weight_bits = 11, group_bits = 7,
      pixel_bits = 10;
  int lanes = 1, columns = 2, data_bits = 8, result_bits = 12, exit_bits = 1;
  int drain_states = 20;       // cycles from the last issue to the last result's write
  int input_second_place = 0;  // elements from the input's first place to its second
  bool operator==(const Sequencer&) const = default;

  struct Ports {
    hw::Clocking ck;
    hw::In start, flush, hold, parity;
    hw::Out layer, layer_done;
    // Of the layer that runs, steady from its first issue until its last result is written.
    hw::Out height, width, lane_step, lane_x_step, out_lane_step, pad_value, is_signed, low, high,
        to_decision, exit;
    // One issue a cycle.
    hw::Out issue, address, y, x, tile, weight_load, weight, pixel, channel_group, out_address;
    hw::Out k_first, k_last, window_first, window_last, lane_mask, column_mask;
  };
  [[nodiscard]] std::string name() const { return engine + "_sequencer"; }
  [[nodiscard]] Ports build(hw::ModuleBuilder& m) const;
};

}  // namespace offramp::blocks
