// `offramp tune`: objectives, the promise and its certificate, and what it refuses or warns of.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "cli/program.h"
#include "quant/qnetwork_json.h"
#include "quant/with_exits.h"

namespace offramp::testing {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::StartsWith;

/// LeNet-5, quantized once with images of the random data set `data_`.
class TuneProgram : public ::testing::Test {
 protected:
  void SetUp() override {
    write_idx(scratch_ / "data", 96, 700);
    q_ = (scratch_ / "q").string();
    data_ = "idx:" + (scratch_ / "data").string();
    ASSERT_EQ(offramp({"quantize", lenet5(), "--data", data_, "-o", q_}).status, 0);
  }
  [[nodiscard]] RunResult tune(std::vector<std::string> options) const {
    std::vector<std::string> command{"tune", q_, "--data", data_};
    command.insert(command.end(), options.begin(), options.end());
    return offramp(command);
  }
  [[nodiscard]] nlohmann::json answer(std::vector<std::string> options) const {
    options.emplace_back("--json");
    const RunResult run = tune(options);
    EXPECT_EQ(run.status, 0) << run.err;
    return nlohmann::json::parse(run.out);
  }
  void refused(std::vector<std::string> options, const std::vector<std::string>& parts) const {
    const std::string before = slurp(q_ + "/quantized.json");
    const RunResult run = tune(std::move(options));
    EXPECT_EQ(run.status, 2) << run.out;
    EXPECT_THAT(run.err, StartsWith("offramp: "));
    EXPECT_EQ(run.err.find("fault of offramp"), std::string::npos) << run.err;
    for (const std::string& part : parts) EXPECT_THAT(run.err, HasSubstr(part));
    EXPECT_EQ(slurp(q_ + "/quantized.json"), before);
  }
  Scratch scratch_;
  std::string q_;
  std::string data_;
};

TEST_F(TuneProgram, TakesHalfOfTheTestImagesAndReportsOnTheOtherHalf) {
  const auto json = answer({"--unseen", "--max-drop", "5"});
  EXPECT_THAT(json["tuning"].get<std::string>(), HasSubstr(" test images of "));
  EXPECT_TRUE(json["criteria"]["max"].contains("test"));
  const auto seen = answer({"--on-test", "--max-drop", "5"});
  EXPECT_THAT(seen["tuning"].get<std::string>(), HasSubstr(" training images of "));
  EXPECT_NE(seen["criteria"]["max"]["test"]["final_accuracy"],
            json["criteria"]["max"]["test"]["final_accuracy"]);
  refused({"--unseen", "--guarantee", "20"}, {"--unseen", "leave --unseen away"});
}

TEST_F(TuneProgram, ItsDesignsReportShowsAccuracyAgainstLatencyAndEnergy) {
  ASSERT_EQ(tune({"--max-drop", "5"}).status, 0);
  const std::string out = (scratch_ / "d").string();
  ASSERT_EQ(offramp({"generate", q_, "--target", "zcu106", "--exits", "static,pipeline", "--array", "8x2x1",
                     "-o", out})
                .status,
            0);
  const auto plots = [&](const std::string& strategy) {
    const RunResult run = offramp({"report", out + "/" + strategy, "--data", data_});
    EXPECT_EQ(run.status, 0) << run.err;
    const std::string page = slurp(out + "/" + strategy + "/report.html");
    std::size_t count = 0;
    for (std::size_t at = 0; (at = page.find("<svg class=\"plot\"", at)) != std::string::npos; ++at) ++count;
    EXPECT_EQ(page.find("mean energy in") != std::string::npos, count > 0);
    return count;
  };
  EXPECT_EQ(plots("pipeline"), 2U);
  EXPECT_EQ(slurp(out + "/pipeline/report.html").find("What the thresholds promise"), std::string::npos);
  EXPECT_EQ(plots("static"), 0U);  // it has no early exits

  ASSERT_EQ(tune({"--guarantee", "10", "--confidence", "0.9"}).status, 0);
  const std::string promised = (scratch_ / "promised").string();
  ASSERT_EQ(offramp({"generate", q_, "--target", "zcu106", "--exits", "pipeline", "--array", "8x2x1", "-o",
                     promised})
                .status,
            0);
  ASSERT_EQ(offramp({"report", promised + "/pipeline"}).status, 0);
  EXPECT_THAT(slurp(promised + "/pipeline/report.html"), HasSubstr("with probability at least 90 %"));
}

TEST_F(TuneProgram, TriesAllCriteriaAndTakesTheBest) {
  const auto json = answer({"--criterion", "all", "--max-drop", "5"});
  EXPECT_THAT(json["criteria"], SizeIs(5));
  const std::string best = json["criterion"];
  for (const auto& [name, figures] : json["criteria"].items())
    EXPECT_GE(figures["mean_cost"].get<double>(), json["criteria"][best]["mean_cost"].get<double>()) << name;
  EXPECT_EQ(json["exits"][0]["criterion"], best);
  EXPECT_EQ(json["cost"]["unit"], "MACs");
}

TEST_F(TuneProgram, CountsCyclesAndEnergyOfADesignAndKeepsABudget) {
  const std::vector<std::string> design{"--target", "zcu106", "--array", "25x2x1"};
  const auto with = [&](std::vector<std::string> options) {
    options.insert(options.end(), design.begin(), design.end());
    return options;
  };
  const auto floor = answer(with({"--max-drop", "3"}));
  EXPECT_EQ(floor["cost"]["unit"], "cycles");
  const double middle =
      (floor["cost"]["by_exit"][0].get<double>() + floor["cost"]["by_exit"][1].get<double>()) / 2;
  const auto budget = answer(with({"--cycles", std::to_string(middle)}));
  EXPECT_LE(budget["criteria"]["max"]["mean_cost"].get<double>(), middle);
  const auto energy = answer(with({"--microjoules", "1000", "--exits", "parallel"}));
  EXPECT_EQ(energy["cost"]["unit"], "pJ");
  EXPECT_LT(energy["cost"]["by_exit"][0].get<double>(), energy["cost"]["by_exit"][1].get<double>());
  refused(with({"--cycles", "1"}), {"1 cycles", "the least is"});
  refused(with({"--exits", "static"}), {"static", "pipeline or parallel"});
}

TEST_F(TuneProgram, WritesTheFrontAsDocumentAndAsPicture) {
  const fs::path json = scratch_ / "front.json";
  const fs::path svg = scratch_ / "front.svg";
  (void)answer({"--pareto", json.string(), "--pareto", svg.string()});
  const auto front = nlohmann::json::parse(slurp(json))["fronts"]["max"];
  ASSERT_GE(front.size(), 2U);
  for (std::size_t i = 1; i < front.size(); ++i) {
    EXPECT_LT(front[i]["mean_cost"].get<double>(), front[i - 1]["mean_cost"].get<double>());
    EXPECT_LT(front[i]["accuracy"].get<double>(), front[i - 1]["accuracy"].get<double>());
  }
  EXPECT_THAT(slurp(svg), StartsWith("<svg"));
  const std::string again = slurp(svg);
  (void)answer({"--pareto", svg.string()});
  EXPECT_EQ(slurp(svg), again);
  refused({"--pareto", "front.txt"}, {"front.txt", ".json or .svg"});
}

TEST_F(TuneProgram, CertifiesThresholdsUntilTheyAreTunedAnew) {
  const auto json = answer({"--guarantee", "10", "--confidence", "0.9", "--seed", "3"});
  const auto certificate = nlohmann::json::parse(slurp(q_ + "/certificate.json"));
  EXPECT_EQ(certificate, json["certificate"]);
  EXPECT_EQ(certificate["n"], 350);
  EXPECT_EQ(certificate["registers"][0]["threshold"], json["exits"][0]["threshold_register"]);
  // It goes into designs of these thresholds, where the manifest lists it.
  ASSERT_EQ(
      offramp({"generate", q_, "--target", "zcu106", "--exits", "pipeline", "--array", "25x2x1"}).status, 0);
  EXPECT_EQ(slurp(q_ + "/pipeline/certificate.json"), slurp(q_ + "/certificate.json"));
  EXPECT_TRUE(
      nlohmann::json::parse(slurp(q_ + "/pipeline/manifest.json"))["files"].contains("certificate.json"));
  (void)answer({"--max-drop", "1"});
  EXPECT_FALSE(fs::exists(q_ + "/certificate.json"));
  EXPECT_EQ(answer({"--guarantee", "10", "--confidence", "0.9", "--seed", "3"})["certificate"], certificate);
  (void)answer({"--guarantee", "10", "--method", "crc"});
  EXPECT_EQ(nlohmann::json::parse(slurp(q_ + "/certificate.json"))["method"], "crc");
}

TEST_F(TuneProgram, SaysHowManyImagesAPromiseNeeds) {
  refused({"--guarantee", "0.5"},
          {"0.5 points", "at least 598 calibration images", "700 images half, 350", "1196"});
  refused({"--guarantee", "0.2", "--method", "crc"}, {"at least 499 calibration images"});
  refused({"--guarantee", "0"}, {"--guarantee"});
  refused({"--guarantee", "5", "--confidence", "1.5"}, {"confidence of 1.5", "--confidence"});
}

TEST_F(TuneProgram, RefusesObjectivesThatCannotBe) {
  refused({"--min-accuracy", "99.9"}, {"99.90 %", "the most is"});
  refused({"--criterion", "all", "--min-accuracy", "99.9"}, {"99.90 %"});
  refused({"--cycles", "1000"}, {"--cycles", "--target"});
  refused({"--min-accuracy", "50", "--guarantee", "5"}, {"exclude each other"});
  refused({"--criterion", "softmax"}, {"softmax", "patience"});
}

TEST_F(TuneProgram, WarnsOfMissingClassesAndOfExitsThatNobodyTakes) {
  // The images say nothing, so at no loss of accuracy some exit may stay unused; one class has no image at
  // all.
  std::string labels = slurp(scratch_ / "data/train-labels-idx1-ubyte");
  for (std::size_t i = 8; i < labels.size(); ++i) labels[i] = labels[i] == 4 ? 3 : labels[i];
  spill(scratch_ / "data/train-labels-idx1-ubyte", labels);
  const auto json = answer({"--max-drop", "100"});
  EXPECT_THAT(json["warnings"], Contains(HasSubstr("class 4 has no image")));
  EXPECT_THAT(json["warnings"], Contains(HasSubstr("exit 1 (final) is unreachable")));
  EXPECT_THAT(tune({"--max-drop", "100"}).out, HasSubstr("warning: class 4"));
}

TEST_F(TuneProgram, RefusesLabelsThatAreNoClassesAndNetworksWithASingleExit) {
  std::string labels = slurp(scratch_ / "data/train-labels-idx1-ubyte");
  const std::string right = labels;
  labels.back() = 12;
  spill(scratch_ / "data/train-labels-idx1-ubyte", labels);
  refused({}, {"label 12", "10 classes"});
  spill(scratch_ / "data/train-labels-idx1-ubyte", right);
  const auto network = quant::from_json(slurp(q_ + "/quantized.json"), "quantized.json");
  spill(q_ + "/quantized.json", quant::to_json(quant::with_exits(network, {})));
  refused({}, {"single exit", "offramp attach"});
}

TEST_F(TuneProgram, ExploresNumbersOfExits) {
  const auto explore = [&](std::vector<std::string> options) {
    std::vector<std::string> command{"explore", q_,       "--target",     "zcu106",
                                     "--array", "25x2x1", "--exit-array", "9x2x1"};
    command.insert(command.end(), options.begin(), options.end());
    return offramp(command);
  };
  const std::string plot = (scratch_ / "curve.svg").string();
  const RunResult run =
      explore({"--exits", "1..1", "--data", data_, "--max-drop", "5", "--plot", plot, "--json"});
  ASSERT_EQ(run.status, 0) << run.err;
  const auto json = nlohmann::json::parse(run.out);
  for (const char* strategy : {"pipeline", "parallel"}) {
    const auto& curve = json["strategies"][strategy];
    ASSERT_THAT(curve["best"], SizeIs(1));
    EXPECT_NEAR(curve["best"][0]["mean_cycles"].get<double>(),
                curve["best"][0]["planned_cycles"].get<double>(), 1);
    EXPECT_GE(curve["best"][0]["accuracy"].get<double>(), curve["floor"].get<double>() - 1e-9);
  }
  EXPECT_THAT(slurp(plot), StartsWith("<svg"));
  EXPECT_THAT(slurp(scratch_ / "curve-positions.svg"), StartsWith("<svg"));

  const auto refused_with = [&](std::vector<std::string> options, const std::string& part) {
    const RunResult bad = explore(std::move(options));
    EXPECT_EQ(bad.status, 2);
    EXPECT_THAT(bad.err, HasSubstr(part));
  };
  refused_with({"--exits", "1..1"}, "--data");
  refused_with({"--exits", "1..4", "--data", data_}, "1 early exits; ask for 1 to 1");
  refused_with({"--exits", "3..1", "--data", data_}, "FROM..TO");
  refused_with({"--exits", "1", "--criterion", "patience", "--data", data_}, "margin");
}

}  // namespace
}  // namespace offramp::testing
