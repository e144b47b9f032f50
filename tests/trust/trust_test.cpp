// Random modules mean the same to the interpreter, to Icarus, to Verilator and to Yosys; and where they do
// not, that is found and made small.
#include "verif/trust/trust.h"

#include <gmock/gmock.h>

#include <algorithm>

#include "base/process.h"
#include "verif/trust/campaign_state.h"

namespace offramp::trust {
namespace {

using testing::HasSubstr;

#define SKIP_WITHOUT(tool) \
  if (!find_tool(tool)) GTEST_SKIP() << "skipped: " << (tool) << " not found"

std::vector<Specimen> seeds(std::uint64_t first, std::uint64_t count) {
  std::vector<Specimen> all;
  for (std::uint64_t i = 0; i < count; ++i) all.push_back({.seed = first + i, .tape = {}});
  return all;
}

TEST(Trust, ThreeHundredRandomModulesMeanTheSameEverywhere) {
  SKIP_WITHOUT("iverilog");
  SKIP_WITHOUT("verilator");
  SKIP_WITHOUT("yosys");
  Simulators simulators;
  CampaignTotals totals;
  for (std::uint64_t batch = 0; batch < 3; ++batch) {
    for (const Examined& e : examine(simulators, seeds(1 + 100 * batch, 100), {.cycles = 24, .gates = 3})) {
      totals.add(e);
      EXPECT_EQ(e.verdict.failure, "") << report(e, {.cycles = 24}, "seed.tape");
    }
  }
  EXPECT_EQ(totals.modules, 300U);
  // The test must not become empty: nearly all bits are known and compared. A module that may read beyond an
  // end is compared in Verilator alone, which is why the others see less.
  EXPECT_GE(totals.bits - totals.unknown, totals.bits * 6 / 10);
  EXPECT_GE(totals.compared["Icarus"], totals.bits * 4 / 10);
  EXPECT_GE(totals.compared["Verilator"], totals.bits * 6 / 10);
  EXPECT_GE(totals.compared["Yosys netlist"], totals.bits * 4 / 10);
  EXPECT_GT(totals.compared["Yosys gates"], 0U);
  for (const std::string& name : coverable()) EXPECT_GT(totals.covered[name], 0U) << name << " never occurs";
  RecordProperty("bits", static_cast<int>(totals.bits));
  RecordProperty("unknown", static_cast<int>(totals.unknown));
}

/// Fails on modules of this many seeds, and gives the first failure made small.
Examined first_failure(Simulators& simulators, const TrustOptions& options, std::uint64_t count) {
  for (const Examined& e : examine(simulators, seeds(1, count), options)) {
    if (!e.verdict.failure.empty() && e.verdict.failure.find("check") == std::string::npos)
      return smaller(simulators, e, options, 300);
  }
  return {};
}

std::size_t lines(const std::string& text) {
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

/// The text with the first `from` replaced in each line.
std::string edited(const std::string& text, const std::string& from, const std::string& to) {
  std::string result = text;
  for (auto at = result.find(from); at != std::string::npos; at = result.find(from, at + to.size()))
    result.replace(at, from.size(), to);
  return result;
}

TEST(Trust, APrinterThatSwapsAnOperatorIsFoundAndTheModuleMadeSmall) {
  SKIP_WITHOUT("iverilog");
  Simulators simulators(
      {.print = [](const hw::Module& m) { return edited(hw::print_verilog(m), " ^ ", " | "); }});
  const TrustOptions options{.tools = {Tool::icarus}, .cycles = 24};
  const Examined small = first_failure(simulators, options, 40);
  EXPECT_EQ(small.verdict.failure, "Icarus differs");
  ASSERT_TRUE(small.verdict.difference);
  const std::string text = report(small, options, "small.tape");
  EXPECT_LE(lines(text), 45U) << text;
  EXPECT_THAT(text, HasSubstr(" ^ "));
  EXPECT_THAT(text, HasSubstr("offramp_hw_campaign --seed"));
}

TEST(Trust, APrinterThatForgetsAResetIsFoundByVerilatorAndTheNetlist) {
  SKIP_WITHOUT("verilator");
  SKIP_WITHOUT("yosys");
  // With the reset condition false, registers keep what they start with.
  Simulators simulators({.print = [](const hw::Module& m) {
    return edited(hw::print_verilog(m), "if (!rst_ni)", "if (1'b0)");
  }});
  for (const Tool tool : {Tool::verilator, Tool::netlist}) {
    const TrustOptions options{.tools = {tool}, .cycles = 12};
    int found = 0;
    for (const Examined& e : examine(simulators, seeds(1, 12), options))
      found += e.verdict.failure == std::string(name_of(tool)) + " differs" ? 1 : 0;
    EXPECT_GE(found, 2) << name_of(tool);
  }
}

TEST(Trust, AnInterpreterThatIsWrongAboutOneBitIsFound) {
  SKIP_WITHOUT("iverilog");
  Simulators simulators({.interpreted = [](const Job&, Simulation& s) {
    if (s.values.size() > 9 && !s.values[9].empty()) {
      char& bit = s.values[9].back().back();
      bit = bit == '1' ? '0' : '1';
    }
  }});
  const std::vector<Examined> all = examine(simulators, seeds(2, 1), {.tools = {Tool::icarus}, .cycles = 12});
  ASSERT_EQ(all.front().verdict.failure, "Icarus differs");
  EXPECT_EQ(all.front().verdict.difference->cycle, 9U);
}

TEST(Trust, AToolThatRefusesOneModuleStillComparesTheOthers) {
  SKIP_WITHOUT("iverilog");
  Simulators simulators({.print = [](const hw::Module& m) {
    return hw::print_verilog(m) + (m.name == "dut_2" ? "this is no Verilog\n" : "");
  }});
  const std::vector<Examined> all = examine(simulators, seeds(1, 5), {.tools = {Tool::icarus}, .cycles = 12});
  for (std::size_t k = 0; k < all.size(); ++k)
    EXPECT_EQ(all[k].verdict.failure, k == 2 ? "Icarus refuses" : "") << k << all[k].verdict.message;
}

}  // namespace
}  // namespace offramp::trust
