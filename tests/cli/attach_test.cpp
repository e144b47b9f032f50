// `offramp attach`: the program itself, from a model to what the next verb reads.
#include <gmock/gmock.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/files.h"
#include "cli/program.h"

namespace offramp::testing {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

class AttachVerb : public ::testing::Test {
 protected:
  AttachVerb() { write_idx(scratch_ / "data", 600, 60); }

  std::vector<std::string> command(std::vector<std::string> more, const std::string& model = lenet5()) const {
    std::vector<std::string> all{"attach", model, "--data", "idx:" + (scratch_ / "data").string(),
                                 "-o",     out()};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
  std::string out() const { return (scratch_ / "ee.onnx").string(); }

  /// Refused with status 2 and nothing written.
  void refused(std::vector<std::string> arguments, const std::vector<std::string>& parts) const {
    const RunResult run = offramp(std::move(arguments));
    EXPECT_EQ(run.status, 2);
    for (const std::string& part : parts) EXPECT_THAT(run.err, HasSubstr(part));
    EXPECT_EQ(std::count(run.err.begin(), run.err.end(), '\n'), 1) << run.err;
    EXPECT_THAT(names_below(scratch_.path()),
                UnorderedElementsAre("data", "data/train-images-idx3-ubyte", "data/train-labels-idx1-ubyte",
                                     "data/t10k-images-idx3-ubyte", "data/t10k-labels-idx1-ubyte"));
  }

  Scratch scratch_;
};

TEST_F(AttachVerb, WritesAModelThatTheOtherVerbsReadAndAReport) {
  const RunResult run =
      offramp(command({"--replace", "--branch", "avg1,avg4-pw4", "--at", "conv2,fc1", "--json"}));
  ASSERT_EQ(run.status, 0) << run.err;
  EXPECT_EQ(run.err, "");
  auto json = nlohmann::json::parse(run.out);
  ASSERT_THAT(json["exits"], SizeIs(2));
  EXPECT_EQ(json["exits"][0]["after"], "conv2");
  EXPECT_EQ(json["exits"][1]["name"], "exit1");
  EXPECT_THAT(json["tried"], SizeIs(4));
  EXPECT_GT(json["seconds"]["feature_macs_per_second"], 0);

  // The report beside the model is the same but for what differs from run to run.
  const auto report = nlohmann::json::parse(read_file(scratch_ / "ee.json"));
  json.erase("seconds");
  json.erase("output");
  EXPECT_EQ(report, json);

  const auto inspected = nlohmann::json::parse(offramp({"inspect", out(), "--json"}).out);
  ASSERT_THAT(inspected["exits"], SizeIs(3));
  EXPECT_EQ(inspected["exits"][0]["level"], json["exits"][0]["level"]);
  const std::string q = (scratch_ / "q").string();
  EXPECT_EQ(offramp({"quantize", out(), "-o", q}).status, 0);
  const RunResult generated = offramp({"generate", q, "--target", "zcu106", "--exits", "parallel", "-o", q});
  EXPECT_EQ(generated.status, 0) << generated.err;
}

TEST_F(AttachVerb, SameInputGivesTheSameBytes) {
  const std::vector<std::string> options{"--replace", "--branch", "avg2-conv4", "--exits",
                                         "2",         "--seed",   "7"};
  auto one = options;
  one.insert(one.end(), {"--threads", "1"});
  ASSERT_EQ(offramp(command(one)).status, 0);
  const std::string model = read_file(out());
  const std::string report = read_file(scratch_ / "ee.json");
  auto three = options;
  three.insert(three.end(), {"--threads", "3"});
  ASSERT_EQ(offramp(command(three)).status, 0);
  EXPECT_EQ(read_file(out()), model);
  EXPECT_EQ(read_file(scratch_ / "ee.json"), report);
}

TEST_F(AttachVerb, ListsPlacesWithoutData) {
  const auto json = nlohmann::json::parse(offramp({"attach", lenet5(), "--list", "--json"}).out);
  std::vector<std::string> names;
  for (const auto& place : json["places"]) names.push_back(place["name"]);
  EXPECT_THAT(names, ElementsAre("conv1", "conv2", "fc1"));
  EXPECT_THAT(offramp({"attach", lenet5(), "--list"}).out, HasSubstr("conv2"));
}

TEST_F(AttachVerb, SaysWhatIsWrong) {
  refused(command({}), {"lenet5.onnx' has 2 exits already", "--replace"});
  refused(command({"--replace", "--at", "conv7"}), {"--at 'conv7'", "conv1, conv2, fc1"});
  refused(command({"--replace", "--exits", "9"}), {"--exits 9", "has 3 places"});
  refused(command({"--replace", "--branch", "gap"}), {"branch 'gap'", "avg4-pw32"});
  refused(command({"--replace", "--images", "50"}), {"50 images leave 10", "--images"});
  refused(command({"--replace", "--at", "conv1", "--exits", "2"}), {"--at", "--exits"});
  refused({"attach", lenet5(), "--replace", "-o", out()}, {"--data"});
  refused({"attach", lenet5(), "--replace", "--data", "fashion-mnist"}, {"-o OUT.onnx"});
  refused({"attach", lenet5(), "--replace", "--data", "fashion-mnist", "-o", (scratch_ / "ee").string()},
          {"end in .onnx"});
  refused(
      {"attach", lenet5(), "--replace", "--data", "fashion-mnist", "-o", (scratch_ / "no/ee.onnx").string()},
      {"there is no directory"});
  refused({"attach", lenet5(), "--replace", "--data", "fashion-mnist", "-o", lenet5()},
          {"would overwrite the model"});
}

TEST_F(AttachVerb, TakesNoWeightsFileThatMayBeAnothers) {
  write_file(scratch_ / "ee.weights", "precious");
  const RunResult run = offramp(command({"--replace"}));
  EXPECT_EQ(run.status, 2);
  EXPECT_THAT(run.err, HasSubstr("ee.weights' is there already"));
  EXPECT_EQ(read_file(scratch_ / "ee.weights"), "precious");
}

}  // namespace
}  // namespace offramp::testing
