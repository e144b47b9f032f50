#pragma once
// Where in the generator's source a piece of hardware was described.
#include <cstdint>

namespace offramp::hw {

// std::source_location does not parse under clang 14 with libstdc++ 12; the builtins work on both.
struct SourceLoc {
  const char* file = "";
  std::uint32_t line = 0;
  static constexpr SourceLoc here(const char* f = __builtin_FILE(),
                                  std::uint32_t l = __builtin_LINE()) noexcept {
    return {f, l};
  }
};

}  // namespace offramp::hw
