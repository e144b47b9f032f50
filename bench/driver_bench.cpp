// What the C driver costs: register transfers, descriptors and cycles of an image, on LeNet-5's Verilated
// designs.
#include <benchmark/benchmark.h>
#include <unistd.h>

#include <filesystem>

#include "cli/stages.h"
#include "verif/driver_run.h"

namespace {

using namespace offramp;
namespace fs = std::filesystem;

constexpr accel::Strategy kStrategies[] = {accel::Strategy::static_, accel::Strategy::pipeline,
                                           accel::Strategy::parallel};

void run_lenet5(benchmark::State& state) {
  const accel::Strategy strategy = kStrategies[state.range(0)];
  const fs::path folder = fs::temp_directory_path() / ("offramp-bench-" + std::to_string(::getpid()));
  const cli::Data data = cli::read_data("fashion-mnist");
  const cli::Arguments arguments;
  cli::Quantized quantized = cli::quantize_model(
      cli::read_model(OFFRAMP_SOURCE_DIR "/networks/lenet5/lenet5.onnx"), &data, arguments);
  cli::tune_thresholds(quantized, data, arguments);
  const design::Target target = design::load_target(OFFRAMP_SOURCE_DIR, "zcu106");
  const cli::Plan plan =
      cli::make_plan(quantized.network,
                     cli::choose_options(quantized.network, strategy, cli::search_rates(quantized, arguments),
                                         target, arguments),
                     target);
  cli::write_plan(folder / "design", plan, quantized, target);
  for (auto _ : state) {
    const verif::DriverReport report =
        verif::run_driver(plan.accelerator, plan.emitted, folder / "design", data.set.test,
                          {.samples = 1000, .model_cache = folder / "cache"});
    if (!report.passed) state.SkipWithError(report.steps.back().difference.c_str());
    state.counters["AXI4-Lite/image"] = report.transfers;
    state.counters["DMA registers/image"] = report.dma_transfers;
    state.counters["descriptors/image"] = report.descriptors;
    state.counters["cycles/image"] = report.cycles;
  }
  fs::remove_all(folder);
  state.SetLabel(accel::to_string(strategy));
}
BENCHMARK(run_lenet5)->DenseRange(0, 2)->Unit(benchmark::kSecond)->UseRealTime()->Iterations(1);

}  // namespace
