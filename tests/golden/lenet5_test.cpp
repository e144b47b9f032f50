// The main job's network on the main job's data: accuracy after quantization and speed of the fast reference.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <filesystem>

#include "base/error.h"
#include "golden/evaluate.h"
#include "net/float_run.h"
#include "net/import.h"
#include "quant/quantize.h"
#include "tune/tune.h"

namespace offramp::golden {
namespace {

class LeNet5 : public testing::Test {
 protected:
  void SetUp() override {
    const std::filesystem::path model =
        std::filesystem::path(OFFRAMP_SOURCE_DIR) / "networks/lenet5/lenet5.onnx";
    if (!std::filesystem::exists(model)) GTEST_SKIP() << "skipped: networks/lenet5/lenet5.onnx not found";
    try {
      data_ = net::load_dataset("fashion-mnist");
    } catch (const Error& e) {
      GTEST_SKIP() << "skipped: " << e.what();
    }
    network_ = net::import_onnx(model);
  }

  /// Share of the test images that each exit classifies correctly in float.
  std::vector<double> float_accuracy() const {
    std::vector<int> right(network_.exits.size(), 0);
    const auto count = [&](std::size_t i, const net::FloatOutputs& outputs) {
      for (std::size_t e = 0; e < right.size(); ++e) {
        const auto& logits = outputs[static_cast<std::size_t>(network_.exits[e].logits)];
        right[e] += std::max_element(logits.begin(), logits.end()) - logits.begin() == data_.test.labels[i];
      }
    };
    net::run_float_batch(network_, data_.test.pixels.data(), data_.test.size(), count);
    std::vector<double> accuracy;
    for (const int r : right)
      accuracy.push_back(static_cast<double>(r) / static_cast<double>(data_.test.size()));
    return accuracy;
  }

  net::Dataset data_;
  net::Network network_;
};

TEST_F(LeNet5, LosesAtMostHalfAPointOfAccuracyAtEightBits) {
  const std::vector<double> before = float_accuracy();
  const quant::QNetwork net = quant::quantize(network_, &data_.train, {});
  const Evaluation after = evaluate(net, data_.test);
  for (std::size_t e = 0; e < before.size(); ++e) {
    std::printf("exit %zu: float %.2f %%, int8 %.2f %%\n", e, 100 * before[e], 100 * after.exit_accuracy[e]);
    EXPECT_GE(after.exit_accuracy[e], before[e] - 0.005) << "exit " << e;
  }
  std::printf("early-exit network at %.2f: %.2f %%, %.1f %% leave at exit 0\n", net.exits[0].level,
              100 * after.accuracy, 100 * after.exit_share[0]);
}

TEST_F(LeNet5, KeepsSomeAccuracyAtFewerBitsAndLosesLittleAtMore) {
  const std::vector<double> before = float_accuracy();
  const auto loss = [&](int weights, int activations) {
    const auto net =
        quant::quantize(network_, &data_.train, {.bits = {weights, activations}, .layer_bits = {}});
    const double l = before.back() - evaluate(net, data_.test).exit_accuracy.back();
    std::printf("weights %d, activations %d: loss %.2f points\n", weights, activations, 100 * l);
    return l;
  };
  EXPECT_LE(loss(16, 16), 0.002);
  EXPECT_LE(loss(6, 6), 0.02);
  EXPECT_LE(loss(4, 8), 0.05);
  EXPECT_LE(loss(4, 4), 0.10);
}

TEST_F(LeNet5, RunsTenThousandImagesThroughTheFastReferenceInTwoSeconds) {
  const quant::QNetwork net = quant::quantize(network_, &data_.train, {});
  const FastGolden fast(net);
  // Time of this thread alone: a test shares its cores with other tests.
  const std::clock_t start = std::clock();
  const auto traces = fast.decide(data_.test.pixels.data(), data_.test.size());
  const double seconds = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
  std::int64_t macs = 0;
  for (const auto& layer : net.layers) macs += quant::macs(net, layer);
  std::printf("%zu images in %.2f s on one core: %.2f GMAC/s\n", traces.size(), seconds,
              static_cast<double>(macs) * static_cast<double>(traces.size()) / seconds * 1e-9);
  EXPECT_LT(seconds, 2);
  for (std::size_t i = 0; i < traces.size(); i += 500) {
    const std::size_t size = static_cast<std::size_t>(data_.test.shape.elements());
    EXPECT_EQ(traces[i].decisions, run_simple(net, {data_.test.image(i), size}).decisions) << "image " << i;
  }
}

TEST_F(LeNet5, IsTunedOnTrainingImagesAndHoldsUpOnTestImages) {
  quant::QNetwork net = quant::quantize(network_, &data_.train, {});
  net::Split tuning{.shape = data_.train.shape, .pixels = {}, .labels = {}};
  const std::size_t held = 5000;
  const std::size_t first = data_.train.size() - held;
  tuning.pixels.assign(data_.train.image(first),
                       data_.train.image(first) + held * static_cast<std::size_t>(tuning.shape.elements()));
  tuning.labels.assign(data_.train.labels.begin() + static_cast<std::ptrdiff_t>(first),
                       data_.train.labels.end());
  for (const auto criterion : {fixed::Criterion::max_softmax, fixed::Criterion::entropy}) {
    const Evaluation seen = evaluate(net, tuning);
    std::vector<tune::Sample> samples;
    for (std::size_t i = 0; i < held; ++i) samples.push_back({seen.decisions[i], tuning.labels[i]});
    const tune::Tuned result = tune::tune(net, samples, tune::mac_costs(net), {.criterion = criterion});
    tune::apply(result.policy, net);
    const tune::Figures& tuned = result.figures;
    EXPECT_GE(tuned.accuracy, tuned.final_accuracy - 0.005);
    const Evaluation again = evaluate(net, tuning);
    EXPECT_DOUBLE_EQ(again.accuracy, tuned.accuracy);
    EXPECT_DOUBLE_EQ(again.exit_share[0], tuned.exit_share[0]);
    EXPECT_GT(again.exit_share[0], 0.3);
    const Evaluation test = evaluate(net, data_.test);
    std::printf(
        "%s level %.4f: tuning split %.2f %% (final alone %.2f %%), test %.2f %% (final alone %.2f %%), %.1f "
        "%% leave at exit 0\n",
        criterion == fixed::Criterion::entropy ? "entropy" : "max-softmax", net.exits[0].level,
        100 * tuned.accuracy, 100 * tuned.final_accuracy, 100 * test.accuracy,
        100 * test.exit_accuracy.back(), 100 * test.exit_share[0]);
    EXPECT_GE(test.accuracy, test.exit_accuracy.back() - 0.015);
  }
}

}  // namespace
}  // namespace offramp::golden
