#pragma once
// The whole accelerator behind standard buses.
#include "accel/accelerator.h"
#include "accel/exit_classifier.h"
#include "blocks/control_registers.h"

namespace offramp::accel {

struct Top {
  std::string module_name;
  const Accelerator* accelerator = nullptr;
  bool operator==(const Top& other) const {
    return module_name == other.module_name && accelerator == other.accelerator;
  }
  struct Ports {
    hw::Clocking ck;
  };
  [[nodiscard]] std::string name() const { return module_name; }
  [[nodiscard]] Ports build(hw::ModuleBuilder& m) const;
};

/// Verilog identifier of a network and strategy: "lenet5_parallel".
[[nodiscard]] std::string top_name(const Accelerator& accelerator);

/// The decision unit of the backbone (all exits in a pipeline design, the last alone otherwise) or of exit
/// `e`.
/// Whether the backbone's decision unit decides more than the last exit.
[[nodiscard]] bool serves_early_exits(const Accelerator& accelerator);
[[nodiscard]] blocks::DecisionUnit decision_unit(const Accelerator& accelerator, int engine);

}  // namespace offramp::accel
