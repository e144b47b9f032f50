#include "verif/watch_check.h"

#include <fmt/format.h>

#include <algorithm>

#include "verif/random.h"

namespace offramp::verif {
namespace {

constexpr std::uint64_t kMostThreshold = (std::uint64_t{1} << fixed::DecisionTables::kThresholdBits) - 1;

/// A step that changes which samples leave, in the criterion's own unit.
std::uint32_t random_step(fixed::Criterion criterion, Random& random) {
  const auto power = [&](int least, int most) {
    return std::uint32_t{1} << (least +
                                static_cast<int>(random.below(static_cast<std::uint64_t>(most - least + 1))));
  };
  switch (criterion) {
    case fixed::Criterion::entropy:
      return power(8, 15);
    case fixed::Criterion::margin:
      return power(0, 6);
    case fixed::Criterion::patience:
      return 1;
    default:
      return power(16, 26);
  }
}

}  // namespace

golden::WatchSettings reset_watch_settings(const accel::Accelerator& accelerator) {
  return {.window_log2 = accelerator.options.watch.window_log2, .bands = accelerator.options.watch.bands};
}

golden::WatchSettings random_watch_settings(const accel::Accelerator& accelerator, std::uint64_t seed) {
  Random random(seed);
  const quant::QNetwork& network = accelerator.network;
  std::uint64_t whole = 0;  // cycles of a sample that leaves last, roughly
  for (const accel::LayerPlan& l : accelerator.engines.front().layers)
    whole += static_cast<std::uint64_t>(l.issue_cycles + l.wait);
  golden::WatchSettings s{.window_log2 = static_cast<int>(random.below(4)),
                          .target = static_cast<std::uint32_t>(1 + whole / 8 + random.below(whole + 1)),
                          .slack = static_cast<std::uint32_t>(random.below(whole / 8 + 1))};
  const std::uint64_t most = std::uint64_t{1} << s.window_log2;
  for (std::size_t e = 0; e < network.exits.size(); ++e) {
    const std::uint64_t low = random.below(most / 2 + 1);
    s.bands.push_back({.low = static_cast<std::uint16_t>(low),
                       .high = static_cast<std::uint16_t>(low + random.below(most - low + 1))});
    if (e + 1 == network.exits.size()) break;
    const std::uint64_t threshold = network.exits[e].threshold;
    const std::uint32_t step = random_step(network.exits[e].criterion, random);
    const std::uint64_t down = random.below(8) * step;
    const std::uint64_t up = random.below(8) * step;
    s.steps.push_back({.step = step,
                       .low = random.one_in(4) ? 0 : threshold - std::min(threshold, down),
                       .high = random.one_in(4) ? kMostThreshold : std::min(kMostThreshold, threshold + up)});
  }
  return s;
}

WatchCheck::WatchCheck(const VerilatedModel& model, const accel::Accelerator& accelerator,
                       golden::WatchSettings settings)
    : accelerator_(accelerator), settings_(std::move(settings)), golden_(accelerator.network, [&] {
        golden::WatchSettings used = settings_;
        if (!accelerator.options.watch.monitor) used.bands.clear();
        if (!accelerator.options.watch.hold) used.target = 0;
        return used;
      }()) {
  for (std::size_t e = 0; accelerator.options.watch.hold && e + 1 < accelerator.network.exits.size(); ++e)
    thresholds_now_.push_back(model.probe(fmt::format("watch.threshold_now_{}", e)));
}

void WatchCheck::queue_settings(RegisterScript& registers) const {
  const accel::Watch& watch = accelerator_.options.watch;
  const auto set = [&](const std::string& name, std::uint64_t value) {
    registers.queue_write(name, value);
    registers.queue_read(name, value);
  };
  if (watch.windows()) set("watch_window", static_cast<std::uint64_t>(settings_.window_log2));
  for (std::size_t e = 0; watch.monitor && e < settings_.bands.size(); ++e)
    set(fmt::format("band_{}", e), settings_.bands[e].to_register());
  if (!watch.hold) return;
  for (std::size_t e = 0; e < settings_.steps.size(); ++e) {
    set(fmt::format("step_{}", e), settings_.steps[e].step);
    set(fmt::format("limit_low_{}", e), settings_.steps[e].low);
    set(fmt::format("limit_high_{}", e), settings_.steps[e].high);
  }
  set("latency_slack", settings_.slack);
  set("latency_target", settings_.target);
}

void WatchCheck::result(const ExpectedSample& sample, std::uint64_t cycle) {
  golden_.result(sample.exit, sample.trace.decisions, cycle - began_);
}

std::vector<WatchCheck::Shown> WatchCheck::shown_thresholds() const {
  std::vector<Shown> shown;
  for (std::size_t e = 0; e < thresholds_now_.size(); ++e) {
    shown.push_back({.name = fmt::format("threshold_now_{}", e),
                     .expected = static_cast<std::int64_t>(golden_.thresholds()[e]),
                     .got = static_cast<std::int64_t>(thresholds_now_[e].get())});
  }
  return shown;
}

void WatchCheck::queue_results(RegisterScript& registers) const {
  const accel::Watch& watch = accelerator_.options.watch;
  const auto read_histogram = [&](bool cleared) {
    for (std::size_t e = 0; watch.histogram && e < golden_.histogram().size(); ++e) {
      for (std::size_t bin = 0; bin < golden_.histogram()[e].size(); ++bin) {
        registers.queue_write("histogram_select", golden_.histogram().front().size() * e + bin);
        registers.queue_read(
            "histogram_count", cleared ? 0 : golden_.histogram()[e][bin],
            fmt::format("{} bin {}{}", accelerator_.network.exits[e].name, bin, cleared ? ", cleared" : ""));
      }
    }
  };
  read_histogram(false);
  if (watch.windows()) registers.queue_read("windows", golden_.windows());
  if (watch.hold) {
    registers.queue_read("window_latency", golden_.window_latency());
    for (std::size_t e = 0; e < golden_.thresholds().size(); ++e)
      registers.queue_read(fmt::format("threshold_now_{}", e), golden_.thresholds()[e]);
  }
  if (watch.monitor) {
    std::uint64_t drift = 0;
    for (std::size_t e = 0; e < golden_.drift().size(); ++e) drift |= std::uint64_t{golden_.drift()[e]} << e;
    registers.queue_read("drift", drift);
    registers.queue_write("drift", drift & ~(drift - 1));  // the lowest flag
    registers.queue_read("drift", drift & (drift - 1));
  }
  constexpr std::uint64_t kAll = 3;
  registers.queue_write("watch_clear", kAll);
  read_histogram(true);
}

}  // namespace offramp::verif
