// How long a person waits for Verilog: import, quantize and generate LeNet-5; and how fast Verilog is
// emitted.
#include <benchmark/benchmark.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "accel/top.h"
#include "cli/stages.h"
#include "hw/hw.h"

namespace {

using namespace offramp;
namespace fs = std::filesystem;

const char* const kModel = OFFRAMP_SOURCE_DIR "/networks/lenet5/lenet5.onnx";
constexpr accel::Strategy kStrategies[] = {accel::Strategy::static_, accel::Strategy::pipeline,
                                           accel::Strategy::parallel};

design::Target zcu106() {
  return design::load_target(OFFRAMP_SOURCE_DIR, "zcu106");
}

/// What `offramp quantize` (without data) and `offramp generate` of one strategy do, the files on the disk
/// included.
void import_quantize_generate(benchmark::State& state) {
  const fs::path folder = fs::temp_directory_path() / ("offramp-bench-" + std::to_string(::getpid()));
  const accel::Strategy strategy = kStrategies[state.range(0)];
  const design::Target target = zcu106();
  for (auto _ : state) {
    const cli::Arguments arguments;
    const cli::Quantized quantized = cli::quantize_model(cli::read_model(kModel), nullptr, arguments);
    cli::write_quantized(folder, quantized);
    const std::vector<double> rates = cli::search_rates(quantized, arguments);
    const cli::Plan plan =
        cli::make_plan(quantized.network,
                       cli::choose_options(quantized.network, strategy, rates, target, arguments), target);
    cli::write_plan(folder / "design", plan, quantized, target);
    state.PauseTiming();
    fs::remove_all(folder);
    state.ResumeTiming();
  }
  state.SetLabel(accel::to_string(strategy));
}
BENCHMARK(import_quantize_generate)->DenseRange(0, 2)->Unit(benchmark::kMillisecond);

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

accel::Accelerator lenet5_accelerator(accel::Strategy strategy) {
  const cli::Quantized quantized = cli::quantize_model(cli::read_model(kModel), nullptr, {});
  const design::Target target = zcu106();
  return cli::make_plan(quantized.network,
                        cli::choose_options(quantized.network, strategy, {0.8, 0.2}, target, {}), target)
      .accelerator;
}

void count_lines(benchmark::State& state, std::int64_t lines) {
  state.counters["lines/s"] = benchmark::Counter(static_cast<double>(lines), benchmark::Counter::kIsRate);
  state.counters["lines"] =
      benchmark::Counter(static_cast<double>(lines), benchmark::Counter::kAvgIterations);
  state.SetLabel(accel::to_string(kStrategies[state.range(0)]));
}

std::int64_t lines_in(const std::string& text) {
  return std::count(text.begin(), text.end(), '\n');
}

/// All of accel::emit: construction, checks and printing of every module, and the memory images. Verilog
/// lines count.
void emit_design(benchmark::State& state) {
  const accel::Accelerator accelerator = lenet5_accelerator(kStrategies[state.range(0)]);
  std::int64_t lines = 0;
  for (auto _ : state) {
    const accel::Emitted emitted = accel::emit(accelerator);
    for (const std::string& name : emitted.rtl) lines += lines_in(emitted.files.at(name));
  }
  count_lines(state, lines);
}
BENCHMARK(emit_design)->DenseRange(0, 2)->Unit(benchmark::kMillisecond);

/// The printer alone, on a design that stands.
void print_verilog(benchmark::State& state) {
  const accel::Accelerator accelerator = lenet5_accelerator(kStrategies[state.range(0)]);
  hw::Design design;
  design.add(accel::Top{.module_name = "lenet5", .accelerator = &accelerator});
  std::int64_t lines = 0;
  for (auto _ : state) {
    for (const hw::Module* module : design.modules()) lines += lines_in(hw::print_verilog(*module));
  }
  count_lines(state, lines);
}
BENCHMARK(print_verilog)->DenseRange(0, 2)->Unit(benchmark::kMillisecond);

}  // namespace
