// What is wrong with the input: one message that names what, where and what to do, exit status 2, nothing
// written.
#include <gmock/gmock.h>

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "cli/program.h"
#include "net/onnx_writer.h"

namespace offramp::testing {
namespace {

using net::onnx_tensor;
using net::OnnxModel;
using net::OnnxNode;
using net::OnnxType;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

/// Flatten and one dense layer over 28 x 28 images: the smallest model that is right.
OnnxModel right_model() {
  OnnxModel model;
  model.graph.name = "small";
  model.graph.inputs = {{"pixels", OnnxType::float32, {1, 1, 28, 28}}};
  model.graph.outputs = {{"logits", OnnxType::float32, {1, 10}}};
  model.graph.tensors = {onnx_tensor("kernel", {4, 1, 3, 3}, std::vector<float>(36, 0.1F)),
                         onnx_tensor("w", {10, 2704}, std::vector<float>(27040, 0.01F)),
                         onnx_tensor("b", {10}, std::vector<float>(10, 0.0F))};
  model.graph.nodes = {{.op = "Conv", .inputs = {"pixels", "kernel"}, .outputs = {"map"}, .name = "conv"},
                       {.op = "Relu", .inputs = {"map"}, .outputs = {"positive"}, .name = "relu"},
                       {.op = "Flatten", .inputs = {"positive"}, .outputs = {"flat"}, .name = "flatten"},
                       {.op = "Gemm",
                        .inputs = {"flat", "w", "b"},
                        .outputs = {"logits"},
                        .name = "fc",
                        .attributes = {{"transB", 1}}}};
  return model;
}

class BadInput : public ::testing::Test {
 protected:
  /// Builds the model file and expects to be refused with status 2, a message of one line with all `parts`,
  /// and nothing where the output would have been.
  RunResult refused(const std::vector<std::string>& parts, const std::string& model,
                    std::vector<std::string> options = {}) {
    std::vector<std::string> command{"build", model, "-o", (scratch_ / "out").string()};
    const auto default_option = [&](const char* name, const char* value) {
      if (std::find(options.begin(), options.end(), name) != options.end()) return;
      command.insert(command.end(), {name, value});
    };
    default_option("--data", "fashion-mnist");
    default_option("--target", "zcu106");
    command.insert(command.end(), options.begin(), options.end());
    const RunResult run = offramp(command);
    expect_refusal(run, parts);
    EXPECT_THAT(names_below(scratch_ / "out"), IsEmpty());
    return run;
  }
  static void expect_refusal(const RunResult& run, const std::vector<std::string>& parts) {
    EXPECT_EQ(run.status, 2) << run.err;
    EXPECT_THAT(run.err, StartsWith("offramp: "));
    EXPECT_EQ(run.err.find("fault of offramp"), std::string::npos) << run.err;
    for (const std::string& part : parts) EXPECT_THAT(run.err, HasSubstr(part));
    EXPECT_EQ(run.out, "");
  }
  std::string save(const OnnxModel& model) { return save(serialize(model)); }
  std::string save(const std::string& bytes) {
    spill(scratch_ / "model.onnx", bytes);
    return (scratch_ / "model.onnx").string();
  }
  Scratch scratch_;
};

TEST_F(BadInput, TheModelThatTheOthersAreMadeFromIsRight) {
  const RunResult run = offramp({"inspect", save(right_model())});
  EXPECT_EQ(run.status, 0) << run.err;
  EXPECT_THAT(run.out, HasSubstr("27"));
}

TEST_F(BadInput, AMissingModelIsNamed) {
  refused({"nowhere.onnx", "no such file", "check the path"}, (scratch_ / "nowhere.onnx").string());
}

TEST_F(BadInput, AFolderIsNoModel) {
  refused({"is a directory"}, scratch_.path().string());
}

TEST_F(BadInput, AnEmptyFileIsNoModel) {
  refused({"model.onnx", "empty"}, save(std::string()));
}

TEST_F(BadInput, TextIsNoModel) {
  refused({"model.onnx", "ONNX"}, save(std::string("This is not a model.\n")));
}

TEST_F(BadInput, ATruncatedModelIsNoModel) {
  const std::string whole = slurp(lenet5());
  for (const std::size_t part : {whole.size() / 2, whole.size() - 1}) {
    refused({"model.onnx"}, save(whole.substr(0, part)));
  }
}

TEST_F(BadInput, AnUnsupportedOperationIsNamedWithItsNode) {
  OnnxModel model = right_model();
  model.graph.nodes[1] = {.op = "Elu", .inputs = {"map"}, .outputs = {"positive"}, .name = "activation_7"};
  refused({"model.onnx", "activation_7", "Elu"}, save(model));
}

TEST_F(BadInput, WeightsOfTheWrongShapeAreNamed) {
  OnnxModel model = right_model();
  model.graph.tensors[1] = onnx_tensor("w", {10, 2703}, std::vector<float>(27030, 0.01F));
  refused({"model.onnx", "fc", "2703", "2704"}, save(model));
}

TEST_F(BadInput, AWeightThatIsNoNumberIsNamed) {
  for (const float value : {std::nanf(""), std::numeric_limits<float>::infinity()}) {
    OnnxModel model = right_model();
    std::vector<float> weights(36, 0.1F);
    weights[17] = value;
    model.graph.tensors[0] = onnx_tensor("kernel", {4, 1, 3, 3}, weights);
    refused({"model.onnx", "kernel", std::isnan(value) ? "nan" : "inf"}, save(model));
  }
}

TEST_F(BadInput, ADimensionOfZeroIsNamed) {
  OnnxModel model = right_model();
  model.graph.tensors[0] = onnx_tensor("kernel", {0, 1, 3, 3}, std::vector<float>());
  refused({"model.onnx", "kernel", "0"}, save(model));
}

TEST_F(BadInput, AnInputDimensionOfZeroIsNamed) {
  OnnxModel model = right_model();
  model.graph.inputs = {{"pixels", OnnxType::float32, {1, 1, 0, 28}}};
  refused({"model.onnx", "pixels"}, save(model));
}

TEST_F(BadInput, ADimensionBeyondTwoToThe31IsNamed) {
  OnnxModel model = right_model();
  model.graph.inputs = {{"pixels", OnnxType::float32, {1, 1, std::int64_t{3} << 31, 28}}};
  refused({"model.onnx", "pixels", "6442450944"}, save(model));
}

TEST_F(BadInput, ATensorDimensionBeyondTwoToThe31IsNamed) {
  OnnxModel model = right_model();
  model.graph.tensors[0].dims = {std::int64_t{1} << 40, 1, 3, 3};
  refused({"model.onnx", "kernel"}, save(model));
}

TEST_F(BadInput, AGroupThatDoesNotDivideIsNamed) {
  OnnxModel model = right_model();
  model.graph.nodes[0].attributes = {{"group", 3}};
  refused({"model.onnx", "conv", "group is 3", "divide"}, save(model));
}

TEST_F(BadInput, AnExitThatIsNotOnThePathIsNamed) {
  OnnxModel model = right_model();
  model.graph.tensors.push_back(onnx_tensor("fixed", {1, 10}, std::vector<float>(10, 1.0F)));
  model.graph.nodes.push_back(
      {.op = "Identity", .inputs = {"fixed"}, .outputs = {"side"}, .name = "side_exit"});
  model.graph.outputs.insert(model.graph.outputs.begin(), {"side", OnnxType::float32, {1, 10}});
  refused({"model.onnx", "side"}, save(model));
}

TEST_F(BadInput, ADataSetWithOtherImagesIsNamedWithBothSizes) {
  write_idx(scratch_ / "data", 16, 8, 32, 24);
  refused({"32", "24", "28"}, lenet5(), {"--data", "idx:" + (scratch_ / "data").string()});
}

TEST_F(BadInput, ADataSetWithAMissingFileIsNamedWithTheFile) {
  write_idx(scratch_ / "data", 16, 8);
  fs::remove(scratch_ / "data/t10k-labels-idx1-ubyte");
  refused({"t10k-labels-idx1-ubyte"}, lenet5(), {"--data", "idx:" + (scratch_ / "data").string()});
}

TEST_F(BadInput, AFolderWithoutADataSetIsNamed) {
  refused({"nowhere"}, lenet5(), {"--data", "mnist:" + (scratch_ / "nowhere").string()});
}

TEST_F(BadInput, AnUnknownDataSetIsAnsweredWithTheKnownKinds) {
  refused({"imagenet", "fashion-mnist", "idx:"}, lenet5(), {"--data", "imagenet"});
}

TEST_F(BadInput, AnUnknownTargetIsAnsweredWithTheKnownOnes) {
  refused({"'zcu999'", "arty-a7-100, pynq-z2, zc706, zcu104, zcu106"}, lenet5(), {"--target", "zcu999"});
}

TEST_F(BadInput, ANetworkThatDoesNotFitIsAnsweredWithATable) {
  // A board with a tenth of the memory that LeNet-5's weights need.
  const fs::path home = scratch_ / "home";
  auto target = nlohmann::json::parse(slurp(OFFRAMP_SOURCE_DIR "/constraints/zcu106/target.json"));
  target["name"] = "tiny";
  target["on_chip_bits"] = 50000;
  spill(home / "constraints/tiny/target.json", target.dump());
  spill(home / "constraints/tiny/tiny.xdc", "");
  write_idx(scratch_ / "data", 64, 8);
  const RunResult run = offramp({"build", lenet5(), "--data", "idx:" + (scratch_ / "data").string(),
                                 "--target", "tiny", "--samples", "4", "-o", (scratch_ / "out").string()},
                                {.environment = {{"OFFRAMP_HOME", home.string()}}});
  expect_refusal(
      run, {"does not fit the target tiny", "asked", "available", "50000", "too much", "larger target"});
  EXPECT_THAT(names_below(scratch_ / "out"), IsEmpty());
}

TEST_F(BadInput, MoreMultipliersThanTheTargetHasAreAnsweredWithATable) {
  write_idx(scratch_ / "data", 64, 8);
  refused({"does not fit the target pynq-z2", "LUT", "DSP", "BRAM36", "528", "220",
           "The nearest configuration that fits is --array "},
          lenet5(),
          {"--target", "pynq-z2", "--array", "32x16x1", "--data", "idx:" + (scratch_ / "data").string(),
           "--samples", "4"});
}

TEST_F(BadInput, MoreSamplesThanImagesAreRefused) {
  write_idx(scratch_ / "data", 16, 8);
  refused({"--samples 9", "8 test images"}, lenet5(),
          {"--data", "idx:" + (scratch_ / "data").string(), "--samples", "9"});
}

TEST_F(BadInput, BitsForALayerThatDoesNotExistAreRefusedWithItsName) {
  write_idx(scratch_ / "data", 16, 8);
  refused({"conv99"}, lenet5(),
          {"--data", "idx:" + (scratch_ / "data").string(), "--samples", "4", "--bits", "conv99=4/4"});
}

TEST_F(BadInput, AQuantizedNetworkThatIsDamagedIsNamed) {
  spill(scratch_ / "q/quantized.json", "{\"layers\": [");
  expect_refusal(offramp({"generate", (scratch_ / "q").string(), "--target", "zcu106"}), {"quantized.json"});
  EXPECT_THAT(names_below(scratch_ / "q"), ElementsAre("quantized.json"));
}

TEST_F(BadInput, AFolderThatIsNoDesignIsNotVerified) {
  expect_refusal(offramp({"verify", scratch_.path().string(), "--data", "fashion-mnist"}),
                 {"is not a design folder", "offramp generate"});
}

TEST_F(BadInput, ADesignWithAChangedFileIsNotVerified) {
  const std::string out = (scratch_ / "q").string();
  ASSERT_EQ(offramp({"quantize", lenet5(), "-o", out}).status, 0);
  ASSERT_EQ(offramp({"generate", out, "--target", "zcu106", "--exits", "static"}).status, 0);
  const fs::path top = fs::path(out) / "static/rtl/lenet5_static.v";
  spill(top, slurp(top) + "// a small change\n");
  expect_refusal(offramp({"verify", out + "/static", "--data", "fashion-mnist"}),
                 {"lenet5_static.v", "was changed", "generate the design again"});
}

class BadCommand : public ::testing::TestWithParam<std::vector<std::string>> {};
TEST_P(BadCommand, IsAnsweredWithStatus2AndWhereToLook) {
  const RunResult run = offramp(GetParam());
  EXPECT_EQ(run.status, 2);
  EXPECT_THAT(run.err, StartsWith("offramp: "));
  EXPECT_THAT(run.err, HasSubstr("--help"));
  EXPECT_EQ(run.out, "");
}
INSTANTIATE_TEST_SUITE_P(
    Lines, BadCommand,
    ::testing::Values(std::vector<std::string>{}, std::vector<std::string>{"conquer"},
                      std::vector<std::string>{"build"},
                      std::vector<std::string>{"build", "m.onnx", "--data", "d"},
                      std::vector<std::string>{"inspect", "m.onnx", "--colour"},
                      std::vector<std::string>{"inspect", "m.onnx", "n.onnx"},
                      std::vector<std::string>{"verify", "d", "--data", "x", "--samples", "0"},
                      std::vector<std::string>{"verify", "d", "--data", "x", "--samples", "-4"}));

TEST(BadCommandAsJson, TheMessageIsADocumentToo) {
  const RunResult run = offramp({"inspect", "nowhere.onnx", "--json"});
  EXPECT_EQ(run.status, 2);
  const auto document = nlohmann::json::parse(run.out);
  EXPECT_EQ(document["status"], 2);
  EXPECT_THAT(document["error"].get<std::string>(), HasSubstr("nowhere.onnx"));
  EXPECT_THAT(run.err, HasSubstr("nowhere.onnx"));
}

}  // namespace
}  // namespace offramp::testing
