#pragma once
// Boards as data: constraints/<board>/target.json says what a board offers.
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace offramp::design {

struct Target {
  std::string name;   // "zcu106", the folder's name
  std::string board;  // "AMD ZCU106"
  std::string part;   // as Vivado spells it
  std::int64_t lut = 0;
  std::int64_t ff = 0;
  std::int64_t bram36 = 0;
  std::int64_t uram = 0;
  std::int64_t dsp = 0;
  std::int64_t on_chip_bits = 0;  // block RAM and UltraRAM, parity bits included
  double clock_mhz = 0;           // a design target; nothing here measures a clock
  double dram_gb_per_s = 0;       // peak
  std::string board_part = {};         // the board in Vivado's catalog, without its revision
  std::string system = {};             // block design around the accelerator: zynq_ultrascale, zynq or jtag
  std::string pins = {};               // the board's .xdc: pins of the block design
};

/// The folder that holds constraints/: $OFFRAMP_HOME where it is set, else the nearest folder above the
/// running program that has one. Throws offramp::Error where neither does.
[[nodiscard]] std::filesystem::path home_directory();

/// Names of the boards under `home`/constraints, sorted.
[[nodiscard]] std::vector<std::string> known_targets(const std::filesystem::path& home);

/// Reads one board. Throws offramp::Error that lists the known boards where there is none of this name, and
/// one that names file and field where the file is not as it should be, or names a part that is not known or
/// has less than the file says.
[[nodiscard]] Target load_target(const std::filesystem::path& home, const std::string& name);

}  // namespace offramp::design
