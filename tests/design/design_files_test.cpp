#include "design/design_files.h"

#include <gmock/gmock.h>

#include <cstdlib>
#include <nlohmann/json.hpp>

#include "accel/registers.h"
#include "base/process.h"
#include "design/driver_files.h"
#include "fixture.h"

namespace offramp::design {
namespace {

using ::testing::HasSubstr;
using testing::Scratch;
using testing::slurp;
using testing::spill;

accel::Emitted emitted() {
  accel::Emitted e;
  e.top = "net_static";
  e.rtl = {"rtl/cell.v", "rtl/net_static.v"};
  e.files = {{"rtl/cell.v", "module cell;\nendmodule\n"},
             {"rtl/net_static.v", "module net_static;\nendmodule\n"}};
  return e;
}

TEST(DesignFiles, TheFileListHasChildrenFirst) {
  EXPECT_EQ(file_list(emitted()), "rtl/cell.v\nrtl/net_static.v\n");
}

TEST(DesignFiles, TheConstraintsAskForTheTargetsClock) {
  EXPECT_THAT(out_of_context_constraints(emitted(), testing::a_target()),
              HasSubstr("create_clock -name ap_clk -period 3.333 [get_ports ap_clk]"));
}

TEST(DesignFiles, TheRegisterHeaderCompilesAsCAndHasEveryRegister) {
  const Scratch scratch;
  const std::vector<accel::Register> map = accel::register_map(3);
  const std::string header = register_header("net_parallel", map);
  std::string program = "#include \"registers.h\"\n#include <assert.h>\nint main(void) {\n";
  for (const accel::Register& r : map) {
    std::string name = "NET_PARALLEL_";
    for (const char c : r.name) name += static_cast<char>(std::toupper(c));
    program += r.bits > 32 ? "  assert(" + name + "_LO == " + std::to_string(r.offset) + " && " + name +
                                 "_HI == " + std::to_string(r.offset + 4) + ");\n"
                           : "  assert(" + name + " == " + std::to_string(r.offset) + ");\n";
  }
  spill(scratch / "registers.h", header);
  spill(scratch / "main.c", program + "  return 0;\n}\n");
  const std::string binary = (scratch / "main").string();
  const ProcessResult built = run_process(
      {"cc", "-std=c99", "-Wall", "-Wextra", "-Werror", "-o", binary, (scratch / "main.c").string()});
  ASSERT_EQ(built.exit_code, 0) << built.output << header;
  EXPECT_EQ(run_process({binary}).exit_code, 0);
}

TEST(DesignFiles, TheVivadoScriptReadsEveryFileAndSynthesizesTheTop) {
  if (!find_tool("tclsh")) GTEST_SKIP() << "skipped: tclsh not found";
  const Scratch scratch;
  const accel::Emitted e = emitted();
  const Target target = testing::a_target();
  spill(scratch / "d/vivado/synth.tcl", vivado_script(e, target));
  spill(scratch / "d/constraints/net_static_ooc.xdc", out_of_context_constraints(e, target));
  for (const auto& [name, bytes] : e.files) spill(scratch / ("d/" + name), bytes);
  // Stands for Vivado: says what it is asked for and refuses files that are not there.
  spill(scratch / "stub.tcl",
        "proc say {args} { puts $args }\n"
        "proc read_verilog {file} { if {![file exists $file]} { error \"no $file\" }; say read_verilog $file "
        "}\n"
        "proc read_xdc {args} { if {![file exists [lindex $args end]]} { error \"no $args\" }; say read_xdc "
        "{*}$args }\n"
        "foreach c {synth_design write_checkpoint report_utilization report_timing_summary} {\n"
        "  proc $c {args} \"say $c {*}\\$args\"\n}\n"
        "set script [lindex $argv 0]\nset argv [lrange $argv 1 end]\nset argc [llength $argv]\nsource "
        "$script\n");
  const ProcessResult run =
      run_process({"tclsh", (scratch / "stub.tcl").string(), (scratch / "d/vivado/synth.tcl").string(),
                   (scratch / "reports").string()},
                  {.directory = scratch.path(), .environment = {}, .time_limit = {}});
  EXPECT_EQ(run.exit_code, 0) << run.output;
  EXPECT_THAT(run.output, HasSubstr("read_verilog rtl/cell.v\nread_verilog rtl/net_static.v\n"));
  EXPECT_THAT(run.output,
              HasSubstr("synth_design -mode out_of_context -top net_static -part xczu7ev-ffvc1156-2-e"));
  EXPECT_TRUE(std::filesystem::is_directory(scratch / "reports"));
}

TEST(DesignFiles, TheEstimateSaysWhatItRestsOn) {
  const quant::QNetwork network =
      quant::random_network(5, {.adds = false, .max_weight_bits = 8, .max_activation_bits = 8});
  const accel::Accelerator accelerator = accel::plan_accelerator(
      network, {.strategy = accel::Strategy::pipeline, .backbone = {}, .exit_classifier = {}});
  const model::Estimate estimate = model::estimate(accelerator);
  const auto json = nlohmann::json::parse(estimate_json(accelerator, estimate, testing::a_target()));
  EXPECT_THAT(json["basis"].get<std::string>(), HasSubstr("modelled"));
  EXPECT_EQ(json["target"]["clock_basis"], "design target, not measured");
  ASSERT_EQ(json["layers"].size(), estimate.layers.size());
  EXPECT_EQ(json["exits"].size(), network.exits.size());
  EXPECT_EQ(json["exits"].back()["cycles"], estimate.cycles_by_exit.back());
}

}  // namespace
}  // namespace offramp::design
