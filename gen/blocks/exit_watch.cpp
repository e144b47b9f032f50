#include "blocks/exit_watch.h"

#include "blocks/confidence_histogram.h"
#include "blocks/exit_monitor.h"
#include "blocks/result_window.h"
#include "blocks/threshold_hold.h"
#include "fixed/watch.h"

namespace offramp::blocks {

ExitWatch::Ports ExitWatch::build(hw::ModuleBuilder& m) const {
  m.doc("Watches where samples leave, how sure the exits are and how long it takes.");
  constexpr int kExitW = 8;
  constexpr int kThresholdW = ThresholdHold::kThresholdW;
  const int early = early_exits();
  Ports p;
  p.ck = m.clocking();
  p.active = m.input("active_i", hw::bit(), "a sample is under way, up to its result");
  p.result = m.input("result_i", hw::bit(), "a result comes out");
  p.exit = m.input("exit_i", hw::uint(kExitW), "with it: where the sample left");
  p.clear =
      m.input("clear_i", hw::uint(kClearBits), "bit 0: the histogram, bit 1: the window that has begun");
  p.start_wait = m.output("start_wait_o", hw::bit(), "no sample may start");
  p.result_wait = m.output("result_wait_o", hw::bit(), "no result may come out");
  const auto none = m.literal(hw::bit(), 0);
  hw::Value start_wait = none;
  hw::Value result_wait = none;

  if (histogram) {
    m.section("How sure the exits are");
    const ConfidenceHistogram block{.early_exits = early};
    p.decided = m.input("decided_i", hw::uint(early), "a pulse an early exit");
    p.bins =
        m.input("bins_i", hw::uint(early * ConfidenceHistogram::kBinBits), "a cycle later, a bin an exit");
    p.select = m.input("select_i", hw::uint(block.select_bits()), "exit * 16 + bin");
    p.select_written = m.input("select_written_i", hw::bit(), "show its count");
    p.count = m.output("count_o", hw::uint(ConfidenceHistogram::kCountBits));
    if (parks) p.park = m.input("park_i", hw::bit(), "every early exit has declined the sample");
    auto u = m.instance("u_histogram", block, {.ck = p.ck});
    u.in(u.ports.decided, p.decided);
    u.in(u.ports.bins, p.bins);
    u.in(u.ports.close, parks ? p.result | p.park : static_cast<hw::Value>(p.result));
    u.in(u.ports.exit, parks ? hw::mux(p.park, m.literal(hw::uint(kExitW), exits - 1), p.exit)
                             : static_cast<hw::Value>(p.exit));
    u.in(u.ports.clear, hw::bit_of(p.clear, kClearHistogram));
    u.in(u.ports.select, p.select);
    u.in(u.ports.select_written, p.select_written);
    const auto waiting = u.out(u.ports.waiting, "histogram_waiting");
    const auto clearing = u.out(u.ports.clearing, "histogram_clearing");
    start_wait = parks ? clearing | waiting : clearing;
    result_wait = waiting;
    m.drive(p.count, u.out(u.ports.count, "histogram_count"));
  }
  hw::Value window_last;
  if (windows()) {
    m.section("Windows of results");
    p.window = m.input("window_i", hw::uint(fixed::kWindowBits), "a window has 2^window_i results");
    p.windows = m.output("windows_o", hw::uint(32), "that have ended");
    auto u = m.instance("u_window", ResultWindow{}, {.ck = p.ck});
    u.in(u.ports.result, p.result);
    u.in(u.ports.restart, hw::bit_of(p.clear, kClearWindow));
    u.in(u.ports.window, p.window);
    window_last = u.out(u.ports.last, "window_last");
    m.drive(p.windows, u.out(u.ports.windows, "window_number"));
  }
  if (monitor) {
    m.section("Exit rates against their bands");
    p.bands =
        m.input("bands_i", hw::uint(exits * 2 * fixed::ExitBand::kCountBits), "a band register an exit");
    p.drift_clear = m.input("drift_clear_i", hw::uint(exits), "flags to clear");
    p.drift = m.output("drift_o", hw::uint(exits), "some window's count was outside its band");
    auto u = m.instance("u_monitor", ExitMonitor{.exits = exits}, {.ck = p.ck});
    u.in(u.ports.result, p.result);
    u.in(u.ports.exit, p.exit);
    u.in(u.ports.window_last, window_last);
    u.in(u.ports.restart, hw::bit_of(p.clear, kClearWindow));
    u.in(u.ports.bands, p.bands);
    u.in(u.ports.clear, p.drift_clear);
    m.drive(p.drift, u.out(u.ports.drift, "monitor_drift"));
  }
  if (hold) {
    m.section("Thresholds that hold a latency");
    p.target = m.input("target_i", hw::uint(fixed::kLatencyBits), "mean cycles of a sample; 0: rest");
    p.slack = m.input("slack_i", hw::uint(fixed::kLatencyBits), "cycles below it that are left alone");
    p.upwards = m.input("upwards_i", hw::uint(early), "more samples leave at a higher threshold");
    p.thresholds = m.input("thresholds_i", hw::uint(early * kThresholdW), "in force while it rests");
    p.steps = m.input("steps_i", hw::uint(early * fixed::kStepBits), "how far a threshold moves");
    p.lows = m.input("lows_i", hw::uint(early * kThresholdW), "lower limits");
    p.highs = m.input("highs_i", hw::uint(early * kThresholdW), "upper limits");
    p.thresholds_now = m.output("thresholds_o", hw::uint(early * kThresholdW), "in force");
    p.latency = m.output("latency_o", hw::uint(fixed::kLatencyBits), "mean cycles of the last whole window");
    auto u = m.instance("u_hold", ThresholdHold{.early_exits = early}, {.ck = p.ck});
    u.in(u.ports.active, p.active);
    u.in(u.ports.window_last, window_last);
    u.in(u.ports.restart, hw::bit_of(p.clear, kClearWindow));
    u.in(u.ports.window, p.window);
    u.in(u.ports.target, p.target);
    u.in(u.ports.slack, p.slack);
    u.in(u.ports.upwards, p.upwards);
    u.in(u.ports.thresholds, p.thresholds);
    u.in(u.ports.steps, p.steps);
    u.in(u.ports.lows, p.lows);
    u.in(u.ports.highs, p.highs);
    start_wait = start_wait | u.out(u.ports.busy, "hold_busy");
    m.drive(p.thresholds_now, u.out(u.ports.thresholds_now, "hold_thresholds"));
    m.drive(p.latency, u.out(u.ports.latency, "hold_latency"));
  } else {
    m.unused(p.active);
  }
  if (!histogram && !monitor) m.unused(p.exit);
  if (!histogram) m.unused(hw::bit_of(p.clear, kClearHistogram));
  if (!windows()) m.unused(hw::bit_of(p.clear, kClearWindow));
  m.drive(p.start_wait, start_wait);
  m.drive(p.result_wait, result_wait);
  return p;
}

}  // namespace offramp::blocks
