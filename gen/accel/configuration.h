#pragma once
// What a design is, in 32 bits: a driver compares them with what it was written for.
#include <cstdint>
#include <string>

#include "accel/accelerator.h"

namespace offramp::accel {

/// Everything that decides a design's hardware and the contents of its memories, as lines of text: the
/// module's name, the options, the engines' sizes, the memory port, and of each network its layers, exits and
/// tables, with weights and biases as SHA-256 over their 32-bit and 64-bit little-endian numbers. Equal texts
/// give equal designs. Names of boards, of data and of files are not in it.
[[nodiscard]] std::string configuration_text(const Accelerator& accelerator);

/// The register `configuration`: the first 32 bits of the SHA-256 of configuration_text(), the first byte the
/// most significant; of an accelerator that was loaded onto a design, the design's.
[[nodiscard]] std::uint32_t configuration_hash(const Accelerator& accelerator);

}  // namespace offramp::accel
