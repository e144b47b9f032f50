#pragma once
// What Yosys makes of a memory on AMD's devices: block RAM, lookup tables or registers. The rules are those
// of Yosys' memory_libmap pass with the costs of its share/xilinx/brams_xc4v.txt, lutrams_xc5v.txt and
// lutrams_xcu.txt (version 0.23); tests hold them equal to what it does.
#include <cstdint>

#include "netlist/family.h"

namespace offramp::model {

struct MemoryShape {
  std::int64_t width = 1;
  std::int64_t depth = 2;
  bool written = true;       // false: a ROM
  int reads = 1;             // ports that read
  int reads_of_written = 0;  // of those, ports that read the address that is written
  bool registered = true;    // every read goes straight into a register
  bool block = false;        // ram_style = "block"
};

enum class MemoryKind : std::uint8_t { registers, lookup_tables, block_ram };

struct MemoryMapping {
  MemoryKind kind = MemoryKind::registers;
  std::int64_t luts = 0;  // that hold bits
  int bram18 = 0;
  std::int64_t ff = 0;           // registers of bits, and behind reads that no block RAM registers
  std::int64_t mux_bits = 0;     // inputs of multiplexers behind it, beyond the first of each
  std::int64_t decode_bits = 0;  // write enables that are decoded outside
};

/// For Family::xc7 and Family::xcup.
[[nodiscard]] MemoryMapping map_memory(const MemoryShape& memory, netlist::Family family);

}  // namespace offramp::model
