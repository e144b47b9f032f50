// The golden reference's fast path beside oneDNN's own int8 convolution on the same layer, and on whole
// networks. One thread. Compare the MAC/s of lines of one run with each other; seconds depend on the machine.
#include <benchmark/benchmark.h>

#include <oneapi/dnnl/dnnl.hpp>
#include <random>

#include "bench/cifar_networks.h"
#include "cli/stages.h"
#include "golden/gemm.h"
#include "golden/golden.h"

namespace {

using namespace offramp;

struct Layer {
  const char* name;
  int in_channels, out_channels, size, kernel, pad;
  [[nodiscard]] int out_size() const { return size + 2 * pad - kernel + 1; }
  [[nodiscard]] double macs() const {
    return 1.0 * in_channels * out_channels * kernel * kernel * out_size() * out_size();
  }
};
constexpr Layer kLayers[] = {{"LeNet-5 conv1", 1, 6, 28, 5, 2},
                             {"LeNet-5 conv2", 6, 16, 14, 5, 0},
                             {"16-16 3x3 on 32x32", 16, 16, 32, 3, 1},
                             {"64-64 3x3 on 8x8", 64, 64, 8, 3, 1}};
constexpr int kImages = 64;

std::vector<std::uint8_t> random_pixels(std::size_t count) {
  std::mt19937 random(1);
  std::vector<std::uint8_t> pixels(count);
  for (auto& p : pixels) p = static_cast<std::uint8_t>(random());
  return pixels;
}

/// The layer with the smallest classifier behind it, which a network must have.
quant::QNetwork network_of(const Layer& l) {
  std::mt19937 random(2);
  const auto weights = [&](std::size_t count) {
    std::vector<std::int32_t> w(count);
    for (auto& v : w) v = static_cast<std::int32_t>(random() % 255) - 127;
    return w;
  };
  quant::QNetwork n;
  n.name = "one_layer";
  const net::Shape in{l.in_channels, l.size, l.size};
  const net::Shape map{l.out_channels, l.out_size(), l.out_size()};
  n.tensors = {{.name = "input", .shape = in},
               {.name = "conv", .shape = map},
               {.name = "logits", .shape = {2, 1, 1}, .bits = 12, .is_signed = true, .scale = 0.01}};
  const auto taps = static_cast<std::size_t>(l.in_channels * l.kernel * l.kernel);
  quant::QConv conv;
  conv.window = {.kernel_h = l.kernel,
                 .kernel_w = l.kernel,
                 .pad_top = l.pad,
                 .pad_left = l.pad,
                 .pad_bottom = l.pad,
                 .pad_right = l.pad};
  conv.weights = weights(taps * static_cast<std::size_t>(l.out_channels));
  conv.bias.assign(static_cast<std::size_t>(l.out_channels), 0);
  n.layers.push_back({.name = "conv",
                      .op = conv,
                      .inputs = {0},
                      .output = 1,
                      .requant = std::vector<fixed::Requant>(static_cast<std::size_t>(l.out_channels),
                                                             fixed::requant_for(1.0 / 4096)),
                      .clamp = {0, 255},
                      .acc_bits = 32});
  quant::QConv dense;
  dense.window = {.kernel_h = map.height, .kernel_w = map.width};
  dense.weights = weights(2 * static_cast<std::size_t>(map.elements()));
  dense.bias.assign(2, 0);
  n.layers.push_back({.name = "logits",
                      .op = dense,
                      .inputs = {1},
                      .output = 2,
                      .requant = std::vector<fixed::Requant>(2, fixed::requant_for(1.0 / 65536)),
                      .clamp = fixed::range_of(12, true),
                      .acc_bits = 32});
  n.exits = {{.name = "final", .logits = 2}};
  n.decision = fixed::make_decision_tables(2, 12, 0.01);
  return n;
}

void count_macs(benchmark::State& state, const Layer& l) {
  state.counters["MAC/s"] = benchmark::Counter(l.macs() * kImages * static_cast<double>(state.iterations()),
                                               benchmark::Counter::kIsRate);
  state.SetLabel(l.name);
}

/// All that the golden reference does for the layer (its small classifier included, whose MACs are not
/// counted).
void golden_layer(benchmark::State& state) {
  const Layer& l = kLayers[state.range(0)];
  const quant::QNetwork network = network_of(l);
  const golden::FastGolden golden(network);
  const auto pixels = random_pixels(static_cast<std::size_t>(network.tensors[0].shape.elements()) * kImages);
  for (auto _ : state) benchmark::DoNotOptimize(golden.decide(pixels.data(), kImages));
  count_macs(state, l);
}
BENCHMARK(golden_layer)->DenseRange(0, std::size(kLayers) - 1)->Unit(benchmark::kMicrosecond);

/// oneDNN's convolution primitive: u8 x s8 to u8 with bias, per-channel scale and Relu, in the layout that it
/// likes best.
void onednn_convolution(benchmark::State& state) {
  using dnnl::memory;
  const golden::OneThread one_thread;
  const Layer& l = kLayers[state.range(0)];
  const dnnl::engine engine(dnnl::engine::kind::cpu, 0);
  dnnl::stream stream(engine);
  using Type = memory::data_type;
  const memory::dims source{kImages, l.in_channels, l.size, l.size};
  const memory::dims kernel{l.out_channels, l.in_channels, l.kernel, l.kernel};
  const memory::dims result{kImages, l.out_channels, l.out_size(), l.out_size()};
  const auto any = memory::format_tag::any;
  dnnl::primitive_attr attributes;
  attributes.set_output_scales(1 << 1,
                               std::vector<float>(static_cast<std::size_t>(l.out_channels), 1.0F / 4096));
  dnnl::post_ops relu;
  relu.append_eltwise(1.0F, dnnl::algorithm::eltwise_relu, 0.0F, 0.0F);
  attributes.set_post_ops(relu);
  const dnnl::convolution_forward::primitive_desc description(
      dnnl::convolution_forward::desc(dnnl::prop_kind::forward_inference, dnnl::algorithm::convolution_direct,
                                      {source, Type::u8, any}, {kernel, Type::s8, any},
                                      {{l.out_channels}, Type::s32, any}, {result, Type::u8, any}, {1, 1},
                                      {l.pad, l.pad}, {l.pad, l.pad}),
      attributes, engine);
  const auto filled = [&](const memory::desc& d) {
    memory m(d, engine);
    const auto bytes = random_pixels(d.get_size());
    std::copy(bytes.begin(), bytes.end(), static_cast<std::uint8_t*>(m.get_data_handle()));
    return m;
  };
  const std::unordered_map<int, memory> arguments{{DNNL_ARG_SRC, filled(description.src_desc())},
                                                  {DNNL_ARG_WEIGHTS, filled(description.weights_desc())},
                                                  {DNNL_ARG_BIAS, filled(description.bias_desc())},
                                                  {DNNL_ARG_DST, filled(description.dst_desc())}};
  const dnnl::convolution_forward convolution(description);
  for (auto _ : state) {
    convolution.execute(stream, arguments);
    stream.wait();
  }
  count_macs(state, l);
}
BENCHMARK(onednn_convolution)->DenseRange(0, std::size(kLayers) - 1)->Unit(benchmark::kMicrosecond);

/// All test images of Fashion-MNIST through LeNet-5 with its exit.
void golden_lenet5(benchmark::State& state) {
  const cli::Model model = cli::read_model(OFFRAMP_SOURCE_DIR "/networks/lenet5/lenet5.onnx");
  const cli::Quantized quantized = cli::quantize_model(model, nullptr, {});
  const net::Dataset data = net::load_dataset("fashion-mnist");
  const golden::FastGolden golden(quantized.network);
  double macs = 0;
  for (const quant::QLayer& l : quantized.network.layers) {
    macs += static_cast<double>(quant::macs(quantized.network, l));
  }
  for (auto _ : state) benchmark::DoNotOptimize(golden.decide(data.test.pixels.data(), data.test.size()));
  state.counters["MAC/s"] = benchmark::Counter(
      macs * static_cast<double>(data.test.size()) * static_cast<double>(state.iterations()),
      benchmark::Counter::kIsRate);
  state.SetLabel(std::to_string(data.test.size()) + " images");
}
BENCHMARK(golden_lenet5)->Unit(benchmark::kMillisecond);

/// Networks of the shapes of ResNet-32 and VGG-19, on bytes and on planes (golden/golden.h).
void golden_cifar(benchmark::State& state, quant::QNetwork (*make)(), golden::FastGolden::Way way) {
  const quant::QNetwork network = make();
  if (way == golden::FastGolden::Way::bytes && !golden::FastGolden::runs_on_bytes(network)) {
    state.SkipWithError("this CPU has no AVX-512 VNNI");
    return;
  }
  const golden::FastGolden golden(network, way);
  constexpr std::size_t kSample = 320;  // of the 10,000 test images; all take the same time
  const auto pixels = random_pixels(kSample * static_cast<std::size_t>(network.tensors[0].shape.elements()));
  double macs = 0;
  for (const quant::QLayer& l : network.layers) macs += static_cast<double>(quant::macs(network, l));
  for (auto _ : state) benchmark::DoNotOptimize(golden.decide(pixels.data(), kSample));
  const double images = static_cast<double>(kSample) * static_cast<double>(state.iterations());
  state.counters["MAC/s"] = benchmark::Counter(macs * images, benchmark::Counter::kIsRate);
  state.counters["s/10000 images"] =
      benchmark::Counter(images / 10000, benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}
BENCHMARK_CAPTURE(golden_cifar, resnet32_bytes, bench::resnet32, golden::FastGolden::Way::bytes)
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(golden_cifar, resnet32_planes, bench::resnet32, golden::FastGolden::Way::planes)
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(golden_cifar, vgg19_bytes, bench::vgg19, golden::FastGolden::Way::bytes)
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(golden_cifar, vgg19_planes, bench::vgg19, golden::FastGolden::Way::planes)
    ->Unit(benchmark::kMillisecond);

}  // namespace
