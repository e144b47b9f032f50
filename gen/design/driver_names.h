#pragma once
// How the drivers spell names of registers.
#include <cctype>
#include <string>

namespace offramp::design {

/// "threshold_0" as "THRESHOLD_0"; what no C name can have as '_'.
inline std::string upper(std::string text) {
  for (char& c : text) {
    const auto byte = static_cast<unsigned char>(c);
    c = std::isalnum(byte) != 0 ? static_cast<char>(std::toupper(byte)) : '_';
  }
  return text;
}

}  // namespace offramp::design
