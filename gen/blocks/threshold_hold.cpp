#include "blocks/threshold_hold.h"

#include <fmt/format.h>

#include "blocks/weight_bank.h"
#include "fixed/watch.h"

namespace offramp::blocks {

ThresholdHold::Ports ThresholdHold::build(hw::ModuleBuilder& m) const {
  m.doc(fmt::format("Moves the thresholds of {} early exits to hold a mean latency.", early_exits));
  constexpr int kSumW = fixed::kLatencySumBits;
  constexpr int kLatencyW = fixed::kLatencyBits;
  constexpr int kStepW = fixed::kStepBits;
  const int index_w = index_bits(early_exits);
  const hw::Type sum_t = hw::uint(kSumW);
  const hw::Type latency_t = hw::uint(kLatencyW);
  const hw::Type threshold_t = hw::uint(kThresholdW);
  const hw::Type index_t = hw::uint(index_w);
  Ports p;
  p.ck = m.clocking();
  p.active = m.input("active_i", hw::bit(), "a sample is under way, up to its result");
  p.window_last = m.input("window_last_i", hw::bit(), "its result comes out and ends a window");
  p.restart = m.input("restart_i", hw::bit(), "forget the window that has begun");
  p.window = m.input("window_i", hw::uint(fixed::kWindowBits), "a window has 2^window_i results");
  p.target = m.input("target_i", latency_t, "mean cycles of a sample; 0: rest");
  p.slack = m.input("slack_i", latency_t, "cycles below the target that are left alone");
  p.upwards = m.input("upwards_i", hw::uint(early_exits), "more samples leave at a higher threshold");
  p.thresholds = m.input("thresholds_i", hw::uint(early_exits * kThresholdW), "in force while it rests");
  p.steps = m.input("steps_i", hw::uint(early_exits * kStepW), "how far a threshold moves");
  p.lows = m.input("lows_i", hw::uint(early_exits * kThresholdW), "lower limits");
  p.highs = m.input("highs_i", hw::uint(early_exits * kThresholdW), "upper limits");
  p.busy = m.output("busy_o", hw::bit(), "no sample may start");
  p.thresholds_now = m.output("thresholds_o", hw::uint(early_exits * kThresholdW), "in force");
  p.latency = m.output("latency_o", latency_t, "mean cycles of the last whole window");

  m.section("Cycles in which a window's samples were under way");
  auto sum_q = m.reg("sum_q", sum_t, {.reset = 0});
  const auto full = m.let("full", hw::bit_of(sum_q, kSumW - 1));
  const auto sum = m.let("sum", hw::add_wrap(sum_q, hw::extend(p.active & ~full, kSumW)));
  m.clocked(p.ck, [&] {
    m.when(p.restart | p.window_last, [&] { m.next(sum_q, 0); }).otherwise([&] { m.next(sum_q, sum); });
  });

  m.section("Their mean: a place to the right a cycle");
  auto on_q = m.reg("on_q", hw::bit(), {.reset = 0});
  auto halving_q = m.reg("halving_q", hw::bit(), {.reset = 0});
  auto left_q = m.reg("left_q", hw::uint(fixed::kWindowBits));
  auto mean_q = m.reg("mean_q", sum_t);
  auto rest_q = m.reg("rest_q", hw::bit());
  auto counts_q = m.reg("counts_q", hw::bit());  // the loop was on when the window ended
  auto latency_q = m.reg("latency_q", latency_t, {.reset = 0});
  m.clocked(p.ck, [&] { m.when(~p.active, [&] { m.next(on_q, p.target != 0); }); });
  const auto halved = m.let("halved", halving_q & (left_q == 0));
  m.clocked(p.ck, [&] {
    m.when(p.window_last & ~p.restart, [&] {
       m.next(halving_q, 1);
       m.next(left_q, p.window);
       m.next(mean_q, sum);
       m.next(rest_q, 0);
       m.next(counts_q, on_q);
     }).elsewhen(halving_q, [&] {
      m.when(halved, [&] { m.next(halving_q, 0); }).otherwise([&] {
        m.next(left_q, hw::sub_wrap(left_q, 1));
        m.next(mean_q, hw::shift_right(mean_q, 1));
        m.next(rest_q, rest_q | hw::bit_of(mean_q, 0));
      });
    });
    m.when(halved, [&] {
      const auto beyond = hw::any(hw::slice(mean_q, kSumW - 1, kLatencyW));
      m.next(latency_q, hw::slice(mean_q, kLatencyW - 1, 0) | hw::replicate(beyond, kLatencyW));
    });
  });

  m.section("Above the target: laxer; below it by more than the slack: stricter");
  const auto above = m.let("above", (mean_q > p.target) | ((mean_q == p.target) & rest_q));
  const auto below = m.let("below", mean_q + p.slack < p.target);
  auto moving_q = m.reg("moving_q", hw::bit(), {.reset = 0});
  auto laxer_q = m.reg("laxer_q", hw::bit());
  auto index_q = m.reg("index_q", index_t, {.reset = 0});
  const auto begin = m.let("beginning", halved & on_q & counts_q & (above | below));
  const auto last = m.let("last", moving_q & (index_q == (early_exits - 1)));
  m.clocked(p.ck, [&] {
    m.when(begin, [&] {
       m.next(moving_q, 1);
       m.next(laxer_q, above);
       m.next(index_q, 0);
     }).elsewhen(moving_q, [&] {
      m.next(index_q, hw::add_wrap(index_q, 1));
      m.when(last, [&] { m.next(moving_q, 0); });
    });
  });

  m.section("One exit a cycle: first the sum, then the limits");
  const hw::Type moved_t = hw::sint(kThresholdW + 2);
  const hw::Type bound_t = hw::sint(kThresholdW + 1);
  std::vector<hw::Reg> now;
  for (int e = 0; e < early_exits; ++e)
    now.push_back(m.reg(fmt::format("threshold_{}q", e), threshold_t, {.reset = 0}));
  const auto all_now = m.let("all_now", hw::concat({now.rbegin(), now.rend()}));
  // And-or of the exits' parts: a selection by a variable place becomes a shifter over all of them.
  auto of_exit = [&](const hw::Value& all, int width) {
    hw::Value picked;
    for (int e = 0; e < early_exits; ++e) {
      const auto own = hw::part(all, e * width, width);
      const auto mine = early_exits == 1 ? own : own & hw::replicate(index_q == e, width);
      picked = e == 0 ? mine : picked | mine;
    }
    return picked;
  };
  auto chosen = [&](const char* name, const hw::Value& all, int width) {
    return m.let(name, of_exit(all, width));
  };
  const auto from = chosen("from", all_now, kThresholdW);
  const auto by = chosen("by", p.steps, kStepW);
  const auto up =
      m.let("up", (early_exits == 1 ? static_cast<hw::Value>(p.upwards) : hw::select(p.upwards, index_q, 1)) ^
                      ~laxer_q);
  auto landing_q = m.reg("landing_q", hw::bit(), {.reset = 0});
  auto place_q = m.reg("place_q", index_t);
  auto moved_q = m.reg("moved_q", moved_t);
  auto low_q = m.reg("low_q", bound_t);
  auto high_q = m.reg("high_q", bound_t);
  const auto plus = m.let("plus", hw::extend(hw::to_signed(from + by), moved_t.width));
  const auto minus = m.let("minus", hw::extend(hw::as_signed(from - by), moved_t.width));
  m.clocked(p.ck, [&] {
    m.next(landing_q, moving_q);
    m.next(place_q, index_q);
    m.next(moved_q, hw::mux(up, plus, minus));
    m.next(low_q, hw::to_signed(chosen("low", p.lows, kThresholdW)));
    m.next(high_q, hw::to_signed(chosen("high", p.highs, kThresholdW)));
  });
  const auto high = m.let("high_limit", hw::extend(high_q, moved_t.width));
  const auto low = m.let("low_limit", hw::extend(low_q, moved_t.width));
  const auto not_above = m.let("not_above", hw::mux(moved_q > high, high, moved_q));
  const auto landed = m.let("landed", hw::mux(not_above < low, low, not_above));
  const auto landed_bits = m.let("landed_bits", hw::truncate(hw::as_unsigned(landed), kThresholdW));
  m.unused(hw::slice(landed, moved_t.width - 1, kThresholdW));  // the limits have no more
  m.clocked(p.ck, [&] {
    for (int e = 0; e < early_exits; ++e) {
      const hw::Reg reg = now[static_cast<std::size_t>(e)];
      m.when(~on_q, [&] {
         m.next(reg, hw::part(p.thresholds, e * kThresholdW, kThresholdW));
       }).elsewhen(landing_q & (place_q == e), [&] { m.next(reg, landed_bits); });
    }
  });
  m.drive(p.busy, on_q & (halving_q | moving_q | landing_q));
  m.drive(p.thresholds_now, all_now);
  m.drive(p.latency, latency_q);
  return p;
}

}  // namespace offramp::blocks
