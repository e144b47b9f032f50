#include "design/fit.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"

namespace offramp::design {

accel::WeightMemory weight_memory(const Target& target) {
  constexpr double kLeastBits = 256;  // the header of the weight image
  const double bits = target.dram_gb_per_s * 1e9 / (target.clock_mhz * 1e6) * 8;
  accel::WeightMemory memory;
  memory.beat_bits = static_cast<int>(kLeastBits);
  while (memory.beat_bits < 1024 && memory.beat_bits < bits) memory.beat_bits *= 2;
  memory.beats_per_256 = std::clamp(static_cast<int>(bits / memory.beat_bits * 256), 1, 256);
  return memory;
}

void check_fits(const model::Estimate& estimate, const Target& target, const std::string& what) {
  const std::int64_t memory = estimate.weight_bits + estimate.activation_bits;
  const bool memory_fits = memory <= target.on_chip_bits;
  const bool multipliers_fit = estimate.dsps <= target.dsp;
  if (memory_fits && multipliers_fit) return;
  std::string table = fmt::format("  {:<28}{:>16}{:>16}\n", "", "asked", "available");
  const auto row = [&](const char* name, std::int64_t asked, std::int64_t available, const char* verdict) {
    table += fmt::format("  {:<28}{:>16}{:>16}{}\n", name, asked,
                         available < 0 ? std::string() : fmt::format("{}", available), verdict);
  };
  row("weight memory, bits", estimate.weight_bits, -1, "");
  row("activation memory, bits", estimate.activation_bits, -1, "");
  row("on-chip memory, bits", memory, target.on_chip_bits, memory_fits ? "" : "  too much");
  row("DSP slices of the arrays", estimate.dsps, target.dsp, multipliers_fit ? "" : "  too much");
  throw Error(fmt::format("{} does not fit the target {} ({}):\n{}{}", what, target.name, target.part, table,
                          memory_fits
                              ? "Ask for fewer multipliers (--multipliers, --array, --exit-array) or choose "
                                "a larger target."
                              : "Choose a larger target, fewer bits (--bits) or a smaller network."));
}

}  // namespace offramp::design
