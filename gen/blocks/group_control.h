#pragma once
#include <string>

#include "blocks/exit_verdicts.h"
#include "hw/hw.h"

namespace offramp::blocks {

/// Sample control where several images share a pass of the weights. A sample runs the first phase by itself
/// and may leave at an exit there; otherwise it is parked in a slot. When all slots are taken, or no further
/// sample is coming, the parked images run the second phase as a group, and then the third, which makes the
/// last exit's logits, one after the other. Every sample gives one result; those that leave early overtake
/// parked ones.
struct GroupControl {
  int images = 8;  // slots
  int exits = 1;   // the last is that of the third phase
  int class_bits = 4;
  bool prunes = false;  // exits may be skipped
  int first_exit = 0;   // number of exit 0 in the network (static designs have the last exit alone)
  int id_bits = 16;
  int layer_bits = 6;
  int group_layer = 1, final_layer = 2;  // first layers of the second and the third phase
  int drain_cycles = 40;                 // from the sequencer's last issue until its results are in memory
  bool operator==(const GroupControl&) const = default;
  struct Ports {
    hw::Clocking ck;
    hw::In enable, reject, sample_ready, receiving, result_ready, sample_id;
    DecisionPorts decisions;
    hw::In engine_idle, tile_error;
    hw::Out start, start_layer, slot, last_image;  // to the sequencer
    hw::Out sample_start, park, group_start, final_start;
    hw::Out release;                            // the input of the sample in hand is no longer needed
    hw::Out stop, exit, exit_class, id, wrong;  // a result
    hw::Out active;
    hw::Out refetch, refetch_group;  // the weights on their way are not those that come next
  };
  [[nodiscard]] int slot_bits() const;
  [[nodiscard]] std::string name() const { return "group_control"; }
  [[nodiscard]] Ports build(hw::ModuleBuilder& m) const;
};

}  // namespace offramp::blocks
