// How long a person waits for what is handed over: the report and the package of a LeNet-5 that has been
// verified.
#include <benchmark/benchmark.h>
#include <unistd.h>

#include <filesystem>

#include "cli/console.h"
#include "cli/exit_study.h"
#include "cli/stages.h"
#include "cli/verbs.h"

namespace {

using namespace offramp;
namespace fs = std::filesystem;

/// A parallel design with the study of its exits on the test images, in a folder of its own.
class Handed {
 public:
  Handed() : folder_(fs::temp_directory_path() / ("offramp-bench-handover-" + std::to_string(::getpid()))) {
    const cli::Data data = cli::read_data("fashion-mnist");
    const cli::Model model = cli::read_model(OFFRAMP_SOURCE_DIR "/networks/lenet5/lenet5.onnx");
    cli::Quantized quantized = cli::quantize_model(model, &data, {});
    cli::tune_thresholds(quantized, data, {});
    const design::Target target = design::load_target(OFFRAMP_SOURCE_DIR, "zcu106");
    const cli::Plan plan = cli::make_plan(
        quantized.network,
        cli::choose_options(quantized.network, accel::Strategy::parallel, {0.8, 0.2}, target, {}), target);
    cli::write_plan(design(), plan, quantized, target);
    const cli::Design read = cli::read_design(design());
    const golden::Evaluation evaluation = golden::evaluate(quantized.network, data.set.test);
    design::add_results(design(), {{design::kExitStudyName,
                                    design::exit_study_json(cli::study_exits(read, data, evaluation))}});
  }
  ~Handed() { fs::remove_all(folder_); }
  Handed(const Handed&) = delete;
  Handed& operator=(const Handed&) = delete;
  [[nodiscard]] fs::path design() const { return folder_ / "design"; }

 private:
  fs::path folder_;
};

template <class Verb>
void run(benchmark::State& state, Verb verb) {
  const Handed handed;
  cli::Arguments arguments;
  arguments.input = handed.design().string();
  cli::Console console(true);
  for (auto _ : state) benchmark::DoNotOptimize(verb(arguments, console));
}

void report(benchmark::State& state) {
  run(state, cli::report);
}
BENCHMARK(report)->Unit(benchmark::kMillisecond);

/// With the images read and evaluated anew.
void report_with_data(benchmark::State& state) {
  const Handed handed;
  cli::Arguments arguments;
  arguments.input = handed.design().string();
  arguments.data = "fashion-mnist";
  cli::Console console(true);
  for (auto _ : state) benchmark::DoNotOptimize(cli::report(arguments, console));
}
BENCHMARK(report_with_data)->Unit(benchmark::kMillisecond);

void package(benchmark::State& state) {
  run(state, cli::package);
}
BENCHMARK(package)->Unit(benchmark::kMillisecond);

}  // namespace
