#pragma once
// One engine as hardware: sequencer, operand feeds with the activation memory, weight store, systolic array,
// accumulators, output stages. The backbone is one; every exit-classifier module of the parallel strategy
// holds one.
#include "accel/accelerator.h"
#include "blocks/load_bus.h"
#include "blocks/sequencer.h"
#include "blocks/weight_bank.h"
#include "blocks/weight_ring.h"
#include "blocks/wide_table.h"

namespace offramp::accel {

/// Everything fixed about an engine's hardware.
struct EngineConfig {
  std::string name;   // "lenet5_parallel_backbone": prefix of its modules
  std::string files;  // "mem/backbone": prefix of its memory images
  ArrayShape shape;
  int banks = 8, words = 64;
  int data_bits = 8, weight_bits = 8, acc_bits = 24, result_bits = 12, logit_bits = 12;
  int acc_depth = 2;
  int kernel_bits = 3;
  int tiles = 2, weight_words = 2, channel_groups = 2;
  int outside_lanes = 1, outside_width = 4;  // of the port through which others write the activation memory
  bool tapped = false;                       // exit classifiers listen to the results
  bool loaded = true;  // the stream loader writes from outside and must wait for a free cycle; a tap need not
  bool packed = false;  // two products a multiplier
  bool adds = false;    // residual additions on the way out
  int beat_bits = 0;    // weights stream in beats of so many bits; 0: all are on the chip
  int resident_tiles = 0, ring_tiles = 0;
  static constexpr int kBeatsBits = 24;
  int load_bits = 0;  // of the load bus: the widest word of any table
  blocks::Sequencer sequencer;
  bool operator==(const EngineConfig&) const = default;

  /// Bits of a word of the tile table and of the scale table.
  [[nodiscard]] int tile_word_bits() const;
  [[nodiscard]] int scale_word_bits() const;
  [[nodiscard]] bool streams() const { return beat_bits > 0; }
  [[nodiscard]] blocks::WideTable tile_table() const;
  [[nodiscard]] blocks::WideTable scale_table() const;
  [[nodiscard]] blocks::WeightStore weight_store() const;
  [[nodiscard]] blocks::WeightRing weight_ring() const;
};
[[nodiscard]] EngineConfig engine_config(const Accelerator& accelerator, std::size_t engine,
                                         const std::string& prefix);

/// The program of an engine, as its memory image holds it.
[[nodiscard]] std::vector<blocks::ProgramWord> engine_program(const Accelerator& accelerator,
                                                              const EnginePlan& engine);

/// Address bits of an engine's activation memory, in elements.
[[nodiscard]] int element_address_bits(const EnginePlan& engine);

struct Engine {
  EngineConfig config;
  bool operator==(const Engine&) const = default;
  struct Ports {
    hw::Clocking ck;
    hw::In start, flush, hold, parity;
    hw::In start_layer, slot, last_image;  // where several images are in flight
    hw::In skip;                           // where branches can be skipped: by exit
    hw::Out skipped, skipped_exit;         // a branch was
    // Others write here: the stream loader (only taken while outside_ready), or a tap.
    hw::In outside_write, outside_address, outside_lane_step, outside_lane_mask, outside_element_mask,
        outside_data;
    hw::Out outside_ready;
    hw::Out idle;  // all layers are issued, or no sample is under way
    // Of the weight ring, where weights stream; see blocks/weight_ring.h.
    hw::In ring_beat, ring_data, ring_error, ring_restart, ring_resident;
    hw::Out ring_room, tile_error;
    blocks::LoadBus load;  // fills the tables while the engine rests
    hw::In place_step;     // from the input's first place to its second, where that is loaded, too
    // Results on their way to memory, for taps.
    hw::Out layer, layer_done, write, write_address, write_lane_step, write_lane_mask, write_column_mask,
        write_data;
    // Logits for the decision unit.
    hw::Out logit_valid, logit_exit, logits;
  };
  [[nodiscard]] std::string name() const { return config.name; }
  [[nodiscard]] Ports build(hw::ModuleBuilder& m) const;
};

}  // namespace offramp::accel
