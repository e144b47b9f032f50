#pragma once
// Dynamic branch pruning (the idea of LoCoExNet, Jo et al., TCAD 42(12), 2023): the sum of the magnitudes of
// the map that a branch reads tells hard samples from easy ones before the branch has begun. A branch that
// will not be confident is not computed, and its weights are not read.
#include <cstdint>

namespace offramp::fixed {

/// A skip register of an exit: level in bits 30 to 0; bit 31 clear: skip where the sum is below the level,
/// set: where it is above. 0 skips nothing.
struct SkipRule {
  static constexpr int kLevelBits = 31;
  static constexpr std::uint32_t kMostLevel = (std::uint32_t{1} << kLevelBits) - 1;
  bool above = false;
  std::uint32_t level = 0;

  [[nodiscard]] static constexpr SkipRule from_register(std::uint32_t value) {
    return {.above = value >> kLevelBits != 0, .level = value & kMostLevel};
  }
  [[nodiscard]] constexpr std::uint32_t to_register() const {
    return (std::uint32_t{above} << kLevelBits) | level;
  }
  /// Whether some sum, however small or large, is skipped.
  [[nodiscard]] constexpr bool skips_any() const { return above || level != 0; }
  [[nodiscard]] constexpr bool skips(std::uint64_t activity) const {
    return above ? activity > level : activity < level;
  }
  bool operator==(const SkipRule&) const = default;
};

}  // namespace offramp::fixed
