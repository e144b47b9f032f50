// Timing by construction, on netlists that Yosys makes for AMD's 7 series: how deep the logic between two
// registers is, how many cells one net controls, and that multipliers work in registers. docs/timing.md has
// the rules.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "accel/accelerator.h"
#include "base/files.h"
#include "base/process.h"
#include "base/temp_folder.h"
#include "blocks/copies.h"
#include "netlist/fanout.h"
#include "netlist/levels.h"
#include "tests/accel/network_maker.h"

namespace offramp::netlist {
namespace {

using accel::ArrayShape;
using accel::Strategy;

constexpr int kControlLevels = 6;
constexpr int kArrayLevels = 1;

/// A small network with two early exits.
quant::QNetwork small_network() {
  test::NetworkMaker m("small", {.channels = 2, .height = 8, .width = 8});
  const int a = m.conv(0, 6, {});
  m.exit(a);
  const int b = m.conv(m.max_pool(a, 2), 6, {});
  m.exit(b);
  m.exit(m.conv(b, 8, {}));
  return m.make();
}

struct Case {
  std::string name;
  Strategy strategy;
  ArrayShape shape;
};

/// The flat netlist of a design, with its memory images.
Module synthesized(const Case& c) {
  accel::Options options;
  options.strategy = c.strategy;
  options.backbone = c.shape;
  options.exit_classifier = {.rows = 6, .columns = 2, .lanes = 1};
  const accel::Emitted design = accel::emit(accel::plan_accelerator(small_network(), options));
  const test::TempFolder folder;
  for (const auto& [name, text] : design.files) {
    make_directory((folder / name).parent_path());
    write_file(folder / name, text);
  }
  std::string script = "read_verilog -sv";
  for (const std::string& file : design.rtl) script += " " + file;
  script += fmt::format("; synth_xilinx -family xc7 -flatten -noiopad -top {}; write_json netlist.json",
                        design.top);
  const ProcessResult result = run_process({"yosys", "-q", "-p", script}, {.directory = folder.path()});
  EXPECT_EQ(result.exit_code, 0) << result.output;
  return read_netlist(read_file(folder / "netlist.json"), "netlist.json").top();
}

/// The register, memory or DSP slice that a path ends at lies in the systolic array.
std::map<std::string, bool> in_array(const Module& module) {
  std::map<std::string, bool> found;
  for (const Cell& cell : module.cells) {
    bool inside = cell.name.find("u_array") != std::string::npos;
    for (const Connection& c : cell.connections) {
      if (c.direction == Direction::output && !c.nets.empty() && c.nets.front() >= 0)
        inside = inside || module.net_name(c.nets.front()).find("u_array.") != std::string::npos;
    }
    found[cell.name] = inside;
  }
  return found;
}

/// A pin that takes data and controls nothing: an operand, a word to be written.
bool takes_data(Kind kind, const std::string& port) {
  switch (kind) {
    case Kind::dsp:
      return port == "A" || port == "B" || port == "C" || port == "D" || port == "PCIN" || port == "ACIN";
    case Kind::lut_memory:
    case Kind::block_ram:
      return port.starts_with("DI") || port == "D";
    default:
      return false;
  }
}

/// Nets with more loads than one may have, clocks and data left out: "stop 89".
std::vector<std::string> overloaded(const Module& module) {
  std::map<Net, int> loads;
  std::map<Net, bool> clocks;
  for (const Cell& cell : module.cells) {
    const Kind kind = cell_type(cell.type).kind;
    for (const Connection& c : cell.connections) {
      if (c.direction == Direction::output) continue;
      for (const Net net : c.nets) {
        if (net < 0) continue;
        if (is_clock_pin(c.port)) clocks[net] = true;
        if (!takes_data(kind, c.port)) ++loads[net];
      }
    }
  }
  std::vector<std::string> list;
  for (const auto& [net, count] : loads) {
    if (count > blocks::kMaxLoads && !clocks.contains(net))
      list.push_back(fmt::format("{} {}", module.net_name(net), count));
  }
  return list;
}

class TimingByConstruction : public ::testing::TestWithParam<Case> {};

TEST_P(TimingByConstruction, HoldsInTheNetlist) {
  if (!find_tool("yosys")) GTEST_SKIP() << "skipped: yosys not found";
  const Module module = synthesized(GetParam());
  const Levels levels(module);
  const std::map<std::string, bool> array = in_array(module);
  int ends_in_array = 0;
  for (const Endpoint& end : levels.endpoints()) {
    EXPECT_LE(end.level, kControlLevels) << end.cell << " " << end.pin << " " << module.net_name(end.net);
    if (end.cell.empty() || !array.at(end.cell)) continue;
    ++ends_in_array;
    // Yosys moves the operand feed's last register into the array's multipliers: what ends there came from
    // the feed.
    if (end.level > kArrayLevels && levels.path_to(end).from.find("u_array.") == std::string::npos) continue;
    EXPECT_LE(end.level, kArrayLevels) << end.cell << " " << end.pin << " " << module.net_name(end.net);
  }
  EXPECT_GT(ends_in_array, 100) << "the array is not found by its name any more";
  EXPECT_THAT(overloaded(module), ::testing::IsEmpty());

  int multipliers = 0;
  for (const Cell& cell : module.cells) {
    if (cell_type(cell.type).kind != Kind::dsp) continue;
    ++multipliers;
    EXPECT_TRUE(cell.parameter("MREG", 0) == 1 || cell.parameter("PREG", 0) == 1)
        << cell.name << " multiplies without a register behind it";
  }
  EXPECT_GE(multipliers, GetParam().shape.rows * GetParam().shape.columns * GetParam().shape.lanes);
}

INSTANTIATE_TEST_SUITE_P(
    Designs, TimingByConstruction,
    ::testing::Values(Case{"static_small", Strategy::static_, {.rows = 8, .columns = 2, .lanes = 1}},
                      Case{"pipeline", Strategy::pipeline, {.rows = 8, .columns = 2, .lanes = 2}},
                      Case{"parallel", Strategy::parallel, {.rows = 8, .columns = 2, .lanes = 1}},
                      // Here every broadcast net of the engine breaks the limit if it is not in copies.
                      Case{"static_large", Strategy::static_, {.rows = 16, .columns = 4, .lanes = 2}}),
    [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace offramp::netlist
