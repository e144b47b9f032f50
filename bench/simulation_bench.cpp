// Verilator on LeNet-5's designs: how long a model takes to build, and how fast it runs with everything
// compared.
#include <benchmark/benchmark.h>
#include <unistd.h>

#include <filesystem>
#include <numeric>

#include "cli/stages.h"

namespace {

using namespace offramp;
namespace fs = std::filesystem;

constexpr accel::Strategy kStrategies[] = {accel::Strategy::static_, accel::Strategy::pipeline,
                                           accel::Strategy::parallel};

/// One verification of 100 images from an empty cache: the figures are counters, the time is that of the
/// whole.
void verify_lenet5(benchmark::State& state) {
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
    fs::remove_all(folder / "cache");
    const verif::VerifyResult result =
        verif::verify(plan.accelerator, plan.emitted, folder / "design", data.set.test,
                      {.samples = 100, .model_cache = folder / "cache"});
    if (!result.bit_exact) state.SkipWithError("not bit-exact");
    double macs = 0;
    for (const int e : result.exit) {
      macs += static_cast<double>(plan.estimate.macs_by_exit[static_cast<std::size_t>(e)]);
    }
    const auto cycles = static_cast<double>(std::accumulate(result.cycles.begin(), result.cycles.end(), 0LL));
    state.counters["model build s"] = result.model_build_seconds;
    state.counters["cycles/s"] = result.sim_cycles_per_second;
    state.counters["multiplications/s"] = result.sim_cycles_per_second * plan.estimate.multipliers;
    state.counters["useful MAC/s"] = result.sim_cycles_per_second * macs / cycles;
  }
  fs::remove_all(folder);
  state.SetLabel(accel::to_string(strategy));
}
BENCHMARK(verify_lenet5)->DenseRange(0, 2)->Unit(benchmark::kSecond)->UseRealTime()->Iterations(1);

}  // namespace
