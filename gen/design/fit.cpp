#include "design/fit.h"

#include <fmt/format.h>

#include "base/error.h"

namespace offramp::design {

void check_fits(const model::Estimate& estimate, const Target& target, const std::string& what) {
  const std::int64_t memory = estimate.weight_bits + estimate.activation_bits;
  const bool memory_fits = memory <= target.on_chip_bits;
  const bool multipliers_fit = estimate.multipliers <= target.dsp;
  if (memory_fits && multipliers_fit) return;
  std::string table = fmt::format("  {:<28}{:>16}{:>16}\n", "", "asked", "available");
  const auto row = [&](const char* name, std::int64_t asked, std::int64_t available, const char* verdict) {
    table += fmt::format("  {:<28}{:>16}{:>16}{}\n", name, asked,
                         available < 0 ? std::string() : fmt::format("{}", available), verdict);
  };
  row("weight memory, bits", estimate.weight_bits, -1, "");
  row("activation memory, bits", estimate.activation_bits, -1, "");
  row("on-chip memory, bits", memory, target.on_chip_bits, memory_fits ? "" : "  too much");
  row("multipliers (one DSP each)", estimate.multipliers, target.dsp, multipliers_fit ? "" : "  too much");
  throw Error(fmt::format("{} does not fit the target {} ({}):\n{}{}", what, target.name, target.part, table,
                          memory_fits
                              ? "Ask for fewer multipliers (--multipliers, --array, --exit-array) or choose "
                                "a larger target."
                              : "Choose a larger target, fewer bits (--bits) or a smaller network."));
}

}  // namespace offramp::design
