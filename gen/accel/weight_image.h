#pragma once
// The weights of an accelerator as they lie in external memory; blocks/weight_fetch.h says what the hardware
// makes of them.
#include <cstdint>
#include <string>

#include "accel/accelerator.h"

namespace offramp::accel {

/// What the hardware knows of its image.
struct WeightImage {
  std::uint32_t identification = 0;  // of network, array and tiles: images of other designs are refused
  std::int64_t resident_beats = 0;
  std::int64_t streamed_beats = 0;
  std::int64_t group_beats = 0;  // of these, of layers that images share
};
/// For a backbone whose weights stream.
[[nodiscard]] WeightImage weight_image_shape(const Accelerator& accelerator);

/// The bytes of mem/weights.bin.
[[nodiscard]] std::string weight_image(const Accelerator& accelerator);

}  // namespace offramp::accel
