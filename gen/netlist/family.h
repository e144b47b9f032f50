#pragma once
// Device families that Yosys maps to without a licence.
#include <cstdint>
#include <string>

namespace offramp::netlist {

enum class Family : std::uint8_t { xc7, xcup, ecp5, ice40 };

/// "xc7", ...
[[nodiscard]] const char* to_string(Family family);
/// Throws offramp::Error for another word.
[[nodiscard]] Family family_from(const std::string& word);
/// Of a part as Vivado spells it: "xczu7ev-ffvc1156-2-e" is xcup, "xc7z045.." xc7. Throws offramp::Error for
/// one of another family, which --family can still choose a stand-in for.
[[nodiscard]] Family family_of_part(const std::string& part);
/// AMD's count block RAM in halves of 36 Kb.
[[nodiscard]] inline bool is_amd(Family family) {
  return family == Family::xc7 || family == Family::xcup;
}
/// Yosys' command, with the options that keep the hierarchy.
[[nodiscard]] std::string synth_command(Family family, const std::string& top);

}  // namespace offramp::netlist
