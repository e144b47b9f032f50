#include "verif/verify.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "accel/load_script.h"
#include "accel/share.h"
#include "base/error.h"
#include "base/files.h"
#include "base/text.h"
#include "verif/random.h"
#include "verif/sample_run.h"

namespace offramp::verif {
namespace {

namespace fs = std::filesystem;

/// Everything that one verification works with.
struct Context {
  const accel::Accelerator& accelerator;
  const fs::path& design_dir;
  const net::Split& data;
  const VerifyOptions& options;
  ModelSources sources;
};

/// Cycles that a verification simulates, roughly: every layer for every sample, in each run.
double expected_cycles(const accel::Accelerator& accelerator, const VerifyOptions& options) {
  double sample = 0;
  for (const accel::Accelerator* network : accel::networks_of(accelerator)) {
    for (const accel::LayerPlan& layer : network->engines.front().layers)
      sample += static_cast<double>(layer.issue_cycles + layer.wait);
  }
  const double samples = options.only_sample ? 1 : static_cast<double>(options.samples);
  return sample * samples * (options.stalls ? 2 : 1);
}

ModelOptions model_options(const Context& context, bool trace) {
  // Measured on LeNet-5: the better code takes 4.5 s longer to compile and wins 0.4 s a million cycles.
  constexpr double kWorthOptimizing = 10e6;
  const VerifyOptions& options = context.options;
  const bool quick = options.quick_build || expected_cycles(context.accelerator, options) < kWorthOptimizing;
  return {.favour = quick ? ModelOptions::Favour::build : ModelOptions::Favour::simulation,
          .trace = trace,
          .random_start = options.random_start,
          .cache = options.model_cache};
}

/// `samples` different images in a random order that the seed gives, or the one that is asked for.
std::vector<std::size_t> choose_images(const net::Split& data, const VerifyOptions& options) {
  if (options.only_sample) return {*options.only_sample};
  std::vector<std::size_t> images(data.size());
  std::iota(images.begin(), images.end(), std::size_t{0});
  Random random(mix_seed(options.seed, 1));
  const std::size_t count = std::min(options.samples, images.size());
  for (std::size_t i = 0; i < count; ++i) std::swap(images[i], images[i + random.below(images.size() - i)]);
  images.resize(count);
  return images;
}

void check_arguments(const accel::Accelerator& accelerator, const net::Split& data,
                     const VerifyOptions& options) {
  if (data.size() == 0) throw Error("cannot verify: the data set's test split has no images");
  if (options.samples == 0) throw Error("cannot verify on 0 samples; ask for at least 1");
  if (options.only_sample && *options.only_sample >= data.size()) {
    throw Error(fmt::format("there is no sample {}: the data set's test split has {} images (0 to {})",
                            *options.only_sample, data.size(), data.size() - 1));
  }
  const net::Shape& shape = accelerator.network.tensors.front().shape;
  if (!(shape == data.shape)) {
    throw Error(fmt::format(
        "the design takes images of {} x {} x {} (rows x columns x channels) and the data set has {} x {} x "
        "{}",
        shape.height, shape.width, shape.channels, data.shape.height, data.shape.width, data.shape.channels));
  }
}

/// Runs samples in a fresh model.
RunResult run(const Context& context, const BuiltModel& built, const RunOptions& options) {
  VerilatedModel model(built, context.sources,
                       {.directory = context.design_dir,
                        .random = context.options.random_start,
                        .seed = static_cast<int>(mix_seed(context.options.seed, 9) & 0x7FFFFFFF)});
  return run_samples(model, context.accelerator, context.data, options);
}

/// Runs with a wave file, which appears under its name when it is complete.
RunResult run_traced(const Context& context, RunOptions options, const fs::path& file,
                     double& build_seconds) {
  const BuiltModel built = build_model(context.sources, model_options(context, true));
  build_seconds += built.seconds;
  make_directory(file.parent_path());
  const fs::path unfinished = file.string() + ".part";
  options.trace = unfinished;
  RunResult result;
  try {
    result = run(context, built, options);
  } catch (...) {
    std::error_code ignored;
    fs::remove(unfinished, ignored);
    throw;
  }
  // Where the registers are wrong already no sample is sent, and there are no waves.
  if (fs::exists(unfinished)) fs::rename(unfinished, file);
  return result;
}

/// A directory name as a shell takes it.
std::string shell_word(const std::string& text) {
  const bool plain = !text.empty() && text.find_first_not_of(
                                          "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                          "0123456789_./-+=:@%,") == std::string::npos;
  if (plain) return text;
  std::string result = "'";
  for (const char c : text) result += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return result + "'";
}

/// Finds the smallest run that shows the mismatch, writes its waves and says how to repeat it.
void explain(const Context& context, const RunOptions& run_options, const RunResult& failed,
             VerifyResult& result) {
  const std::size_t sample = failed.mismatch->sample;
  const fs::path file = context.design_dir / "waves" / fmt::format("sample_{}.fst", sample);
  const std::string command = "offramp verify " + shell_word(context.design_dir.string());
  RunOptions alone = run_options;
  alone.images = {sample};
  alone.progress = {};
  if (run_traced(context, alone, file, result.model_build_seconds).mismatch) {
    result.reproduce = fmt::format("{} --sample {} --seed {} --trace", command, sample, context.options.seed);
  } else {
    // It takes the samples before to bring it out.
    RunOptions whole = run_options;
    whole.progress = {};
    whole.trace_from = failed.failed_at;
    (void)run_traced(context, whole, file, result.model_build_seconds);
    result.reproduce =
        fmt::format("{} --samples {} --seed {}", command, context.options.samples, context.options.seed);
  }
  if (fs::exists(file)) result.waves = file;
}

}  // namespace

VerifyResult verify(const accel::Accelerator& accelerator, const accel::Emitted& emitted,
                    const fs::path& design_dir, const net::Split& data, const VerifyOptions& options) {
  check_arguments(accelerator, data, options);
  Context context{
      .accelerator = accelerator,
      .design_dir = design_dir,
      .data = data,
      .options = options,
      .sources = {
          .directory = design_dir, .verilog = emitted.rtl, .top = emitted.top, .probes = emitted.probes}};
  VerifyResult result;
  if (options.gates) {
    if (options.trace) throw Error("a netlist has no signals worth tracing; leave out --trace or --netlist");
    const fs::path cache = options.model_cache.empty() ? default_model_cache() : options.model_cache;
    GateNetlist netlist = gate_netlist(design_dir, emitted, *options.gates, cache);
    context.sources.verilog = std::move(netlist.verilog);
    context.sources.libraries = std::move(netlist.libraries);
    context.sources.probes.clear();
    result.netlist_seconds = netlist.seconds;
  }
  result.images = choose_images(data, options);
  result.samples = result.images.size();
  const BuiltModel built = build_model(context.sources, model_options(context, false));
  result.model_build_seconds = built.seconds;

  std::uint64_t cycles = 0;
  double seconds = 0;
  const std::size_t all = result.samples * (options.stalls ? 2 : 1);
  std::size_t before = 0;
  for (const bool stalls : {true, false}) {
    if (stalls && !options.stalls) continue;
    RunOptions run_options{.images = result.images, .seed = options.seed, .stalls = stalls};
    if (const auto weights = emitted.files.find("mem/weights.bin"); weights != emitted.files.end())
      run_options.weights = weights->second;
    if (options.progress)
      run_options.progress = [&](std::size_t done) { options.progress(before + done, all); };
    RunResult one;
    if (options.trace && stalls == options.stalls) {
      const std::string name =
          options.only_sample ? fmt::format("sample_{}.fst", *options.only_sample) : "run.fst";
      result.waves = design_dir / "waves" / name;
      one = run_traced(context, run_options, result.waves, result.model_build_seconds);
    } else {
      one = run(context, built, run_options);
      cycles += one.total_cycles;
      seconds += one.seconds;
    }
    result.values_compared += one.values_compared;
    result.exit = one.exit;
    result.predicted = one.predicted;
    if (!stalls) result.cycles = one.cycles;
    if (one.mismatch) {
      result.first_mismatch = one.mismatch;
      if (options.gates) {
        result.reproduce = fmt::format("offramp verify {} --netlist {} --samples {} --seed {}",
                                       shell_word(design_dir.string()), to_string(*options.gates),
                                       options.samples, options.seed);
      } else if (result.waves.empty()) {
        explain(context, run_options, one, result);
      } else {
        result.reproduce = fmt::format("offramp verify {} --sample {} --seed {} --trace",
                                       shell_word(design_dir.string()), one.mismatch->sample, options.seed);
      }
      break;
    }
    before += result.samples;
  }
  if (!fs::exists(result.waves)) result.waves.clear();
  result.bit_exact = !result.first_mismatch;
  result.sim_cycles_per_second = seconds > 0 ? static_cast<double>(cycles) / seconds : 0;
  return result;
}

std::vector<VerifyResult> verify_networks(const accel::Accelerator& accelerator,
                                          const accel::Emitted& emitted, const fs::path& design_dir,
                                          const std::vector<const net::Split*>& data,
                                          const VerifyOptions& options) {
  const std::size_t count = 1 + accelerator.also.size();
  if (data.size() != count) throw std::logic_error("one data set a network");
  std::vector<accel::Accelerator> networks;
  std::vector<VerifyResult> results(count);
  for (std::size_t n = 0; n < count; ++n) {
    networks.push_back(accel::seen_from(accelerator, n));
    check_arguments(networks[n], *data[n], options);
    results[n].images = choose_images(*data[n], options);
    results[n].samples = results[n].images.size();
  }
  const Context context{
      .accelerator = accelerator,
      .design_dir = design_dir,
      .data = *data.front(),
      .options = options,
      .sources = {
          .directory = design_dir, .verilog = emitted.rtl, .top = emitted.top, .probes = emitted.probes}};
  const BuiltModel built = build_model(context.sources, model_options(context, false));
  std::size_t all = results.front().samples;
  for (const VerifyResult& r : results) all += r.samples;
  all *= options.stalls ? 2 : 1;
  std::size_t before = 0;
  std::uint64_t cycles = 0;
  double seconds = 0;
  bool different = false;
  for (const bool stalls : {true, false}) {
    if (stalls && !options.stalls) continue;
    VerilatedModel model(built, context.sources,
                         {.directory = design_dir,
                          .random = options.random_start,
                          .seed = static_cast<int>(mix_seed(options.seed, 9) & 0x7FFFFFFF)});
    std::vector<std::uint64_t> left;
    for (std::size_t turn = 0; turn <= count; ++turn) {
      const std::size_t n = turn % count;
      VerifyResult& result = results[n];
      RunOptions run_options{
          .images = result.images, .seed = options.seed, .stalls = stalls, .left_before = left};
      if (turn > 0) run_options.load = accel::load_script(networks[n]);
      if (options.progress)
        run_options.progress = [&](std::size_t done) { options.progress(before + done, all); };
      const RunResult one = run_samples(model, networks[n], *data[n], run_options);
      left = one.left;
      before += result.samples;
      cycles += one.total_cycles;
      seconds += one.seconds;
      result.values_compared += one.values_compared;
      result.exit = one.exit;
      result.predicted = one.predicted;
      if (!stalls) result.cycles = one.cycles;
      if (!one.mismatch) continue;
      result.first_mismatch = one.mismatch;
      result.reproduce = fmt::format("offramp verify {} --samples {} --seed {}",
                                     shell_word(design_dir.string()), options.samples, options.seed);
      break;
    }
    different = std::any_of(results.begin(), results.end(),
                            [](const auto& r) { return r.first_mismatch.has_value(); });
    if (different) break;
  }
  for (VerifyResult& r : results) {
    r.bit_exact = !different;  // the others have not run to the end
    r.model_build_seconds = built.seconds;
    r.sim_cycles_per_second = seconds > 0 ? static_cast<double>(cycles) / seconds : 0;
  }
  return results;
}

}  // namespace offramp::verif
