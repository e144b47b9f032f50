// How long a person waits for Verilog: import, quantize and generate LeNet-5; and how fast Verilog is
// emitted.
#include <benchmark/benchmark.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "cli/stages.h"
#include "design/design_files.h"

namespace {

using namespace offramp;
namespace fs = std::filesystem;

const char* const kModel = OFFRAMP_SOURCE_DIR "/networks/lenet5/lenet5.onnx";
constexpr accel::Strategy kStrategies[] = {accel::Strategy::static_, accel::Strategy::pipeline,
                                           accel::Strategy::parallel};

design::Target zcu106() {
  return design::load_target(OFFRAMP_SOURCE_DIR, "zcu106");
}

/// What `offramp quantize` (without data) and `offramp generate` do, three design folders on the disk
/// included.
void import_quantize_generate(benchmark::State& state) {
  const fs::path folder = fs::temp_directory_path() / ("offramp-bench-" + std::to_string(::getpid()));
  const design::Target target = zcu106();
  for (auto _ : state) {
    const cli::Arguments arguments;
    const cli::Quantized quantized = cli::quantize_model(cli::read_model(kModel), nullptr, arguments);
    const std::vector<double> rates = cli::search_rates(quantized, arguments);
    for (const accel::Strategy strategy : kStrategies) {
      const cli::Plan plan =
          cli::make_plan(quantized.network,
                         cli::choose_options(quantized.network, strategy, rates, target, arguments), target);
      cli::write_plan(folder / accel::to_string(strategy), plan, quantized, target);
    }
    state.PauseTiming();
    fs::remove_all(folder);
    state.ResumeTiming();
  }
}
BENCHMARK(import_quantize_generate)->Unit(benchmark::kMillisecond)->UseRealTime();

void import_model(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(cli::read_model(kModel));
}
BENCHMARK(import_model)->Unit(benchmark::kMillisecond);

void quantize_without_data(benchmark::State& state) {
  const cli::Model model = cli::read_model(kModel);
  for (auto _ : state) benchmark::DoNotOptimize(cli::quantize_model(model, nullptr, {}));
}
BENCHMARK(quantize_without_data)->Unit(benchmark::kMillisecond);

void explore_shapes(benchmark::State& state) {
  const cli::Quantized quantized = cli::quantize_model(cli::read_model(kModel), nullptr, {});
  const accel::Strategy strategy = kStrategies[state.range(0)];
  const design::Target target = zcu106();
  for (auto _ : state) {
    benchmark::DoNotOptimize(cli::choose_options(quantized.network, strategy, {0.8, 0.2}, target, {}));
  }
  state.SetLabel(accel::to_string(strategy));
}
BENCHMARK(explore_shapes)->DenseRange(0, 2)->Unit(benchmark::kMillisecond);

/// From a plan to text: construction, checks and printing of all modules, and the memory images. Verilog
/// lines count.
void emit_verilog(benchmark::State& state) {
  const cli::Quantized quantized = cli::quantize_model(cli::read_model(kModel), nullptr, {});
  const accel::Strategy strategy = kStrategies[state.range(0)];
  const accel::Accelerator accelerator =
      cli::make_plan(quantized.network,
                     cli::choose_options(quantized.network, strategy, {0.8, 0.2}, zcu106(), {}), zcu106())
          .accelerator;
  std::int64_t lines = 0;
  for (auto _ : state) {
    const accel::Emitted emitted = accel::emit(accelerator);
    for (const std::string& name : emitted.rtl) {
      const std::string& text = emitted.files.at(name);
      lines += std::count(text.begin(), text.end(), '\n');
    }
  }
  state.counters["lines/s"] = benchmark::Counter(static_cast<double>(lines), benchmark::Counter::kIsRate);
  state.counters["lines"] =
      benchmark::Counter(static_cast<double>(lines), benchmark::Counter::kAvgIterations);
  state.SetLabel(accel::to_string(strategy));
}
BENCHMARK(emit_verilog)->DenseRange(0, 2)->Unit(benchmark::kMillisecond);

}  // namespace
