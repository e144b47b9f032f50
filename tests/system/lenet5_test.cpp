// The main job: LeNet-5 with one exit, from ONNX to three verified designs.
#include <gmock/gmock.h>

#include "lenet5_build.h"

namespace offramp::testing {
namespace {

using ::testing::HasSubstr;

INSTANTIATE_TEST_SUITE_P(Lenet5, OnLenet5, each_strategy(), strategy_name);

TEST_P(OnLenet5, IsBitExactOnTwoHundredTestImages) {
  const auto& d = build_.design(GetParam());
  EXPECT_EQ(d["bit_exact"], true);
  EXPECT_GE(d["samples"], 200);
  // Each image has at least the 1,176 values of the first stored layer.
  EXPECT_GT(d["values_compared"], 200 * 1176);
}

TEST_P(OnLenet5, TakesTheCyclesThatTheModelSays) {
  const auto& d = build_.design(GetParam());
  const auto verify = nlohmann::json::parse(slurp(design_folder() / "verify.json"));
  ASSERT_EQ(verify["cycles"].size(), verify["exit"].size());
  ASSERT_GE(verify["cycles"].size(), 200U);
  for (std::size_t i = 1; i < verify["cycles"].size();
       ++i) {  // the first has nothing before it to overlap with
    EXPECT_EQ(verify["cycles"][i], d["estimated_cycles_by_exit"][verify["exit"][i].get<std::size_t>()]) << i;
  }
}

TEST_P(OnLenet5, IsDrivenByItsCDriverThroughADmaEngine) {
  const RunResult run = offramp({"verify", design_folder().string(), "--data", "fashion-mnist", "--driver",
                                 "--samples", "100", "--json"});
  EXPECT_EQ(run.status, 0) << run.out << run.err;
  const auto answer = nlohmann::json::parse(run.out);
  EXPECT_EQ(answer["passed"], true);
  EXPECT_EQ(answer["images"], 100);
  EXPECT_GE(answer["results_compared"], 111);
  EXPECT_EQ(answer["descriptors_per_image"], 2);
  // Registers are for batches and errors, not for images.
  EXPECT_LT(answer["register_transfers_per_image"], 1);
  EXPECT_LT(answer["dma_register_transfers_per_image"], 1);
}

TEST_P(OnLenet5, IsNotDrivenSampleBySample) {
  const RunResult run =
      offramp({"verify", design_folder().string(), "--data", "fashion-mnist", "--driver", "--sample", "3"});
  EXPECT_EQ(run.status, 2);
  EXPECT_THAT(run.err, HasSubstr("leave out --sample and --trace"));
}

TEST_P(OnLenet5, HasEveryFileOfADesign) {
  for (const char* name :
       {"manifest.json", "quantized.json", "estimate.json", "verify.json", "report.html", "files.f",
        "vivado/synth.tcl", "driver/registers.h", "driver/registers.md", "driver/offramp.c", "timing.json"}) {
    EXPECT_TRUE(fs::is_regular_file(design_folder() / name)) << name;
  }
  EXPECT_TRUE(fs::is_regular_file(design_folder() / ("constraints/lenet5_" + GetParam() + "_ooc.xdc")));
  EXPECT_TRUE(fs::is_regular_file(design_folder() / ("rtl/lenet5_" + GetParam() + ".v")));
}

TEST_P(OnLenet5, HoldsNoAbsolutePathAndNoDate) {
  for (const auto& entry : fs::recursive_directory_iterator(design_folder())) {
    if (!entry.is_regular_file() || entry.path().extension() == ".fst") continue;
    const std::string text = slurp(entry.path());
    for (const std::string& private_text : {std::string(OFFRAMP_SOURCE_DIR), build_.folder().string()}) {
      EXPECT_EQ(text.find(private_text), std::string::npos) << entry.path() << " holds " << private_text;
    }
    EXPECT_EQ(text.find(__DATE__), std::string::npos) << entry.path();
  }
}

class Lenet5 : public OnLenet5 {};
INSTANTIATE_TEST_SUITE_P(All, Lenet5, ::testing::Values("all"),
                         [](const auto&) { return std::string("Strategies"); });

TEST_P(Lenet5, ExitsCostAtMostWhatTuningAllowsAndMakeItFaster) {
  const auto& baseline = build_.design("static");
  for (const char* strategy : {"pipeline", "parallel"}) {
    const auto& d = build_.design(strategy);
    EXPECT_GE(d["accuracy"].get<double>(), baseline["accuracy"].get<double>() - 0.01) << strategy;
    EXPECT_GT(d["speed_up"].get<double>(), 1.24) << strategy;  // what Dimitriou et al. report: 24 % at least
    EXPECT_EQ(d["exit_rates"], build_.design("pipeline")["exit_rates"]) << strategy;
  }
  EXPECT_GE(baseline["accuracy"].get<double>(), 0.90);
}

TEST_P(Lenet5, ParallelAddsNoCycleToASampleThatDoesNotExit) {
  ASSERT_EQ(build_.design("parallel")["array"], build_.design("static")["array"]);
  EXPECT_EQ(build_.design("parallel")["cycles_by_exit"].back(),
            build_.design("static")["cycles_by_exit"].back());
}

TEST_P(Lenet5, ASecondBuildKeepsWhatIsThereAndGivesTheSameTable) {
  const RunResult again = offramp(Lenet5Build::command(build_.folder().string()));
  EXPECT_EQ(again.status, 0) << again.err;
  EXPECT_EQ(nlohmann::json::parse(again.out), build_.answer());
  std::vector<std::string> as_text = Lenet5Build::command(build_.folder().string());
  as_text.pop_back();
  const RunResult text = offramp(as_text);
  EXPECT_THAT(text.out, HasSubstr("kept the verification of parallel"));
  EXPECT_THAT(text.out, HasSubstr("golden reference on all 10000 test images"));
  EXPECT_THAT(text.out, HasSubstr("a target and not a measurement"));
  for (const char* strategy : {"static", "pipeline", "parallel"}) {
    EXPECT_THAT(text.out, ::testing::ContainsRegex(std::string(strategy) + " .* yes\n"));
  }
}

}  // namespace
}  // namespace offramp::testing
