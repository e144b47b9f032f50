#pragma once
// Walks an engine's program: layer by layer, channel tile by channel tile, weight tile by weight tile, pixel
// by pixel, one pixel group (all lanes) a cycle without a gap inside a layer.
//
// A layer's first issue follows the last one of the layer before at once, or after as many cycles as its
// program word asks for (the planner knows which results it reads). Results of one layer are therefore still
// on their way when the next has begun: what holds for a whole layer comes out twice, for layers with even
// and with odd numbers, and phase_o says with every issue which of the two is meant.
#include <map>
#include <string>

#include "blocks/program.h"
#include "blocks/wide_table.h"
#include "hw/hw.h"

namespace offramp::blocks {

/// With several images in flight a program has phases, each ending with a `last` word: start_layer_i says
/// which layer a start means. Layers that are not grouped work on the image in slot_i, grouped ones on the
/// images in slots 0 to last_image_i.
struct Sequencer {
  std::string engine;        // names the module
  std::string program_file;  // memory image of the program: the prefix of WideTable's files
  ProgramFormat format;
  int program_words = 2;
  int pixel_bits = 10;
  int input_second_place = 0;  // elements from the input's first place to its second
  bool loaded = false;         // that number comes in instead
  bool operator==(const Sequencer&) const = default;

  /// What holds for a whole layer: outputs <name>_even_o and <name>_odd_o, steady until the layer after the
  /// next begins.
  struct Steady {
    hw::Out even, odd;
  };
  struct Ports {
    hw::Clocking ck;
    hw::In start, flush, hold, parity, weight_ready;
    hw::In start_layer, slot, last_image;        // where several images are in flight
    hw::In load_write, load_address, load_data;  // the program, while the engine rests
    hw::In second_place;                         // with `loaded`
    hw::In skip;                                 // where branches can be skipped: a bit an exit
    hw::Out skipped, skipped_exit;               // a branch was
    // out_lane_step, pad_value, signed, low, high, to_decision, exit,
    // layer (its number)
    std::map<std::string, Steady> steady;
    // One issue a cycle.
    hw::Out idle;      // all layers are issued, or no sample is under way
    hw::Out streamed;  // of weight_load: the ring's next tile (where weights can stream)
    hw::Out issue, phase, address, y, x, height, width, lane_step, lane_x_step, next_tile, weight_load,
        weight, pixel, channel_group, out_address;
    hw::Out k_first, k_last, window_first, window_last, layer_last, lane_mask, column_mask;
  };
  [[nodiscard]] WideTable program() const;
  [[nodiscard]] int layer_bits() const;
  [[nodiscard]] int slot_bits() const;
  [[nodiscard]] std::string name() const { return engine + "_sequencer"; }
  [[nodiscard]] Ports build(hw::ModuleBuilder& m) const;
};

}  // namespace offramp::blocks
