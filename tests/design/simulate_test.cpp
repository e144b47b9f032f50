// The testbench and the FuseSoC core of a design, in the simulators and tools that they are for.
#include <gmock/gmock.h>

#include <cstdlib>

#include "vivado_stub.h"

namespace offramp::design {
namespace {

using accel::Strategy;
using testing::DesignFolder;
using ::testing::HasSubstr;
using testing::make_folder;
using testing::slurp;
using testing::spill;

ProcessResult simulate(const DesignFolder& folder) {
  const std::string bench = folder.emitted.top + "_tb";
  const std::string binary = (*folder.scratch / "bench.vvp").string();
  const ProcessResult built =
      run_process({"iverilog", "-g2009", "-s", bench, "-o", binary, "-f", "files.f", "sim/" + bench + ".v"},
                  {.directory = folder.path()});
  if (built.exit_code != 0) return built;
  return run_process({"vvp", "-N", binary}, {.directory = folder.path()});
}

TEST(Testbench, PassesInIcarusForEveryStrategy) {
  if (!find_tool("iverilog")) GTEST_SKIP() << "skipped: iverilog not found";
  for (const Strategy strategy : {Strategy::static_, Strategy::pipeline, Strategy::parallel}) {
    const DesignFolder folder = make_folder("zcu106", strategy);
    const ProcessResult run = simulate(folder);
    EXPECT_EQ(run.exit_code, 0) << run.output;
    EXPECT_THAT(run.output, HasSubstr("PASS: 3 of 3 results")) << accel::to_string(strategy);
  }
}

TEST(Testbench, FailsWhereAResultOrTheDesignIsAnother) {
  if (!find_tool("iverilog")) GTEST_SKIP() << "skipped: iverilog not found";
  const DesignFolder right = make_folder("zcu106", Strategy::pipeline);
  const DesignFolder result = right.copy();
  const std::string expected = slurp(result.path() / "sim/results.hex");
  spill(result.path() / "sim/results.hex",
        expected.substr(0, 7) + (expected[7] == '0' ? "1" : "0") + expected.substr(8));
  EXPECT_NE(simulate(result).exit_code, 0);
  EXPECT_THAT(simulate(result).output, HasSubstr("FAIL: image 0 gave"));
  const DesignFolder design = right.copy();
  // Results that lose their ID.
  design.change("rtl/small_pipeline.v", "assign m_axis_tuser = ", "assign m_axis_tuser = 16'd9 | ");
  EXPECT_THAT(simulate(design).output, HasSubstr("FAIL: a result with the ID"));
}

TEST(Testbench, IsNotWrittenWhereWeightsAreInExternalMemory) {
  const DesignFolder folder = make_folder("zcu106", Strategy::pipeline, true);
  for (const auto& [name, text] : folder.files) EXPECT_FALSE(name.starts_with("sim/")) << name;
  EXPECT_EQ(folder.files.at("small_pipeline.core").find("tb"), std::string::npos);
}

/// FuseSoC (PyPI fusesoc): on PATH, or where OFFRAMP_FUSESOC says.
std::string fusesoc() {
  if (const char* given = std::getenv("OFFRAMP_FUSESOC"); given != nullptr) return given;
  return find_tool("fusesoc") ? "fusesoc" : "";
}

TEST(FuseSoc, RunsEveryTargetWithEveryTool) {
  if (fusesoc().empty()) GTEST_SKIP() << "skipped: fusesoc not found (PyPI fusesoc, or OFFRAMP_FUSESOC)";
  const DesignFolder folder = make_folder("zcu106", Strategy::parallel);
  const auto run = [&](const std::vector<std::string>& words) {
    std::vector<std::string> argv = {fusesoc(), "--cores-root", folder.path().string(),
                                     "run",     "--build-root", (*folder.scratch / "build").string()};
    argv.insert(argv.end(), words.begin(), words.end());
    argv.push_back("offramp:accelerator:small_parallel");
    return run_process(argv, {.directory = folder.scratch->path(),
                              .environment = {{"HOME", folder.scratch->path().string()}}});
  };
  for (const auto& words : std::vector<std::vector<std::string>>{{"--target", "lint"},
                                                                 {"--target", "sim", "--tool", "icarus"},
                                                                 {"--target", "sim", "--tool", "verilator"},
                                                                 {"--target", "synth"}}) {
    const ProcessResult result = run(words);
    EXPECT_EQ(result.exit_code, 0) << fmt::format("{}\n", fmt::join(words, " ")) << result.output;
    if (words[1] == "sim") EXPECT_THAT(result.output, HasSubstr("PASS: 3 of 3 results"));
  }
  spill(folder.path() / "sim/results.hex", "00000000\n0000ffff\n00000000\n");
  EXPECT_NE(run({"--target", "sim"}).exit_code, 0);
}

TEST(Makefile, TakesADesignFolderThroughEveryStep) {
  for (const char* tool : {"make", "tclsh", "yosys", "verilator", "iverilog"}) {
    if (!find_tool(tool)) GTEST_SKIP() << "skipped: " << tool << " not found";
  }
  const DesignFolder folder = make_folder("pynq-z2", Strategy::static_);
  testing::describe_netlist(folder);
  // Stands for Vivado on PATH.
  const std::filesystem::path vivado = *folder.scratch / "vivado";
  spill(vivado, fmt::format("#!/bin/sh\nwhile [ \"$1\" != -source ]; do shift; done\nscript=$2\nshift 3\n"
                            "exec tclsh {} {} \"$script\" \"$@\"\n",
                            testing::kStub.string(), (*folder.scratch / "netlist.tcl").string()));
  std::filesystem::permissions(vivado, std::filesystem::perms::owner_all);
  const auto make = [&](std::vector<std::string> words) {
    words.insert(words.begin(), {"make", "-f", "Makefile.fpga"});
    return run_process(words, {.directory = folder.path()});
  };
  for (const char* goal : {"lint", "impl", "bitstream"}) {
    const ProcessResult run = make({goal, "VIVADO=" + vivado.string()});
    EXPECT_EQ(run.exit_code, 0) << goal << "\n" << run.output;
  }
  const std::filesystem::path out = *folder.scratch / "design.vivado";
  for (const char* name : {"small_static_routed.dcp", "small_static.bit", "small_static.xsa"})
    EXPECT_TRUE(std::filesystem::exists(out / name)) << name;
  ASSERT_EQ(make({"clean"}).exit_code, 0);
  EXPECT_FALSE(std::filesystem::exists(out));
  const ProcessResult absent = make({"synth", "VIVADO=no-such-vivado"});
  EXPECT_NE(absent.exit_code, 0);
  EXPECT_THAT(absent.output, HasSubstr("no-such-vivado is not on PATH"));
  EXPECT_THAT(make({"synth", "DESIGN=" + folder.scratch->path().string()}).output,
              HasSubstr("is not a design folder"));
}

}  // namespace
}  // namespace offramp::design
