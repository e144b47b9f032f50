#pragma once
// What yosys makes of a block on UltraScale+ logic.
#include <fmt/format.h>

#include <sstream>
#include <string>

#include "base/files.h"
#include "base/process.h"
#include "base/temp_folder.h"
#include "hw/hw.h"

namespace offramp::blocks::testing {

/// Cells by what they are made of.
struct Cost {
  int luts = 0;  ///< lookup tables; shift registers, inverters and distributed memories counted
  int flip_flops = 0;
  int dsps = 0;
  int block_rams = 0;
  std::string others;  ///< cells whose cost is not known here
};

/// Of the text that yosys' `stat` prints.
inline Cost cost_of(const std::string& statistics) {
  Cost cost;
  std::istringstream lines(statistics.substr(statistics.find("Number of cells")));
  std::string line;
  std::getline(lines, line);
  while (std::getline(lines, line)) {
    std::istringstream words(line);
    std::string cell;
    int count = 0;
    if (!(words >> cell >> count)) continue;
    // A slice's memory: four or eight lookup tables a cell.
    constexpr int kTablesOfM = 4;
    if (cell.starts_with("LUT") || cell.starts_with("SRL") || cell == "INV") {
      cost.luts += count;
    } else if (cell.starts_with("RAM32M") || cell.starts_with("RAM64M")) {
      cost.luts += (cell.ends_with("16") || cell.ends_with("8") ? 2 : 1) * kTablesOfM * count;
    } else if (cell.starts_with("RAMB")) {
      cost.block_rams += count;
    } else if (cell.starts_with("DSP")) {
      cost.dsps += count;
    } else if (cell.starts_with("FD")) {
      cost.flip_flops += count;
    } else if (!cell.starts_with("CARRY") && !cell.starts_with("MUXF") && cell != "BUFG") {
      cost.others += fmt::format("{} {}; ", count, cell);
    }
  }
  return cost;
}

/// Emits the block into `folder`, which has the memory images that it reads, and synthesizes it flat.
template <class G>
Cost synthesize(const G& generator, const test::TempFolder& folder) {
  hw::Design design;
  design.add(generator);
  design.require_clean();
  std::string files;
  for (const hw::Module* module : design.modules()) {
    write_file(folder / (module->name + ".v"), hw::print_verilog(*module));
    files += " " + module->name + ".v";
  }
  const auto result =
      run_process({"yosys", "-q", "-p",
                   fmt::format("read_verilog{}; synth_xilinx -family xcup -top {} -flatten -noiopad; "
                               "tee -o statistics.txt stat",
                               files, generator.name())},
                  {.directory = folder.path()});
  EXPECT_EQ(result.exit_code, 0) << result.output;
  return cost_of(read_file(folder.path() / "statistics.txt"));
}

}  // namespace offramp::blocks::testing
