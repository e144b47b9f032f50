#pragma once
// What a module of the hardware framework is made of, counted on its description at given parameter values:
// the quantities that lookup tables and registers are linear in.
#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "hw/elaborate.h"
#include "model/memory_mapping.h"

namespace offramp::model {

/// Quantities that a lookup table count is fitted to, in bits unless said otherwise.
enum class Feature : std::uint8_t {
  module,         // 1
  registers,      // bits that stay flip-flops
  add,            // of sums of two variables
  count,          // of sums with a constant
  equal,          // compared for equality, two variables
  equal_fixed,    // with a constant
  less,           // compared by size, two variables
  less_fixed,     // with a constant
  mux,            // chosen between two variables
  gate,           // of and, or, xor; chosen between a variable and a constant
  select,         // tables of wide multiplexers: a bit of the result per four choices
  reduce,         // and, or, xor of all bits
  shift,          // bits times stages, by a variable amount
  soft_product,   // partial products of multiplications too small for a DSP slice
  dsp_product,    // bits of products of DSP slices
  memory_mux,     // bits chosen between parts of a memory
  memory_decode,  // parts of a memory that a write is decoded for
  conditions      // of statements
};
inline constexpr std::size_t kFeatures = 18;
[[nodiscard]] const char* to_string(Feature feature);

struct Features {
  std::array<double, kFeatures> value{};
  // Known exactly from rules, nothing to fit.
  double fixed_lut = 0;  // memories and shift registers in lookup tables
  double fixed_ff = 0;   // registers behind memories, and memories in registers
  int dsp = 0;
  int bram18 = 0;
  [[nodiscard]] double& operator[](Feature f) { return value[static_cast<std::size_t>(f)]; }
  [[nodiscard]] double operator[](Feature f) const { return value[static_cast<std::size_t>(f)]; }
};

/// A module below, at parameter values.
struct Below {
  const hw::Module* module = nullptr;
  hw::IntEnv parameters;
  std::int64_t instances = 0;
};

struct Counted {
  Features own;  // without what is below
  std::vector<Below> below;
};

/// Of one module at parameter values. A hand-written (external) module counts as itself alone.
[[nodiscard]] Counted count_features(const hw::Module& module, const hw::IntEnv& parameters,
                                     netlist::Family family);

/// DSP slices of a product of `a` by `b` bits as Yosys cuts it (its share/mul2dsp.v and synth_xilinx); 0
/// where it is made of lookup tables.
[[nodiscard]] int dsp_slices(std::int64_t a, bool a_signed, std::int64_t b, bool b_signed,
                             netlist::Family family);

}  // namespace offramp::model
