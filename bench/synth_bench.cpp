// How long a person waits for figures of cells: the model, and Yosys itself.
#include <benchmark/benchmark.h>
#include <unistd.h>

#include <filesystem>

#include "base/process.h"
#include "cli/stages.h"
#include "model/resources.h"
#include "synth/report.h"

namespace {

using namespace offramp;
namespace fs = std::filesystem;

const char* const kModel = OFFRAMP_SOURCE_DIR "/networks/lenet5/lenet5.onnx";

cli::Quantized lenet5() {
  return cli::quantize_model(cli::read_model(kModel), nullptr, {});
}

cli::Plan lenet5_plan(const cli::Quantized& quantized, accel::Strategy strategy) {
  const design::Target target = design::load_target(OFFRAMP_SOURCE_DIR, "zcu106");
  return cli::make_plan(quantized.network,
                        cli::choose_options(quantized.network, strategy, {0.8, 0.2}, target, {}), target);
}

constexpr accel::Strategy kStrategies[] = {accel::Strategy::static_, accel::Strategy::pipeline,
                                           accel::Strategy::parallel};

/// What explore and generate ask for: a walk over the whole design, its description's making included.
void model_resources(benchmark::State& state) {
  const cli::Plan plan = lenet5_plan(lenet5(), kStrategies[state.range(0)]);
  for (auto _ : state) {
    benchmark::DoNotOptimize(model::estimate_resources(plan.accelerator, netlist::Family::xcup));
  }
  state.SetLabel(accel::to_string(kStrategies[state.range(0)]));
}
BENCHMARK(model_resources)->DenseRange(0, 2)->Unit(benchmark::kMillisecond);

/// `offramp synth` of LeNet-5 static, but for reading the folder; `yosys` is its share.
void synthesize(benchmark::State& state) {
  if (!find_tool("yosys")) {
    state.SkipWithError("yosys not found");
    return;
  }
  const auto family = static_cast<netlist::Family>(state.range(0));
  const fs::path folder = fs::temp_directory_path() / ("offramp-bench-synth-" + std::to_string(::getpid()));
  const cli::Quantized quantized = lenet5();
  const cli::Plan plan = lenet5_plan(quantized, accel::Strategy::static_);
  cli::write_plan(folder / "design", plan, quantized, design::load_target(OFFRAMP_SOURCE_DIR, "zcu106"));
  double seconds = 0;
  for (auto _ : state) {
    const synth::Synthesized done = synth::synthesize({.folder = folder / "design",
                                                       .files = synth::read_file_list(folder / "design"),
                                                       .top = plan.emitted.top,
                                                       .family = family});
    seconds += done.seconds;
    benchmark::DoNotOptimize(synth::report_of(done, family));
  }
  state.counters["yosys s"] = benchmark::Counter(seconds, benchmark::Counter::kAvgIterations);
  state.SetLabel(netlist::to_string(family));
  fs::remove_all(folder);
}
BENCHMARK(synthesize)
    ->Arg(static_cast<int>(netlist::Family::xc7))
    ->Arg(static_cast<int>(netlist::Family::xcup))
    ->Iterations(1)
    ->Unit(benchmark::kSecond)
    ->UseRealTime();

}  // namespace
