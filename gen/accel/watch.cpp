#include "accel/watch.h"

#include <fmt/format.h>

#include "accel/registers.h"
#include "base/error.h"
#include "blocks/confidence_histogram.h"
#include "blocks/threshold_hold.h"

namespace offramp::accel {
namespace {

constexpr int kBandBits = 2 * fixed::ExitBand::kCountBits;

hw::Value reversed(const std::vector<hw::Value>& values) {
  return values.size() == 1 ? values.front() : hw::concat({values.rbegin(), values.rend()});
}

}  // namespace

void check_watch(const quant::QNetwork& network, const Options& options) {
  const Watch& watch = options.watch;
  if (!watch.any()) return;
  if (options.strategy == Strategy::static_ || network.exits.size() < 2) {
    throw Error(fmt::format("{}: there is no early exit to watch in a {} design{}; leave out --watch",
                            network.name, to_string(options.strategy),
                            network.exits.size() < 2 ? " of a network with a single exit" : ""));
  }
  if (watch.window_log2 < 0 || watch.window_log2 > fixed::kMostWindowLog2) {
    throw Error(fmt::format("{}: a watch window of 2^{} results; 2^0 to 2^{} are supported", network.name,
                            watch.window_log2, fixed::kMostWindowLog2));
  }
  if (!watch.bands.empty() && watch.bands.size() != network.exits.size()) {
    throw Error(fmt::format("{}: {} bands of exit rates for {} exits; give one each", network.name,
                            watch.bands.size(), network.exits.size()));
  }
}

blocks::ExitWatch exit_watch(const Accelerator& a) {
  return {.exits = hardware_exits(a),
          .histogram = a.options.watch.histogram,
          .monitor = a.options.watch.monitor,
          .hold = a.options.watch.hold,
          .parks = a.engines.front().images > 1};
}

std::vector<blocks::RegisterSpec> watch_registers(const Accelerator& a, std::uint32_t offset) {
  const Watch& watch = a.options.watch;
  std::vector<Register> map;
  if (!watch.any()) return map;
  const blocks::ExitWatch block = exit_watch(a);
  const auto add = [&](std::string name, int bits, std::string doc) -> Register& {
    map.push_back(
        {.name = std::move(name), .offset = offset, .bits = bits, .writable = false, .doc = std::move(doc)});
    offset += 8;
    return map.back();
  };
  const auto writable = [&](std::string name, int bits, std::uint64_t reset, std::string doc) {
    Register& r = add(std::move(name), bits, std::move(doc));
    r.writable = true;
    r.reset = reset;
  };
  Register& clear = add("watch_clear", blocks::ExitWatch::kClearBits, "write 1: forgets what was watched");
  clear.writable = clear.announced = true;
  clear.fields = {{"histogram", 0, 1, "sets the histogram to 0"},
                  {"window", 1, 1, "forgets the window that has begun"}};
  if (watch.histogram) {
    const blocks::ConfidenceHistogram histogram{.early_exits = block.early_exits()};
    Register& select = add("histogram_select", histogram.select_bits(),
                           "16 * exit + bin: writing it reads the count into histogram_count");
    select.writable = select.announced = true;
    constexpr int kBinBits = blocks::ConfidenceHistogram::kBinBits;
    select.fields = {{"bin", 0, kBinBits, "of confidence"}};
    if (histogram.select_bits() > kBinBits)
      select.fields.push_back({"exit", kBinBits, histogram.select_bits() - kBinBits, "the early exit"});
    add("histogram_count", blocks::ConfidenceHistogram::kCountBits,
        "decisions of the early exit with this confidence when histogram_select was written");
  }
  if (watch.windows()) {
    writable("watch_window", fixed::kWindowBits, static_cast<std::uint64_t>(watch.window_log2),
             "w: a window has 2^w results");
    add("windows", 32, "windows that have ended");
  }
  if (watch.monitor) {
    Register& drift =
        add("drift", block.exits,
            "the samples that left at an exit in some window were outside its band; write 1 clears");
    drift.writable = drift.announced = drift.live = true;
    for (int e = 0; e < block.exits; ++e)
      drift.fields.push_back({fmt::format("exit_{}", e), e, 1, fmt::format("outside band_{}", e)});
    for (int e = 0; e < block.exits; ++e) {
      const auto i = static_cast<std::size_t>(e);
      writable(fmt::format("band_{}", e), kBandBits,
               (watch.bands.empty() ? fixed::ExitBand{} : watch.bands[i]).to_register(),
               fmt::format("how many samples of a window may leave at exit {}", e));
      map.back().fields = {{"fewest", 0, fixed::ExitBand::kCountBits, "not fewer"},
                           {"most", fixed::ExitBand::kCountBits, fixed::ExitBand::kCountBits, "not more"}};
    }
  }
  if (watch.hold) {
    writable("latency_target", fixed::kLatencyBits, 0,
             "mean cycles from a sample's start to its result that the loop holds; 0: it rests, and "
             "threshold_e is in force");
    writable("latency_slack", fixed::kLatencyBits, 0, "cycles below the target that the loop leaves alone");
    add("window_latency", fixed::kLatencyBits, "mean cycles of the last window that has ended, rounded down");
    constexpr int kThresholdW = fixed::DecisionTables::kThresholdBits;
    for (int e = 0; e < block.early_exits(); ++e) {
      const std::uint64_t tuned = a.network.exits[static_cast<std::size_t>(e)].threshold;
      writable(fmt::format("step_{}", e), fixed::kStepBits, 0,
               fmt::format("how far the loop moves the threshold of exit {} at a window's end", e));
      writable(fmt::format("limit_low_{}", e), kThresholdW, tuned,
               fmt::format("the loop moves the threshold of exit {} no lower", e));
      writable(fmt::format("limit_high_{}", e), kThresholdW, tuned,
               fmt::format("the loop moves the threshold of exit {} no higher", e));
      add(fmt::format("threshold_now_{}", e), kThresholdW,
          fmt::format("threshold of exit {} that the next sample is decided by", e));
    }
  }
  return map;
}

TopWatch::TopWatch(hw::ModuleBuilder& m, const Accelerator& a, const hw::Clocking& ck, Registers& registers,
                   const Samples& samples)
    : m_(m), options_(a.options.watch), early_(hardware_exits(a) - 1), registers_(registers) {
  start_wait_ = result_wait_ = m.literal(hw::bit(), 0);
  if (!options_.any()) return;
  m.section("The exits are watched");
  const auto value = [&](const std::string& name) {
    return registers_.out(registers_.ports.value.at(name), name);
  };
  const auto written = [&](const std::string& name) {
    return registers_.out(registers_.ports.written.at(name), name + "_written");
  };
  const auto show = [&](const std::string& name, const hw::Value& v) {
    registers_.in(registers_.ports.shown.at(name), v);
  };
  const auto pulses = [&](const std::string& name, int bits) {
    return m.let(name + "_pulses", value(name) & hw::replicate(written(name), bits));
  };
  watch_.emplace(m.instance("u_watch", exit_watch(a), {.ck = ck}));
  auto& u = *watch_;
  u.in(u.ports.active, samples.active);
  m.comment("An image that is answered without work on it says nothing about exits.");
  u.in(u.ports.result, samples.result & samples.active);
  u.in(u.ports.exit, samples.exit);
  u.in(u.ports.clear, pulses("watch_clear", blocks::ExitWatch::kClearBits));
  start_wait_ = u.out(u.ports.start_wait, "watch_start_wait");
  result_wait_ = u.out(u.ports.result_wait, "watch_result_wait");
  if (options_.histogram) {
    u.in(u.ports.select, value("histogram_select"));
    u.in(u.ports.select_written, written("histogram_select"));
    show("histogram_count", u.out(u.ports.count, "histogram_count"));
  }
  if (options_.windows()) {
    u.in(u.ports.window, value("watch_window"));
    show("windows", u.out(u.ports.windows, "windows"));
  }
  if (options_.monitor) {
    std::vector<hw::Value> bands;
    for (int e = 0; e <= early_; ++e) bands.push_back(value(fmt::format("band_{}", e)));
    u.in(u.ports.bands, reversed(bands));
    u.in(u.ports.drift_clear, pulses("drift", early_ + 1));
    show("drift", u.out(u.ports.drift, "drift_flags"));
  }
  if (options_.hold) {
    u.in(u.ports.target, value("latency_target"));
    u.in(u.ports.slack, value("latency_slack"));
    show("window_latency", u.out(u.ports.latency, "window_latency"));
    std::vector<hw::Value> steps, lows, highs;
    for (int e = 0; e < early_; ++e) {
      steps.push_back(value(fmt::format("step_{}", e)));
      lows.push_back(value(fmt::format("limit_low_{}", e)));
      highs.push_back(value(fmt::format("limit_high_{}", e)));
    }
    u.in(u.ports.steps, reversed(steps));
    u.in(u.ports.lows, reversed(lows));
    u.in(u.ports.highs, reversed(highs));
  }
}

std::vector<hw::Value> TopWatch::thresholds(const std::vector<hw::Value>& written,
                                            const std::vector<hw::Value>& upwards) {
  if (!options_.hold) return written;
  constexpr int kThresholdW = blocks::ThresholdHold::kThresholdW;
  auto& u = *watch_;
  u.in(u.ports.thresholds, reversed(written));
  u.in(u.ports.upwards, reversed(upwards));
  const auto all = u.out(u.ports.thresholds_now, "thresholds_now");
  std::vector<hw::Value> now;
  for (int e = 0; e < early_; ++e) {
    now.push_back(m_.let(fmt::format("threshold_now_{}", e), hw::part(all, e * kThresholdW, kThresholdW)));
    registers_.in(registers_.ports.shown.at(fmt::format("threshold_now_{}", e)), now.back());
  }
  return now;
}

void TopWatch::decisions(const Decisions& d) {
  if (!options_.histogram) return;
  auto& u = *watch_;
  u.in(u.ports.decided, reversed(d.decided));
  u.in(u.ports.bins, reversed(d.bins));
  if (d.park.module() != nullptr) u.in(u.ports.park, d.park);
}

}  // namespace offramp::accel
