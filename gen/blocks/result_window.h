#pragma once
#include <string>

#include "hw/hw.h"

namespace offramp::blocks {

/// Cuts the stream of results into windows of 2^w.
struct ResultWindow {
  bool operator==(const ResultWindow&) const = default;
  struct Ports {
    hw::Clocking ck;
    hw::In result, restart, window;
    hw::Out last, windows;
  };
  [[nodiscard]] std::string name() const { return "result_window"; }
  [[nodiscard]] Ports build(hw::ModuleBuilder& m) const;
};

}  // namespace offramp::blocks
