// What `offramp attach` waits for: features of the backbone (MAC/s), and training an exit (seconds an exit
// and an image). VGG-19 with its trained weights; images are random, which matters to neither.
#include <benchmark/benchmark.h>

#include <cmath>
#include <numeric>
#include <random>
#include <thread>

#include "attach/attach.h"
#include "attach/block_runner.h"
#include "attach/conv_training.h"
#include "attach/logistic.h"
#include "net/import.h"

namespace {

using namespace offramp;

int threads() {
  return static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
}

net::Split random_images(const net::Shape& shape, std::size_t count) {
  std::mt19937_64 random(1);
  net::Split split{.shape = shape, .pixels = {}, .labels = {}};
  split.pixels.resize(count * static_cast<std::size_t>(shape.elements()));
  for (auto& p : split.pixels) p = static_cast<std::uint8_t>(random() >> 56);
  for (std::size_t i = 0; i < count; ++i) split.labels.push_back(static_cast<std::uint16_t>(random() % 10));
  return split;
}

/// The whole backbone, features of all places, all cores.
void extract_features(benchmark::State& state, const char* model) {
  const net::Network network =
      attach::without_exits(net::import_onnx(std::string(OFFRAMP_SOURCE_DIR "/networks/") + model));
  const auto places = attach::positions_of(network);
  std::vector<attach::FeatureRequest> requests;
  for (const attach::Position& place : places) requests.push_back({.node = place.node, .grid = 4});
  const net::Split images = random_images(network.nodes[0].shape, 256);
  std::vector<std::size_t> order(images.size());
  std::iota(order.begin(), order.end(), 0);
  for (auto _ : state)
    benchmark::DoNotOptimize(attach::extract_features(network, images, order, requests, threads(), {}));
  const auto done = static_cast<double>(state.iterations()) * static_cast<double>(images.size());
  state.counters["MAC/s"] =
      benchmark::Counter(done * static_cast<double>(places.back().macs), benchmark::Counter::kIsRate);
  state.counters["images/s"] = benchmark::Counter(done, benchmark::Counter::kIsRate);
}
BENCHMARK_CAPTURE(extract_features, vgg19, "vgg19/vgg19.onnx")->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK_CAPTURE(extract_features, resnet32, "resnet32/resnet32.onnx")
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();

/// Features as they are behind a ReLU: half of them 0, and something of the label in each.
attach::FeatureMatrix random_features(std::size_t rows, std::size_t columns, attach::Labels& labels) {
  std::mt19937_64 random(2);
  std::normal_distribution<float> normal(0, 1);
  attach::FeatureMatrix features(rows, columns);
  labels = {.of = {}, .held = rows / 5, .classes = 10};
  std::vector<float> row(columns);
  for (std::size_t r = 0; r < rows; ++r) {
    labels.of.push_back(static_cast<std::uint16_t>(random() % 10));
    for (std::size_t c = 0; c < columns; ++c)
      row[c] = std::max(0.0F, normal(random) + (c % 10 == labels.of.back() ? 0.1F : 0.0F));
    features.set(r, row.data());
  }
  return features;
}

void count_images(benchmark::State& state, std::size_t rows) {
  state.counters["s/image"] = benchmark::Counter(
      static_cast<double>(rows), benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}

/// Seconds an exit: the dense layer on N features of 10,000 images, penalty included.
void train_dense_exit(benchmark::State& state) {
  constexpr std::size_t kRows = 10000;
  attach::Labels labels;
  const auto features = random_features(kRows, static_cast<std::size_t>(state.range(0)), labels);
  attach::LogisticOptions options;
  options.threads = threads();
  for (auto _ : state) benchmark::DoNotOptimize(attach::train_logistic(features, labels, options));
  count_images(state, kRows);
}
BENCHMARK(train_dense_exit)->Arg(128)->Arg(512)->Arg(2048)->Unit(benchmark::kSecond)->UseRealTime();

/// Seconds an exit: a convolution on a 4 x 4 grid of 256 channels, 10,000 images.
void train_conv_exit(benchmark::State& state, const char* word) {
  constexpr std::size_t kRows = 10000;
  const net::Shape map{256, 4, 4};
  attach::Labels labels;
  const auto features = random_features(kRows, static_cast<std::size_t>(map.elements()), labels);
  attach::ConvTrainingOptions options;
  options.threads = threads();
  for (auto _ : state) {
    benchmark::DoNotOptimize(
        attach::train_conv(features, labels, attach::parse_structure(word), map, options));
  }
  count_images(state, kRows);
}
BENCHMARK_CAPTURE(train_conv_exit, pointwise, "avg4-pw16")->Unit(benchmark::kSecond)->UseRealTime();
BENCHMARK_CAPTURE(train_conv_exit, depthwise, "avg4-dws2")->Unit(benchmark::kSecond)->UseRealTime();
BENCHMARK_CAPTURE(train_conv_exit, full, "avg4-conv32s2")->Unit(benchmark::kSecond)->UseRealTime();

}  // namespace
