#pragma once
// Between an accelerator and its output stream.
#include <string>

#include "hw/hw.h"

namespace offramp::blocks {

/// Results wait here for the output stream: a queue of four.
struct ResultQueue {
  int bits = 48;
  bool operator==(const ResultQueue&) const = default;
  struct Ports {
    hw::Clocking ck;
    hw::In push, data;
    hw::Out ready;
    hw::Out valid, data_o;
    hw::In take;
  };
  [[nodiscard]] std::string name() const { return "result_queue"; }
  [[nodiscard]] Ports build(hw::ModuleBuilder& m) const;
};

}  // namespace offramp::blocks
