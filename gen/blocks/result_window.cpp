#include "blocks/result_window.h"

#include "fixed/watch.h"

namespace offramp::blocks {

ResultWindow::Ports ResultWindow::build(hw::ModuleBuilder& m) const {
  m.doc("Cuts the results into windows of a power of two.");
  constexpr int kCountW = fixed::kMostWindowLog2 + 1;
  Ports p;
  p.ck = m.clocking();
  p.result = m.input("result_i", hw::bit(), "a result comes out");
  p.restart = m.input("restart_i", hw::bit(), "forget the window that has begun");
  p.window = m.input("window_i", hw::uint(fixed::kWindowBits), "its results are 2^window_i");
  p.last = m.output("last_o", hw::bit(), "with result_i: it ends the window");
  p.windows = m.output("windows_o", hw::uint(32), "that have ended");
  auto count_q = m.reg("count_q", hw::uint(kCountW), {.reset = 0});
  auto windows_q = m.reg("windows_q", hw::uint(32), {.reset = 0});
  const auto count = m.let("count", hw::add_wrap(count_q, 1));
  m.comment("A window that is made shorter than what it has already ends with the next result.");
  const auto last = m.let("last", p.result & ~p.restart & hw::any(hw::shift_right(count, p.window)));
  m.clocked(p.ck, [&] {
    m.when(p.restart | last, [&] { m.next(count_q, 0); }).elsewhen(p.result, [&] { m.next(count_q, count); });
  });
  m.clocked(p.ck, [&] { m.when(last, [&] { m.next(windows_q, hw::add_wrap(windows_q, 1)); }); });
  m.drive(p.last, last);
  m.drive(p.windows, windows_q);
  return p;
}

}  // namespace offramp::blocks
