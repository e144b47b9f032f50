#pragma once
// Puts another of its networks onto hardware that runs several: register writes, in this order.
#include <cstdint>
#include <string>
#include <vector>

#include "accel/accelerator.h"

namespace offramp::accel {

struct RegisterWrite {
  std::uint32_t offset = 0;
  std::uint32_t data = 0;
  bool operator==(const RegisterWrite&) const = default;
};

/// Makes the hardware run the accelerator's own network, whatever it ran before. The first write clears
/// ap_start and the last sets it; the others are taken only while ap_idle is 1, so after the first one waits
/// for that, having received all results.
[[nodiscard]] std::vector<RegisterWrite> load_script(const Accelerator& accelerator);

/// As a file: `offset value` in hexadecimal, one write a line, after lines of comment that begin with #.
[[nodiscard]] std::string load_text(const Accelerator& accelerator);

}  // namespace offramp::accel
