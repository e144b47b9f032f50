#include "blocks/exit_monitor.h"

#include <fmt/format.h>

#include "fixed/watch.h"

namespace offramp::blocks {

ExitMonitor::Ports ExitMonitor::build(hw::ModuleBuilder& m) const {
  m.doc(fmt::format("Flags those of {} exits whose share of a window's results left its band.", exits));
  constexpr int kCountW = fixed::ExitBand::kCountBits;
  constexpr int kBandW = 2 * kCountW;
  constexpr int kExitW = 8;
  Ports p;
  p.ck = m.clocking();
  p.result = m.input("result_i", hw::bit(), "a result comes out");
  p.exit = m.input("exit_i", hw::uint(kExitW), "where it left");
  p.window_last = m.input("window_last_i", hw::bit(), "with result_i: it is the last of its window");
  p.restart = m.input("restart_i", hw::bit(), "forget the window that has begun");
  p.bands = m.input("bands_i", hw::uint(exits * kBandW), "an exit's least count below its largest");
  p.clear = m.input("clear_i", hw::uint(exits), "flags to clear");
  p.drift = m.output("drift_o", hw::uint(exits), "some window's count was outside its band");

  auto closing_q = m.reg("closing_q", hw::bit(), {.reset = 0});
  m.clocked(p.ck, [&] { m.next(closing_q, p.window_last & ~p.restart); });
  std::vector<hw::Value> outside;
  for (int e = 0; e < exits; ++e) {
    auto count_q = m.reg(fmt::format("count_{}q", e), hw::uint(kCountW), {.reset = 0});
    const auto mine = m.let(fmt::format("mine_{}", e), p.result & (p.exit == e));
    const auto kept =
        m.let(fmt::format("kept_{}", e), hw::mux(closing_q, m.literal(hw::uint(kCountW), 0), count_q));
    m.clocked(p.ck, [&] {
      m.when(p.restart, [&] { m.next(count_q, 0); }).otherwise([&] {
        m.next(count_q, hw::add_wrap(kept, hw::extend(mine, kCountW)));
      });
    });
    const auto low = hw::part(p.bands, e * kBandW, kCountW);
    const auto high = hw::part(p.bands, e * kBandW + kCountW, kCountW);
    outside.push_back(m.let(fmt::format("outside_{}", e), (count_q < low) | (count_q > high)));
  }
  auto drift_q = m.reg("drift_q", hw::uint(exits), {.reset = 0});
  const auto found =
      m.let("found", hw::concat({outside.rbegin(), outside.rend()}) & hw::replicate(closing_q, exits));
  m.clocked(p.ck, [&] { m.next(drift_q, (drift_q & ~p.clear) | found); });
  m.drive(p.drift, drift_q);
  return p;
}

}  // namespace offramp::blocks
