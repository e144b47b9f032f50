#include "verif/sample_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <numeric>

#include "base/error.h"
#include "verif/axi_memory.h"
#include "verif/axis_monitor.h"
#include "verif/golden_feed.h"
#include "verif/register_script.h"
#include "verif/result_sink.h"
#include "verif/scoreboard.h"

namespace offramp::verif {
namespace {

/// Longest time without any event in a design that works: no layer takes longer than a whole sample.
std::uint64_t patience(const accel::Accelerator& accelerator, std::uint64_t weight_beats) {
  std::uint64_t cycles = 0;
  for (const accel::EnginePlan& engine : accelerator.engines) {
    for (const accel::LayerPlan& layer : engine.layers)
      cycles += static_cast<std::uint64_t>(layer.issue_cycles + layer.wait);
  }
  // Reading the weight image at first, and weights that stream under stalls.
  const std::uint64_t beats = accelerator.engines.front().beat_bits > 0 ? weight_beats : 0;
  return 20'000 + 2 * cycles + 16 * beats;
}

/// IDs that wrap over 65535 in the middle of the run.
std::uint16_t sample_id(std::size_t samples, std::uint64_t n) {
  return static_cast<std::uint16_t>(0x10000 - samples / 2 + n);
}

/// Where the weight image lies: not at 0, so that the address matters.
constexpr std::uint32_t kWeightsAddress = 0x4000;

std::vector<std::uint8_t> memory_image(const std::string& weights) {
  std::vector<std::uint8_t> bytes(kWeightsAddress, 0);
  bytes.insert(bytes.end(), weights.begin(), weights.end());
  return bytes;
}

AxiMemory::Options memory_options(const accel::Accelerator& accelerator, const RunOptions& options) {
  AxiMemory::Options memory;
  memory.beats_per_256 = accelerator.options.weights.beats_per_256;
  memory.seed = mix_seed(options.seed, 7);
  memory.garbage = options.stalls;
  if (options.stalls) {
    memory.address_stalls = StallProfile::mixed;
    memory.data_stalls = StallProfile::light;
  }
  return memory;
}

/// Where images share a pass of the weights their results come in bursts: every sample is given the mean over
/// the results behind the first group, which found an empty ring (over all of them where there are no
/// others).
void share_cycles(const std::vector<std::uint64_t>& arrivals, std::uint64_t first_start, std::size_t group,
                  std::vector<std::int64_t>& cycles) {
  if (arrivals.empty()) return;
  const std::size_t skipped = arrivals.size() > group ? group : 0;
  const std::uint64_t from = skipped > 0 ? arrivals[skipped - 1] : first_start;
  const std::uint64_t count = arrivals.size() - skipped;
  std::fill(cycles.begin(), cycles.end(),
            static_cast<std::int64_t>((arrivals.back() - from + count / 2) / count));
}

Mismatch as_mismatch(const Violation& v, std::size_t image) {
  return {.sample = image,
          .layer = "protocol",
          .position = fmt::format("{} (cycle {}: {})", v.rule, v.cycle, v.detail)};
}

}  // namespace

RunResult run_samples(VerilatedModel& model, const accel::Accelerator& accelerator, const net::Split& data,
                      const RunOptions& options) {
  const auto begin = std::chrono::steady_clock::now();
  const std::size_t samples = options.images.size();
  const StallProfile stalls = options.stalls ? StallProfile::mixed : StallProfile::none;
  const auto stall_seed = [&](std::size_t n, std::uint64_t stream) {
    return mix_seed(options.seed + stream, n < samples ? options.images[n] : data.size());
  };
  const auto id = [&](std::uint64_t n) { return sample_id(samples, n); };

  RunResult result;
  ViolationLog log;
  GoldenFeed golden(accelerator, data, options.images);
  std::optional<WatchCheck> watch;
  if (accelerator.options.watch.any()) {
    watch.emplace(model, accelerator,
                  options.stalls ? random_watch_settings(accelerator, mix_seed(options.seed, 8))
                                 : reset_watch_settings(accelerator));
  }
  Scoreboard scoreboard(model, accelerator, golden, watch ? &*watch : nullptr);
  AxisSource source(model, {.beat_bytes = accelerator.stream_bytes, .stalls = stalls, .seed = options.seed});
  const auto image_beats = static_cast<std::uint64_t>(data.shape.elements()) /
                           static_cast<std::uint64_t>(accelerator.stream_bytes);
  AxisMonitor samples_monitor(model, "s_axis", log, image_beats);
  AxisMonitor results_monitor(model, "m_axis", log, 1);
  std::uint64_t last_cycle = 0;
  std::uint64_t results = 0;
  std::vector<std::uint64_t> arrivals;
  result.cycles.resize(samples);
  result.exit.resize(samples, -1);
  result.predicted.resize(samples, -1);
  const auto on_result = [&](std::uint64_t n, const Result& r) {
    if (results == 0) last_cycle = source.first_start();
    if (n < samples) {
      result.cycles[n] = static_cast<std::int64_t>(r.cycle - last_cycle);
      result.exit[n] = r.exit;
      result.predicted[n] = r.predicted;
    }
    last_cycle = r.cycle;
    scoreboard.check_result(n, r.exit, r.predicted);
    ++results;
    arrivals.push_back(r.cycle);
    if (options.progress) options.progress(static_cast<std::size_t>(results));
  };
  ResultSink sink(
      model, source, log,
      {.stalls = stalls,
       .seed = options.seed,
       .id = id,
       .first_number =
           std::accumulate(options.left_before.begin(), options.left_before.end(), std::uint64_t{0}),
       .in_order = accelerator.engines.front().images == 1,
       .on_result = on_result,
       .stall_seed = [&](std::uint64_t n) { return stall_seed(static_cast<std::size_t>(n), 1); }});
  std::optional<AxiMemory> memory;
  if (accelerator.engines.front().beat_bits > 0)
    memory.emplace(model, log, memory_image(options.weights), memory_options(accelerator, options));
  AxiLiteMaster master(model, log, {.gaps = options.stalls, .seed = mix_seed(options.seed, 5)});
  RegisterScript registers(accelerator, master);

  Bench bench(model, {.watchdog = patience(accelerator, options.weights.size() / 32)});
  for (Agent* agent : std::initializer_list<Agent*>{&source, &sink, &samples_monitor, &results_monitor,
                                                    &master, &scoreboard}) {
    bench.attach(*agent);
  }
  if (memory) bench.attach(*memory);
  for (Agent* watcher : options.watchers) bench.attach(*watcher);

  const auto failed = [&] {
    if (!result.mismatch) {
      if (scoreboard.first_mismatch()) {
        result.mismatch = scoreboard.first_mismatch();
      } else if (!log.all().empty()) {
        const std::size_t n = std::min<std::size_t>(sink.received(), samples - 1);
        result.mismatch = as_mismatch(log.all().front(), options.images[n]);
      }
    }
    return result.mismatch.has_value();
  };
  const auto wait_for_registers = [&] {
    bench.run_until([&] { return master.idle() || failed(); });
    if (auto wrong = registers.check(); wrong && !result.mismatch) {
      wrong->sample = options.images.front();
      result.mismatch = std::move(wrong);
    }
  };
  const auto run = [&] {
    if (options.load.empty()) {
      bench.reset();
    } else {
      registers.queue_load(options.load);
      wait_for_registers();
      if (failed()) return;
    }
    if (options.stalls) {
      registers.queue_setup();
      if (watch) watch->queue_settings(registers);
      wait_for_registers();
      if (failed()) return;
    } else {
      registers.queue_reset_values();
    }
    if (memory) {
      registers.queue_weights(kWeightsAddress);
      wait_for_registers();
      if (failed()) return;
    }
    const auto bytes = static_cast<std::size_t>(data.shape.elements());
    for (std::size_t n = 0; n < samples; ++n) {
      source.send({data.image(options.images[n]), bytes}, id(n), stall_seed(n, 0));
    }
    if (!options.meanwhile.empty()) {
      bench.run_until([&] { return scoreboard.started() >= 1 || failed(); });
      registers.queue_load(options.meanwhile);
    }
    if (!options.trace.empty()) {
      // The sample before is under way when this one's first beat comes.
      const std::size_t from = options.trace_from;
      bench.run_until([&] { return source.started() + 1 >= from || failed(); });
      bench.start_trace(options.trace);
    }
    bench.run_until([&] { return sink.received() >= samples || failed(); });
    if (failed()) return;
    // What should not come any more would come now; then the counters must have counted this run.
    for (int i = 0; i < 100; ++i) bench.cycle();
    scoreboard.finish();
    sink.check_finished(bench.cycles());
    if (failed()) return;
    const auto exits = static_cast<std::size_t>(accel::hardware_exits(accelerator));
    result.left = options.left_before;
    result.left.resize(exits, 0);
    const bool last_alone = accelerator.options.strategy == accel::Strategy::static_;
    for (const int e : result.exit) {
      if (e >= 0) ++result.left[last_alone ? 0 : static_cast<std::size_t>(e)];
    }
    registers.queue_counters(result.left);
    if (watch) watch->queue_results(registers);
    wait_for_registers();
  };
  try {
    run();
  } catch (const Error& e) {
    if (e.status() != ExitStatus::difference) throw;
    // A hang: the watchdog's message is the position.
    const std::size_t n = std::min<std::size_t>(sink.received(), samples - 1);
    result.mismatch = Mismatch{.sample = options.images[n], .layer = "progress", .position = e.what()};
  }
  failed();
  if (!options.trace.empty() && result.mismatch) {
    // A little of what comes after shows the consequence.
    for (int i = 0; i < 20; ++i) bench.cycle();
  }
  bench.stop_trace();

  // Of a run that was cut short, the samples before the first without a result.
  const auto answered =
      static_cast<std::size_t>(std::find(result.exit.begin(), result.exit.end(), -1) - result.exit.begin());
  result.cycles.resize(answered);
  result.exit.resize(answered);
  result.predicted.resize(answered);
  if (accelerator.engines.front().images > 1)
    share_cycles(arrivals, source.first_start(), static_cast<std::size_t>(accelerator.engines.front().images),
                 result.cycles);
  if (result.mismatch) {
    for (std::size_t n = 0; n < samples; ++n) {
      // From behind: of an image sent twice, the later is not yet done.
      if (options.images[samples - 1 - n] == result.mismatch->sample) result.failed_at = samples - 1 - n;
    }
  }
  result.values_compared = scoreboard.values_compared() + registers.values_compared();
  result.total_cycles = bench.cycles();
  result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  return result;
}

}  // namespace offramp::verif
