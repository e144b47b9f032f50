#pragma once
// Memory images, as $readmemh reads them.
#include <filesystem>

#include "hw/interpret_netlist.h"
#include "hw/interpret_ops.h"

namespace offramp::hw::interpret {

/// Fills the words that the file gives; the others stay unknown. Throws DesignError for a file that cannot be
/// read or does not fit the memory.
void load_memory(const MemoryBlock& block, const std::filesystem::path& folder, MemoryState& state);

}  // namespace offramp::hw::interpret
