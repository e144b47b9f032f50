#pragma once
// The dedicated exit-classifier module of the parallel strategy: taps the feature map as the backbone writes
// it, computes the branch with its own array while the backbone goes on, and decides.
#include "accel/engine.h"
#include "blocks/decision_unit.h"

namespace offramp::accel {

struct ExitClassifier {
  std::string module_name;
  EngineConfig engine;
  blocks::DecisionUnit decision;
  int tap_address_bits = 11;  // of the backbone's memory
  int tap_shift = 0;          // from the map's address there to its address here
  bool operator==(const ExitClassifier&) const = default;
  struct Ports {
    hw::Clocking ck;
    hw::In start, flush;
    hw::In tap_write, tap_address, tap_lane_step, tap_lane_mask, tap_column_mask, tap_data;
    hw::In criterion, threshold;
    blocks::LoadBus load;
    hw::Out decided, confident, exit_class;
    hw::Out bin;  // of a decision unit that tells it
  };
  [[nodiscard]] std::string name() const { return module_name; }
  [[nodiscard]] Ports build(hw::ModuleBuilder& m) const;
};

}  // namespace offramp::accel
