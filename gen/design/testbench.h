#pragma once
// A small simulation of the whole design for any Verilog simulator, beside the regression of `offramp
// verify`.
#include <cstdint>
#include <vector>

#include "design/handover.h"

namespace offramp::design {

/// An image and the golden reference's answer.
struct SimSample {
  std::vector<std::uint8_t> pixels;  // (row, column, channel)
  int exit = 0;                      // as results have it: in a static design the last
  int predicted = 0;
};

/// sim/<top>_tb.v, sim/samples.hex and sim/results.hex: drives the samples, checks each result by its ID, and
/// ends with $finish or, where something differs or does not come, $fatal. For designs without a memory port.
[[nodiscard]] Files testbench_files(const Handover& handover, const std::vector<SimSample>& samples);

}  // namespace offramp::design
