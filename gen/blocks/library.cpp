#include "blocks/library.h"

#include "blocks/accumulator.h"
#include "blocks/delay_line.h"
#include "blocks/ram.h"
#include "blocks/rotate.h"
#include "blocks/stream_loader.h"
#include "blocks/systolic_array.h"
#include "blocks/weight_bank.h"

namespace offramp::blocks {

std::map<std::string, std::string> library() {
  hw::Design design;
  design.add(SystolicArray{});  // with its cell
  design.add(WeightBank{});
  design.add(Accumulator{});
  design.add(OutputStage{});
  design.add(Ram{});
  design.add(Rom{});
  design.add(DelayLine{});
  design.add(ResultQueue{});
  for (const int count : {8, 16, 32}) {
    design.add(Rotate{.count = count, .direction = Rotate::Direction::up});
    design.add(Rotate{.count = count, .direction = Rotate::Direction::down});
  }
  design.require_clean();
  std::map<std::string, std::string> files;
  std::string table =
      "# The block library\n\nEmitted by `gen/blocks/library.cpp`, checked in to be read and reused without "
      "building. A test holds it "
      "up to date;\n`OFFRAMP_UPDATE_GOLDEN=1 build/release/tests/blocks/test_blocks` refreshes it.\n\n| "
      "module | purpose |\n|---|---|\n";
  for (const hw::Module* module : design.modules()) {
    files[module->name + ".v"] = hw::print_verilog(*module);
    table += "| [" + module->name + "](" + module->name + ".v) | " + module->doc + " |\n";
  }
  files["README.md"] = table;
  return files;
}

}  // namespace offramp::blocks
