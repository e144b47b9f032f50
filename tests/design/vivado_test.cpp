// Every Vivado script of a design runs against verif/vivado_stub, which checks what it names; and mistakes in
// scripts, constraints and folders are found by it.
#include <gmock/gmock.h>

#include "vivado_stub.h"

namespace offramp::design {
namespace {

using accel::Strategy;
using ::testing::AllOf;
using testing::describe_netlist;
using testing::DesignFolder;
using ::testing::HasSubstr;
using testing::kStub;
using testing::make_folder;
using ::testing::Not;
using testing::Scratch;
using testing::slurp;
using testing::spill;

ProcessResult run_script(const DesignFolder& folder, const std::string& script, const std::string& word = "",
                         const std::vector<std::pair<std::string, std::string>>& environment = {}) {
  std::vector<std::string> argv = {"tclsh", kStub.string(), (*folder.scratch / "netlist.tcl").string(),
                                   (folder.path() / "vivado" / (script + ".tcl")).string(),
                                   (*folder.scratch / "out").string()};
  if (!word.empty()) argv.push_back(word);
  return run_process(argv, {.directory = folder.scratch->path(), .environment = environment});
}

class Vivado : public ::testing::Test {
 protected:
  void SetUp() override {
    for (const char* tool : {"tclsh", "yosys"}) {
      if (!find_tool(tool)) GTEST_SKIP() << "skipped: " << tool << " not found";
    }
  }
};

struct Board {
  const char* name;
  Strategy strategy;
  bool streams;
};

class VivadoOnBoard : public Vivado, public ::testing::WithParamInterface<Board> {};

TEST_P(VivadoOnBoard, EveryScriptRunsToItsEnd) {
  const DesignFolder folder = make_folder(GetParam().name, GetParam().strategy, GetParam().streams);
  ASSERT_EQ(folder.handover().memory_bits() > 0, GetParam().streams);
  describe_netlist(folder);
  for (const auto& [script, word] :
       {std::pair("synth", ""), std::pair("impl", ""), std::pair("package_ip", ""),
        std::pair("block_design", ""), std::pair("block_design", "bitstream")}) {
    const ProcessResult run = run_script(folder, script, word);
    ASSERT_EQ(run.exit_code, 0) << script << "\n" << run.output;
  }
  const std::filesystem::path out = *folder.scratch / "out";
  for (const char* name : {"_synth.dcp", "_routed.dcp", "_timing.rpt", "_utilization.rpt", "_power.rpt",
                           "_methodology.rpt", "_drc.rpt", ".bit", ".xsa"}) {
    EXPECT_TRUE(std::filesystem::exists(out / (folder.emitted.top + name))) << name;
  }
  // The design folder stays as it was.
  std::size_t count = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder.path()))
    count += entry.is_regular_file() ? 1 : 0;
  EXPECT_EQ(count, folder.files.size());
}

INSTANTIATE_TEST_SUITE_P(
    All, VivadoOnBoard,
    ::testing::Values(Board{"zcu106", Strategy::static_, false}, Board{"zcu106", Strategy::pipeline, false},
                      Board{"zcu106", Strategy::parallel, false}, Board{"zcu106", Strategy::parallel, true},
                      Board{"zcu104", Strategy::pipeline, false}, Board{"zc706", Strategy::pipeline, true},
                      Board{"pynq-z2", Strategy::parallel, false},
                      Board{"arty-a7-100", Strategy::static_, false}),
    [](const auto& of) {
      std::string name = fmt::format("{}_{}{}", of.param.name, accel::to_string(of.param.strategy),
                                     of.param.streams ? "_streams" : "");
      std::replace(name.begin(), name.end(), '-', '_');
      return name;
    });

TEST_F(Vivado, TheJtagSystemRefusesWeightsInExternalMemory) {
  const DesignFolder folder = make_folder("arty-a7-100", Strategy::pipeline, true);
  describe_netlist(folder);
  ASSERT_EQ(run_script(folder, "package_ip").exit_code, 0);
  const ProcessResult run = run_script(folder, "block_design");
  EXPECT_EQ(run.exit_code, 1);
  EXPECT_THAT(run.output, HasSubstr("the JTAG system of arty-a7-100 has none"));
}

TEST_F(Vivado, MissedTimingStopsImplementationAndBitstreamAfterTheReports) {
  const DesignFolder folder = make_folder("zcu106", Strategy::static_);
  describe_netlist(folder);
  for (const char* script : {"synth", "package_ip"}) ASSERT_EQ(run_script(folder, script).exit_code, 0);
  for (const auto& [script, word, report] : {std::tuple("impl", "", "_timing.rpt"),
                                             std::tuple("block_design", "bitstream", "_system_timing.rpt")}) {
    const ProcessResult run = run_script(folder, script, word, {{"VIVADO_STUB_SLACK", "-0.017"}});
    EXPECT_EQ(run.exit_code, 1) << script;
    EXPECT_THAT(run.output, HasSubstr("timing is missed: worst setup slack -0.017 ns"));
    EXPECT_TRUE(std::filesystem::exists(*folder.scratch / "out" / (folder.emitted.top + report)));
    EXPECT_FALSE(std::filesystem::exists(*folder.scratch / "out" / (folder.emitted.top + ".bit")));
  }
}

TEST_F(Vivado, ACriticalWarningStopsEveryScript) {
  const DesignFolder folder = make_folder("zcu106", Strategy::static_);
  describe_netlist(folder);
  for (const char* script : {"synth", "impl", "package_ip", "block_design"}) {
    const ProcessResult run = run_script(folder, script, "", {{"VIVADO_STUB_CRITICAL_WARNINGS", "2"}});
    EXPECT_EQ(run.exit_code, 1) << script;
    EXPECT_THAT(run.output, HasSubstr("gave 2 critical warnings")) << script;
  }
}

TEST_F(Vivado, ScriptsOutOfOrderSayWhichOneIsFirst) {
  const DesignFolder folder = make_folder("zcu106", Strategy::static_);
  describe_netlist(folder);
  EXPECT_THAT(run_script(folder, "impl").output, HasSubstr("run vivado/synth.tcl first"));
  EXPECT_THAT(run_script(folder, "block_design").output, HasSubstr("run vivado/package_ip.tcl first"));
  EXPECT_THAT(run_script(folder, "block_design", "bitsream").output, HasSubstr("what is 'bitsream'?"));
}

/// A mistake, and what is said of it.
struct Mistake {
  const char* name;
  const char* file;
  const char* from;
  const char* to;
  const char* script;  // that finds it
  const char* message;
};

constexpr const char* kOoc = "constraints/small_parallel_ooc.xdc";
constexpr const char* kFacts = "vivado/design.tcl";
constexpr const char* kDiagram = "vivado/block_design.tcl";
const Mistake kMistakes[] = {
    Mistake{"AMissingVerilogFile", "rtl/accumulator.v", "", "", "synth", "no file 'rtl/accumulator.v'"},
    Mistake{"AFileThatIsNotRead", kFacts, "  rtl/accumulator.v\n", "", "synth", "the module 'accumulator'"},
    Mistake{"AFileReadTwice", kFacts, "  rtl/accumulator.v\n", "  rtl/accumulator.v\n  rtl/accumulator.v\n",
            "synth", "read twice"},
    Mistake{"AMissingImage", "mem/backbone_program_0.hex", "", "", "synth",
            "could not open $readmem data file 'mem/backbone_program_0.hex'"},
    Mistake{"AMissingImageOfTheIp", "mem/backbone_program_0.hex", "", "", "package_ip",
            "backbone_program_0.hex"},
    Mistake{"AnImageThatIsNotPackaged", kFacts, "  mem/backbone_program_0.hex\n", "", "package_ip",
            "names the image 'backbone_program_0.mem'"},
    Mistake{"AnImageWithTheWrongEnding", "vivado/package_ip.tcl", "{\"\\1.mem\"}", "{\"\\1.hex\"}",
            "package_ip", "which is no memory file of the IP"},
    Mistake{"AnotherTop", kFacts, "set top small_parallel", "set top small_paralel", "synth",
            "small_paralel"},
    Mistake{"AnUnknownPart", kFacts, "set part xczu7ev", "set part xczu7eg", "synth",
            "there is no part 'xczu7eg"},
    Mistake{"AnUnknownCommand", "vivado/synth.tcl", "write_checkpoint", "save_checkpoint", "synth",
            "unknown command 'save_checkpoint'"},
    Mistake{"AnUnknownOption", "vivado/synth.tcl", "-mode out_of_context -top", "-modus out_of_context -top",
            "synth", "there is no option -modus"},
    Mistake{"AStepLeftOut", "vivado/impl.tcl", "place_design\n", "", "impl", "it has to be placed or routed"},
    Mistake{"AMisspeltPort", kOoc, "get_ports irq", "get_ports interrupt", "synth",
            "no port of small_parallel matches 'interrupt'"},
    Mistake{"ABusWithoutItsIndex", kOoc, "s_axis_tdata[*]", "s_axis_tdata", "synth",
            "matches 's_axis_tdata'"},
    Mistake{"AnInputAmongTheOutputs", kOoc, "{s_axis_tready", "{s_axis_tvalid", "synth",
            "the port 's_axis_tvalid' is no output"},
    Mistake{"AnUnknownClock", kOoc, "set_input_delay -clock ap_clk", "set_input_delay -clock aclk", "synth",
            "there is no clock 'aclk'"},
    Mistake{"ACellThatIsNotThere", kOoc, "set_false_path -to [get_ports irq]",
            "get_cells u_backbone/u_nothing", "synth", "no cell of small_parallel matches"},
    Mistake{"AnInterfaceThatThePortsDoNotMake", kFacts, "  m_axi aximm", "  m_axi_weights aximm",
            "package_ip", "did not infer the aximm interface m_axi_weights"},
    Mistake{"AnInterfaceWithoutAClock", kFacts, "  m_axi aximm\n", "", "package_ip", "'m_axi' has no clock"},
    Mistake{"ARegisterTwice", kFacts, "  exit_count_1 ", "  exit_count_0 ", "package_ip",
            "there is a register 'exit_count_0' already"},
    Mistake{"ARegisterOutsideOfItsBlock", kFacts, "set register_range ", "set register_range 1 ;#",
            "package_ip", "outside of its block"},
    Mistake{"AnUnknownProperty", "vivado/package_ip.tcl", "set_property address_offset",
            "set_property offset", "package_ip", "a register has no property 'offset'"},
    Mistake{"AnUnknownBoard", kFacts, "xilinx.com:zcu106:part0", "xilinx.com:zcu107:part0", "block_design",
            "does not know the board xilinx.com:zcu107:part0"},
    Mistake{"ABoardWithAnotherPart", kFacts, "xilinx.com:zcu106:part0", "xilinx.com:zc706:part0",
            "block_design", "has the part xc7z045ffg900-2"},
    Mistake{"AnIpThatTheCatalogLacks", kDiagram, "xilinx.com:ip:axi_dma", "xilinx.com:ip:axi_vdma2",
            "block_design", "the catalog has no IP 'xilinx.com:ip:axi_vdma2'"},
    Mistake{"APropertyThatTheIpLacks", kDiagram, "CONFIG.c_include_sg 1", "CONFIG.c_include_sgdma 1",
            "block_design", "axi_dma has no property 'CONFIG.c_include_sgdma'"},
    Mistake{"AValueThatThePropertyDoesNotTake", kDiagram, "CONFIG.c_sg_length_width 26",
            "CONFIG.c_sg_length_width 27", "block_design", "it goes from 8 to 26"},
    Mistake{"AStreamOfAnotherWidth", kDiagram, "CONFIG.c_m_axis_mm2s_tdata_width $stream_bits",
            "CONFIG.c_m_axis_mm2s_tdata_width 8", "block_design", "has 32 bits and"},
    Mistake{"AnInterfaceOfTheWrongName", kDiagram, "dma/M_AXIS_MM2S", "dma/M_AXIS_MMS2", "block_design",
            "has no interface 'M_AXIS_MMS2'"},
    Mistake{"AnInterfaceConnectedTwice", kDiagram, "connect_buses accelerator/m_axis dma/S_AXIS_S2MM\n",
            "connect_buses accelerator/m_axis accelerator/s_axis\n", "block_design",
            "is connected to '/dma/M_AXIS_MM2S' already"},
    Mistake{"AStreamLeftOpen", kDiagram, "connect_buses accelerator/m_axis dma/S_AXIS_S2MM\n", "",
            "block_design", "is not connected"},
    Mistake{"AClockLeftOpen", kDiagram, " dma/m_axi_sg_aclk", "", "block_design",
            "'/dma/m_axi_sg_aclk' is not connected"},
    Mistake{"AResetWhereAClockBelongs", kDiagram, "connect_pins $clock_pin ", "connect_pins $reset_pin ",
            "block_design", "drive"},
    Mistake{"APinWithTwoDrivers", kDiagram, "connect_pins dma/mm2s_introut interrupts/In1",
            "connect_pins dma/mm2s_introut interrupts/In0", "block_design", "has 2 drivers"},
    Mistake{"AConcatThatIsTooNarrow", kDiagram, "CONFIG.NUM_PORTS 3", "CONFIG.NUM_PORTS 2", "block_design",
            "has no pin 'In2'"},
    Mistake{"AnAddressTwice", "vivado/system.tcl", "set dma_base 0xA0010000", "set dma_base 0xA0000000",
            "block_design", "overlap"},
    Mistake{"AnAddressBeyondThePort", "vivado/system.tcl", "set dma_base 0xA0010000",
            "set dma_base 0xC0010000", "block_design", "outside of what '/ps/M_AXI_HPM0_FPD' reaches"},
    Mistake{"ASegmentThatIsForgotten", kDiagram, "      exclude_bd_addr_seg", "      # exclude_bd_addr_seg",
            "block_design", "has to be assigned or excluded once"},
    Mistake{"ASegmentThatIsNotConnected", "vivado/system.tcl", "set weight_segments ps/SAXIGP3/*",
            "set weight_segments ps/SAXIGP2/*", "block_design", "no connection leads"},
    Mistake{"APortThatIsOff", "vivado/system.tcl", "CONFIG.PSU__USE__S_AXI_GP2 1",
            "CONFIG.PSU__USE__S_AXI_GP2 0", "block_design", "has no interface 'S_AXI_HP0_FPD'"},
    Mistake{"ALedThatTheDiagramLacks", "constraints/zcu106.xdc", "[get_ports led_irq]", "[get_ports led_0]",
            "block_design", "no port of system_wrapper matches 'led_0'"},
    Mistake{"ChangesAfterTheValidation", kDiagram, "validate_bd_design\n", "", "block_design",
            "changed after it was validated"},
    Mistake{"AProjectLeftOpen", kDiagram, "close_project\n", "", "block_design", "ended with the project"}};

TEST_F(Vivado, MistakesAreFound) {
  // A design whose scripts have run; every mistake is made in a copy.
  const DesignFolder right = make_folder("zcu106", Strategy::parallel, true);
  describe_netlist(right);
  for (const char* script : {"synth", "package_ip"}) {
    const ProcessResult run = run_script(right, script);
    ASSERT_EQ(run.exit_code, 0) << run.output;
  }
  for (const Mistake& m : kMistakes) {
    SCOPED_TRACE(m.name);
    const DesignFolder folder = right.copy();
    if (std::string(m.from).empty()) {
      std::filesystem::remove(folder.path() / m.file);
    } else {
      folder.change(m.file, m.from, m.to);
    }
    const ProcessResult run =
        run_script(folder, m.script, std::string(m.script) == "block_design" ? "bitstream" : "");
    EXPECT_NE(run.exit_code, 0);
    EXPECT_THAT(run.output, HasSubstr(m.message));
  }
}

}  // namespace
}  // namespace offramp::design
