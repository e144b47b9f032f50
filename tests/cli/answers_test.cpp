// What the verbs answer when all is well, as text and as JSON.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "cli/program.h"

namespace offramp::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

nlohmann::json answer(std::vector<std::string> arguments) {
  arguments.emplace_back("--json");
  const RunResult run = offramp(arguments);
  EXPECT_EQ(run.status, 0) << run.err;
  EXPECT_EQ(run.err, "");
  return nlohmann::json::parse(run.out);  // throws where there is anything beside the document
}

TEST(Answers, HelpAndVersionAreNoErrors) {
  EXPECT_EQ(offramp({"--help"}).status, 0);
  EXPECT_EQ(offramp({"build", "--help"}).status, 0);
  EXPECT_THAT(offramp({"--version"}).out, HasSubstr("offramp 0."));
}

TEST(Answers, InspectTellsLayersExitsAndSizes) {
  const auto json = answer({"inspect", lenet5()});
  EXPECT_EQ(json["classes"], 10);
  EXPECT_THAT(json["exits"], SizeIs(2));
  EXPECT_EQ(json["input"]["height"], 28);
  EXPECT_THAT(offramp({"inspect", lenet5()}).out, HasSubstr("exit 0"));
}

TEST(Answers, InspectReadsTheIfFormAsTheSameNetworkWithALevel) {
  const auto flat = answer({"inspect", lenet5()});
  const auto nested = answer({"inspect", OFFRAMP_SOURCE_DIR "/networks/lenet5/lenet5-if.onnx"});
  EXPECT_EQ(flat["macs"], nested["macs"]);
  EXPECT_TRUE(nested["exits"][0].contains("level"));
}

/// The verbs one after the other, each reading what the one before wrote.
TEST(Answers, EachVerbReadsWhatTheOneBeforeWrote) {
  const Scratch scratch;
  const std::string q = (scratch / "q").string();
  write_idx(scratch / "data", 64, 16);
  const std::string data = "idx:" + (scratch / "data").string();

  const auto quantized = answer({"quantize", lenet5(), "--data", data, "--bits", "conv2=4/8", "-o", q});
  bool found = false;
  for (const auto& layer : quantized["layers"]) {
    if (layer["name"] != "conv2") continue;
    found = true;
    EXPECT_EQ(layer["weight_bits"], 4);
  }
  EXPECT_TRUE(found);
  EXPECT_TRUE(fs::exists(q + "/quantized.onnx"));

  const auto tuned = answer({"tune", q, "--data", data, "--criterion", "entropy", "--max-drop", "2"});
  EXPECT_EQ(tuned["exits"][0]["criterion"], "entropy");
  EXPECT_THAT(tuned["exit_rates"], SizeIs(2));

  const auto explored =
      answer({"explore", q, "--target", "zcu106", "--multipliers", "16", "--exits", "pipeline"});
  const auto& best = explored["strategies"]["pipeline"][0];
  EXPECT_LE(best["multipliers"], 16);

  const auto generated =
      answer({"generate", q, "--target", "zcu106", "--multipliers", "16", "--exits", "pipeline"});
  EXPECT_EQ(generated["designs"][0]["array"], best["array"]);
  EXPECT_FALSE(generated["designs"][0]["kept"]);
  EXPECT_TRUE(answer({"generate", q, "--target", "zcu106", "--multipliers", "16", "--exits",
                      "pipeline"})["designs"][0]["kept"]);

  const std::string design = q + "/pipeline";
  EXPECT_EQ(answer({"report", design})["report"], design + "/report.html");
  EXPECT_THAT(slurp(design + "/report.html"), HasSubstr("not verified yet"));

  const auto verified = answer({"verify", design, "--data", data, "--samples", "6"});
  EXPECT_TRUE(verified["bit_exact"]);
  EXPECT_EQ(verified["samples"], 6);
  EXPECT_FALSE(verified["kept"]);
  EXPECT_TRUE(answer({"verify", design, "--data", data, "--samples", "6"})["kept"]);
  const std::string kept = slurp(design + "/verify.json");
  const auto one = answer({"verify", design, "--data", data, "--sample", "3"});
  EXPECT_EQ(one["samples"], 1);
  EXPECT_EQ(slurp(design + "/verify.json"), kept);  // one sample alone replaces nothing

  answer({"report", design});
  EXPECT_THAT(slurp(design + "/report.html"), HasSubstr("none differs"));

  const auto packed = answer({"package", design, "-o", (scratch / "a.tar.gz").string()});
  answer({"package", design, "-o", (scratch / "b.tar.gz").string()});
  EXPECT_EQ(slurp(scratch / "a.tar.gz"), slurp(scratch / "b.tar.gz"));
  const RunResult list = run_command({"tar", "-tzf", (scratch / "a.tar.gz").string()});
  EXPECT_EQ(list.status, 0);
  EXPECT_THAT(list.out, HasSubstr("lenet5_pipeline/manifest.json\n"));
  EXPECT_THAT(list.out, HasSubstr("lenet5_pipeline/verify.json\n"));
  EXPECT_EQ(list.out.find("timing.json"), std::string::npos);
}

}  // namespace
}  // namespace offramp::testing
