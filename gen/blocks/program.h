#pragma once
// An engine's program: one word a layer, kept in a memory that a file fills at start and that can be filled
// anew while the engine rests. The format below is the one definition of the word: the sequencer takes it
// apart, the memory image puts it together.
#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace offramp::blocks {

/// One layer's word of the program: plain numbers that the sequencer counts or adds. Addresses are in
/// elements.
struct ProgramWord {
  std::string name;           // for messages
  bool last = false;          // the program's last layer, or a phase's
  int wait = 0;               // cycles without an issue before this layer's first
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
  int weight = 0;          // first tile of the weight store
  bool streamed = false;   // the weights come through the ring instead
  int channel_group = 0;   // first word of the scale table
  int out_address = 0, out_step = 0, out_row_step = 0;    // first pixel, a window further, a row further
  int last_lanes = 1, last_columns = 1;                   // in a row's last group, in the last channel tile
  int height = 1, width = 1;                              // of the input map
  int lane_step = 0, lane_x_step = 0, out_lane_step = 0;  // a lane further
  int pad_value = 0;
  bool is_signed = false;
  int low = 0, high = 0;  // clamp of the results
  // Where several images are in flight: elements from an image's map to the next image's, 0 for maps of which
  // there is one; a grouped layer walks through all images of the group with each weight tile.
  bool grouped = false;
  int in_slot_step = 0, out_slot_step = 0;
  // Residual addition on the way out (adds): element b lies residual_offset from the result's place.
  bool residual = false;
  int residual_offset = 0;
  bool residual_signed = false;
  int weight_a = 0, weight_b = 0;         // of the convolution's result, of the residual
  int add_multiplier = 0, add_shift = 1;  // scale of the sum
  int add_low = 0, add_high = 0;          // clamp of the sum
  bool to_decision = false;               // the results are logits
  int exit = 0;                           // of a branch's first layer and of its logits
  // Dynamic pruning: layers of the branch that begins here, 0 elsewhere; whether it ends the phase.
  int branch = 0;
  bool branch_last = false;
  bool operator==(const ProgramWord&) const = default;
};

/// The widths of a word's fields.
struct ProgramFormat {
  int wait_bits = 6, count_bits = 6, address_bits = 11, coordinate_bits = 7;
  int tile_bits = 5, weight_bits = 11, group_bits = 7;
  int lanes = 1, columns = 2, data_bits = 8, result_bits = 12, exit_bits = 1;
  bool streams = false;  // weights can come through a ring
  int images = 1;        // most images in flight
  int branch_bits = 0;   // branches can be skipped; 0: none can
  bool adds = false;     // the engine can add residuals on the way out
  int add_weight_bits = 8;
  bool operator==(const ProgramFormat&) const = default;

  /// A part of the word, from the least significant bit on.
  struct Field {
    std::string name;
    int bits = 1;
    bool is_signed = false;
    std::int64_t (*value)(const ProgramWord&, const ProgramFormat&);
  };
  [[nodiscard]] std::vector<Field> fields() const;
  /// Bits of a word.
  [[nodiscard]] int bits() const;
};

}  // namespace offramp::blocks
