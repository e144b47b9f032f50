// verify() on designs that the families emit: bit-exactness, and what happens when a design is not.
#include "design.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <set>
#include <sstream>

#include "accel/configuration.h"
#include "base/error.h"
#include "base/files.h"
#include "golden/golden.h"
#include "model/estimate.h"
#include "verif/cycles.h"
#include "verif/random_case.h"
#include "verif/sample_run.h"

namespace offramp::verif {
namespace {

using namespace testing;
using ::testing::HasSubstr;
using ::testing::StartsWith;
namespace fs = std::filesystem;

constexpr accel::ArrayShape kSmall{.rows = 4, .columns = 2, .lanes = 1};

/// A network with two early exits that are taken by some of the images and not by others.
quant::QNetwork network_with_exits() {
  quant::RandomNetworkOptions options{.max_map = 7, .max_channels = 4, .max_layers = 3, .max_early_exits = 2};
  options.min_weight_bits = 4;
  options.max_weight_bits = 8;
  options.min_activation_bits = 4;
  options.max_activation_bits = 8;
  // The first that fits is here; should random networks change, the search goes on from here.
  for (std::uint64_t seed = 293;; ++seed) {
    quant::QNetwork network = quant::random_network(seed, options);
    if (network.exits.size() < 3) continue;
    const net::Split data = random_images(network, 30, 1000);
    std::vector<int> taken(network.exits.size(), 0);
    for (std::size_t i = 0; i < data.size(); ++i) {
      const std::span<const std::uint8_t> pixels(data.image(i),
                                                 static_cast<std::size_t>(data.shape.elements()));
      ++taken[static_cast<std::size_t>(golden::run_simple(network, pixels).exit)];
    }
    if (*std::min_element(taken.begin(), taken.end()) >= 3) return network;
  }
}

class EachStrategy : public ::testing::TestWithParam<accel::Strategy> {};

TEST_P(EachStrategy, ComputesTheBitsOfTheGoldenReferenceUnderBackPressure) {
  const TestDesign design = make_design(network_with_exits(), GetParam(), kSmall);
  const VerifyResult result = design.verify(quick_verify(30));
  EXPECT_TRUE(result.bit_exact) << describe(result);
  EXPECT_EQ(result.samples, 30u);
  EXPECT_EQ(result.cycles.size(), 30u);
  EXPECT_EQ(result.exit.size(), 30u);
  EXPECT_EQ(std::set<std::size_t>(result.images.begin(), result.images.end()).size(), 30u);
  // At least each value of the last layer before the exit taken, in both runs.
  EXPECT_GT(result.values_compared, 2u * 30u * 10u);
  EXPECT_GT(result.sim_cycles_per_second, 0);
  // Some samples leave at each exit, or all at the last in the static design.
  const std::set<int> exits(result.exit.begin(), result.exit.end());
  EXPECT_EQ(exits.size(),
            GetParam() == accel::Strategy::static_ ? 1u : design.accelerator.network.exits.size());
  EXPECT_FALSE(fs::exists(design.directory() / "waves"));
}

TEST_P(EachStrategy, TakesTheCyclesThatTheModelSays) {
  const TestDesign design = make_design(network_with_exits(), GetParam(), kSmall);
  const model::Estimate estimate = model::estimate(design.accelerator);
  const VerifyResult result = design.verify(quick_verify(30));
  ASSERT_TRUE(result.bit_exact) << describe(result);
  for (std::size_t n = 1; n < result.cycles.size(); ++n) {
    EXPECT_EQ(result.cycles[n], estimate.cycles_by_exit[static_cast<std::size_t>(result.exit[n])])
        << "sample " << n;
  }
}

TEST_P(EachStrategy, SpendsInEachLayerTheCyclesThatTheModelSays) {
  const TestDesign design = make_design(network_with_exits(), GetParam(), kSmall);
  const model::Estimate estimate = model::estimate(design.accelerator);
  const ModelSources sources{.directory = design.directory(),
                             .verilog = design.emitted.rtl,
                             .top = design.emitted.top,
                             .probes = design.emitted.probes};
  const BuiltModel built = build_model(
      sources, {.favour = ModelOptions::Favour::build, .random_start = true, .cache = test_cache()});
  VerilatedModel model(built, sources, {.directory = design.directory()});
  LayerCycleCounter counter(model, design.accelerator);
  std::vector<std::size_t> images(30);
  for (std::size_t i = 0; i < images.size(); ++i) images[i] = i;
  const RunResult run = run_samples(model, design.accelerator, design.data,
                                    {.images = images, .stalls = false, .watchers = {&counter}});
  ASSERT_FALSE(run.mismatch);
  ASSERT_EQ(counter.samples().size(), images.size());
  std::set<std::string> seen;
  for (const LayerCycleCounter::Sample& sample : counter.samples()) {
    for (const LayerCycleCounter::Layer& layer : sample.layers) {
      const auto modelled = std::find_if(estimate.layers.begin(), estimate.layers.end(), [&](const auto& l) {
        return l.engine == layer.engine && l.layer == layer.layer;
      });
      ASSERT_NE(modelled, estimate.layers.end());
      EXPECT_EQ(layer.cycles, modelled->cycles) << layer.engine << " " << layer.layer;
      seen.insert(layer.engine + "/" + layer.layer);
    }
  }
  EXPECT_EQ(seen.size(), estimate.layers.size());
}

INSTANTIATE_TEST_SUITE_P(Verify, EachStrategy,
                         ::testing::Values(accel::Strategy::static_, accel::Strategy::pipeline,
                                           accel::Strategy::parallel),
                         [](const auto& strategy) {
                           const std::string word = accel::to_string(strategy.param);
                           return word == "static" ? "Static" : word == "pipeline" ? "Pipeline" : "Parallel";
                         });

TEST(Verify, TheSameSeedGivesTheSameRun) {
  const TestDesign design = make_design(network_with_exits(), accel::Strategy::pipeline, kSmall);
  const VerifyResult a = design.verify(quick_verify(10));
  const VerifyResult b = design.verify(quick_verify(10));
  EXPECT_EQ(a.images, b.images);
  EXPECT_EQ(a.cycles, b.cycles);
  EXPECT_EQ(a.values_compared, b.values_compared);
}

/// Flips bits of one digit in a memory image of the design.
void damage(const fs::path& file, std::size_t line_number, std::size_t digit_from_the_end, int flip) {
  std::istringstream in(read_file(file));
  std::string text;
  std::string line;
  for (std::size_t n = 0; std::getline(in, line); ++n) {
    if (n == line_number) {
      char& c = line[line.size() - 1 - digit_from_the_end];
      const int value = std::stoi(std::string(1, c), nullptr, 16) ^ flip;
      c = "0123456789abcdef"[value];
    }
    text += line + "\n";
  }
  write_text(file, text);
}

TEST(Verify, AFlippedWeightIsFoundWithLayerAndPosition) {
  TestDesign design = make_design(network_with_exits(), accel::Strategy::pipeline, kSmall);
  damage(design.directory() / "mem" / "backbone_weights_00.hex", 0, 0, 1);
  const VerifyResult result = design.verify(quick_verify(30));
  ASSERT_FALSE(result.bit_exact);
  ASSERT_TRUE(result.first_mismatch);
  EXPECT_EQ(result.first_mismatch->layer, design.accelerator.engines[0].layers[0].name);
  EXPECT_THAT(result.first_mismatch->position, StartsWith("y="));
  EXPECT_NE(result.first_mismatch->expected, result.first_mismatch->got);
}

TEST(Verify, AMismatchLeavesWavesAndACommandThatReproducesIt) {
  TestDesign design = make_design(network_with_exits(), accel::Strategy::pipeline, kSmall);
  damage(design.directory() / "mem" / "backbone_weights_00.hex", 0, 0, 1);
  VerifyOptions options = quick_verify(30);
  options.seed = 5;
  const VerifyResult result = design.verify(options);
  ASSERT_TRUE(result.first_mismatch);
  const std::size_t sample = result.first_mismatch->sample;
  EXPECT_EQ(result.reproduce, fmt::format("offramp verify {} --sample {} --seed 5 --trace",
                                          design.directory().string(), sample));
  EXPECT_EQ(result.waves, design.directory() / "waves" / fmt::format("sample_{}.fst", sample));
  EXPECT_GT(fs::file_size(result.waves), 1000u);
  EXPECT_EQ(std::distance(fs::directory_iterator(design.directory() / "waves"), fs::directory_iterator{}), 1);

  // What that command does.
  options.only_sample = sample;
  options.trace = true;
  const VerifyResult again = design.verify(options);
  ASSERT_TRUE(again.first_mismatch);
  EXPECT_EQ(again.first_mismatch->layer, result.first_mismatch->layer);
  EXPECT_EQ(again.first_mismatch->position, result.first_mismatch->position);
  EXPECT_EQ(again.first_mismatch->got, result.first_mismatch->got);
}

TEST(Verify, ADamagedScaleIsFoundInItsLayer) {
  TestDesign design = make_design(network_with_exits(), accel::Strategy::static_, kSmall);
  // The lowest digit of a word is the shift of the group's first channel.
  damage(design.directory() / "mem" / "backbone_scales_0.hex", 0, 0, 1);
  const VerifyResult result = design.verify(quick_verify(30));
  ASSERT_TRUE(result.first_mismatch);
  EXPECT_EQ(result.first_mismatch->layer, design.accelerator.engines[0].layers[0].name);
}

TEST(Verify, ADamagedExponentialTableIsFoundInTheSums) {
  quant::QNetwork network = network_with_exits();
  for (quant::QExit& e : network.exits) e.criterion = fixed::Criterion::max_softmax;  // which reads the table
  TestDesign design = make_design(network, accel::Strategy::pipeline, kSmall);
  damage(design.directory() / "mem" / "decision_exp.hex", 0, 0, 1);
  const VerifyResult result = design.verify(quick_verify(30));
  ASSERT_TRUE(result.first_mismatch);
  EXPECT_THAT(result.first_mismatch->layer,
              ::testing::AnyOf(StartsWith("sum_exp of"), StartsWith("sum_weighted of")));
}

TEST(Verify, ADesignWithAnotherThresholdIsFound) {
  // The design was made with one threshold and the network that it is held against has another.
  const quant::QNetwork network = network_with_exits();
  TestDesign design = make_design(network, accel::Strategy::pipeline, kSmall);
  design.accelerator.hardware = accel::configuration_hash(design.accelerator);
  design.accelerator.network.exits[0].threshold += 1;
  VerifyOptions options = quick_verify(5);
  options.stalls = false;  // with stalls the right threshold would be written first
  const VerifyResult result = design.verify(options);
  ASSERT_TRUE(result.first_mismatch);
  EXPECT_THAT(
      result.first_mismatch->layer,
      ::testing::AnyOf(StartsWith("register threshold_0"), StartsWith("decision of"), StartsWith("result")));
}

TEST(Verify, ADesignOfAnotherConfigurationIsFound) {
  for (const bool stalls : {false, true}) {
    TestDesign design = make_design(network_with_exits(), accel::Strategy::pipeline, kSmall);
    design.accelerator.hardware = accel::configuration_hash(design.accelerator) ^ 1;
    VerifyOptions options = quick_verify(5);
    options.stalls = stalls;
    const VerifyResult result = design.verify(options);
    ASSERT_TRUE(result.first_mismatch);
    EXPECT_EQ(result.first_mismatch->layer, "register configuration");
  }
}

/// Replaces text in a file of the design; the text must be there.
void edit(const fs::path& file, const std::string& was, const std::string& is) {
  std::string text = read_file(file);
  const std::size_t at = text.find(was);
  ASSERT_NE(at, std::string::npos) << was << " is not in " << file;
  write_text(file, text.replace(at, was.size(), is));
}

/// A design whose Verilog was changed in one place.
VerifyResult verify_edited(accel::Strategy strategy, const std::string& suffix, const std::string& was,
                           const std::string& is) {
  TestDesign design = make_design(network_with_exits(), strategy, kSmall);
  edit(design.directory() / "rtl" / (design.emitted.top + suffix + ".v"), was, is);
  return design.verify(quick_verify(30));
}

TEST(Verify, AWriteThatIsLostIsFound) {
  const VerifyResult result =
      verify_edited(accel::Strategy::static_, "_backbone_engine", "wire write_valid = valid_w &",
                    "wire write_valid = valid_w & (write_address[1:0] != 2'd3) &");
  ASSERT_TRUE(result.first_mismatch);
  EXPECT_THAT(describe(result), HasSubstr("(never written)"));
}

TEST(Verify, ADesignThatHangsIsFoundWithWhatItWaitsFor) {
  const VerifyResult result = verify_edited(
      accel::Strategy::static_, "", "assign m_axis_tvalid = result_valid;", "assign m_axis_tvalid = 1'b0;");
  ASSERT_TRUE(result.first_mismatch);
  EXPECT_EQ(result.first_mismatch->layer, "progress");
  EXPECT_THAT(result.first_mismatch->position, HasSubstr("m_axis_tvalid with the result of sample 0"));
}

TEST(Verify, ABrokenBusRuleIsFound) {
  const VerifyResult result = verify_edited(accel::Strategy::static_, "", "assign m_axis_tlast = 1'b1;",
                                            "assign m_axis_tlast = 1'b0;");
  ASSERT_TRUE(result.first_mismatch);
  EXPECT_EQ(result.first_mismatch->layer, "protocol");
  EXPECT_THAT(result.first_mismatch->position,
              HasSubstr("tlast must be set on the last beat of a packet and on no other"));
}

TEST(Verify, AWrongClassInTheResultIsFound) {
  const VerifyResult result =
      verify_edited(accel::Strategy::pipeline, "", "m_axis_tdata = {result[24], result[47:41], result[23:0]}",
                    "m_axis_tdata = {result[24], result[47:41], result[23:1], ~result[0]}");
  ASSERT_TRUE(result.first_mismatch);
  EXPECT_EQ(result.first_mismatch->layer, "result");
  EXPECT_EQ(result.first_mismatch->position, "class");
}

TEST(Verify, AWrongNumberInTheResultIsFound) {
  const VerifyResult result =
      verify_edited(accel::Strategy::pipeline, "", "m_axis_tdata = {result[24], result[47:41], result[23:0]}",
                    "m_axis_tdata = {result[24], result[47:42], ~result[41], result[23:0]}");
  ASSERT_TRUE(result.first_mismatch);
  EXPECT_EQ(result.first_mismatch->layer, "protocol");
  EXPECT_THAT(result.first_mismatch->position, HasSubstr("a result must carry its own sample's number"));
}

TEST(Verify, ATapThatMissesElementsIsFoundInItsExitsLogits) {
  const VerifyResult result =
      verify_edited(accel::Strategy::parallel, "", ".tap_column_mask_i (map_column_mask)",
                    ".tap_column_mask_i (map_column_mask & 2'b10)");
  ASSERT_TRUE(result.first_mismatch);
  EXPECT_THAT(result.first_mismatch->layer, StartsWith("logits of"));
}

/// A design of which about half of the samples skip their first branch.
TestDesign skipping_design(accel::Strategy strategy) {
  quant::QNetwork network = network_with_exits();
  network.exits.front().skip.level = 1;  // the right level follows from the images
  network = balance_exits(network, random_images(network, 24, 1000));
  return make_design(network, strategy, kSmall);
}

TEST(Verify, BranchesThatAreSkippedWhereTheyShouldNotBeAreFound) {
  for (const auto strategy : {accel::Strategy::pipeline, accel::Strategy::parallel}) {
    TestDesign design = skipping_design(strategy);
    ASSERT_FALSE(design.verify(quick_verify(20)).first_mismatch) << "before the change";
    edit(design.directory() / "rtl" / (design.emitted.top + ".v"), "skip_0q <= hard_0", "skip_0q <= ~hard_0");
    const VerifyResult result = design.verify(quick_verify(20));
    EXPECT_TRUE(result.first_mismatch) << accel::to_string(strategy);
  }
}

TEST(Verify, AWrongSumOfMagnitudesIsFoundEvenWhereItChangesNoVerdict) {
  TestDesign design = skipping_design(accel::Strategy::pipeline);
  for (const std::string& file : design.emitted.rtl) {
    if (file.find("activity_meter") == std::string::npos) continue;
    edit(design.directory() / file, "assign sum_o = total_q", "assign sum_o = total_q ^ 1'b1");
  }
  const VerifyResult result = design.verify(quick_verify(20));
  ASSERT_TRUE(result.first_mismatch);
  EXPECT_EQ(result.first_mismatch->position, "sum of magnitudes");
}

TEST(Verify, AMissingMemoryImageIsNamed) {
  TestDesign design = make_design(network_with_exits(), accel::Strategy::static_, kSmall);
  fs::remove(design.directory() / "mem" / "backbone_scales_0.hex");
  try {
    (void)design.verify(quick_verify(1));
    FAIL() << "nothing was thrown";
  } catch (const Error& e) {
    EXPECT_THAT(e.what(), HasSubstr("backbone_scales_0.hex"));
  }
}

TEST(Verify, ImagesOfAnotherSizeAndSamplesThatDoNotExistAreRefused) {
  TestDesign design = make_design(network_with_exits(), accel::Strategy::static_, kSmall, 3);
  const auto message = [&](const VerifyOptions& options) -> std::string {
    try {
      (void)design.verify(options);
    } catch (const Error& e) {
      return e.what();
    }
    return "nothing was thrown";
  };
  VerifyOptions options = quick_verify(0);
  EXPECT_THAT(message(options), HasSubstr("0 samples"));
  options.samples = 1;
  options.only_sample = 3;
  EXPECT_THAT(message(options), HasSubstr("no sample 3"));
  options.only_sample.reset();
  design.data.shape.width += 1;
  EXPECT_THAT(message(options), HasSubstr("rows x columns x channels"));
  design.data = {};
  EXPECT_THAT(message(options), HasSubstr("no images"));
}

}  // namespace
}  // namespace offramp::verif
