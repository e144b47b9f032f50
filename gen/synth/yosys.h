#pragma once
// Runs Yosys on the Verilog of a design folder.
#include <filesystem>
#include <string>
#include <vector>

#include "netlist/netlist.h"
#include "netlist/family.h"

namespace offramp::synth {

struct YosysRun {
  std::filesystem::path folder;    // Yosys runs here, so that the memory images are found; nothing is written
  std::vector<std::string> files;  // relative to the folder
  std::string top;
  netlist::Family family = netlist::Family::xcup;
  /// A module below the top to be synthesized by itself, with the parameters that most of its instances have.
  std::string module = {};
};

/// What came of it, and how.
struct Synthesized {
  netlist::Netlist netlist;
  std::string top;      // module synthesized, as in the Verilog
  std::string version;  // "Yosys 0.23"
  std::string command;  // "synth_xilinx -family xcup -top lenet5_static -noiopad"
  double seconds = 0;
};

/// files.f of a design folder: a name a line. Throws offramp::Error where it is missing or names nothing.
[[nodiscard]] std::vector<std::string> read_file_list(const std::filesystem::path& folder);

/// "Yosys 0.23"; throws offramp::Error with ExitStatus::missing_tool where Yosys is not installed.
[[nodiscard]] std::string yosys_version();

/// Throws offramp::Error where Yosys is missing (ExitStatus::missing_tool) or stops, with its last lines, and
/// where the design has no module of the wanted name, with those that it has.
[[nodiscard]] Synthesized synthesize(const YosysRun& run);

/// A folder for a run's files that is gone when this is.
class Scratch {
 public:
  Scratch();
  ~Scratch();
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

/// Runs a script in `folder`; throws offramp::Error with the last lines where Yosys stops.
void run_yosys(const std::filesystem::path& folder, const std::string& script);
/// `read_verilog` of the files.
[[nodiscard]] std::string read_command(const std::vector<std::string>& files);

}  // namespace offramp::synth
