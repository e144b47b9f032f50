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
  // Cells of the device beside what it has, with the model's error.
  EXPECT_THAT(json["resources"]["basis"].get<std::string>(), HasSubstr("modelled"));
  for (const char* kind : {"lut", "ff", "dsp", "bram36", "uram"}) {
    EXPECT_TRUE(json["resources"][kind].contains("asked")) << kind;
    EXPECT_TRUE(json["resources"][kind].contains("available")) << kind;
  }
  EXPECT_GT(json["resources"]["lut"]["asked"], 100);
}

}  // namespace
}  // namespace offramp::design
