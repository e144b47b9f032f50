#pragma once
// The program's version: in manifests, in the `version` register of every design, in `offramp --version`.
#include <cstdint>

namespace offramp {

struct Version {
  int major = 0;
  int minor = 0;
  int patch = 0;
  /// As the register shows it: 0x00MMmmpp.
  [[nodiscard]] constexpr std::uint32_t to_register() const {
    return static_cast<std::uint32_t>(major) << 16 | static_cast<std::uint32_t>(minor) << 8 |
           static_cast<std::uint32_t>(patch);
  }
};

inline constexpr Version kVersion{.major = 0, .minor = 1, .patch = 0};
inline constexpr const char* kVersionText = "0.1.0";
static_assert(kVersionText[0] - '0' == kVersion.major && kVersionText[2] - '0' == kVersion.minor &&
              kVersionText[4] - '0' == kVersion.patch && kVersionText[5] == '\0');

}  // namespace offramp
