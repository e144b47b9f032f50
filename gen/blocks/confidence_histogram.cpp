#include "blocks/confidence_histogram.h"

#include <fmt/format.h>

#include "blocks/ram.h"
#include "blocks/weight_bank.h"

namespace offramp::blocks {

int ConfidenceHistogram::select_bits() const {
  return index_bits(words());
}

ConfidenceHistogram::Ports ConfidenceHistogram::build(hw::ModuleBuilder& m) const {
  m.doc(fmt::format("Histogram of the confidence of {} early exits, {} bins each.", early_exits,
                    fixed::kConfidenceBins));
  constexpr int kExitW = 8;
  const int aw = select_bits();
  const int bins_w = early_exits * kBinBits;
  const hw::Type count_t = hw::uint(kCountBits);
  Ports p;
  p.ck = m.clocking();
  p.decided = m.input("decided_i", hw::uint(early_exits), "a pulse an early exit");
  p.bins = m.input("bins_i", hw::uint(bins_w), "a cycle later: how sure it is, a bin an exit");
  p.close = m.input("close_i", hw::bit(), "the sample ends; never while waiting_o");
  p.exit = m.input("exit_i", hw::uint(kExitW), "with it: decisions of exits beyond this one do not count");
  p.clear = m.input("clear_i", hw::bit(), "set all counts to 0");
  p.select = m.input("select_i", hw::uint(aw), "exit * 16 + bin");
  p.select_written =
      m.input("select_written_i", hw::bit(), "show the count of select_i from the next cycle on");
  p.waiting = m.output("waiting_o", hw::bit(), "decisions of the last sample are still to be counted");
  p.clearing = m.output("clearing_o", hw::bit(), "counts are being set to 0, as after a reset");
  p.count = m.output("count_o", count_t, "as it was at select_written_i");

  m.section("What the exits have said of the sample");
  auto decided_q = m.reg("decided_q", hw::uint(early_exits), {.reset = 0});
  auto seen_q = m.reg("seen_q", hw::uint(early_exits), {.reset = 0});
  const auto seen = m.let("seen", seen_q | decided_q);
  m.comment("A decision in the cycle of the result is of an exit beyond the one taken.");
  m.clocked(p.ck, [&] {
    m.when(p.close, [&] {
       m.next(decided_q, 0);
       m.next(seen_q, 0);
     }).otherwise([&] {
      m.next(decided_q, p.decided);
      m.next(seen_q, seen);
    });
  });
  if (early_exits == 1) m.unused(p.exit);  // the only one is before every result
  std::vector<hw::Value> bins, reached;
  for (int e = 0; e < early_exits; ++e) {
    auto bin_q = m.reg(fmt::format("bin_{}q", e), hw::uint(kBinBits));
    bins.push_back(m.let(fmt::format("bin_{}", e),
                         hw::mux(hw::bit_of(decided_q, e), hw::part(p.bins, e * kBinBits, kBinBits), bin_q)));
    m.clocked(p.ck, [&] { m.next(bin_q, bins.back()); });
    reached.push_back(e == 0 ? m.literal(hw::bit(), 1) : p.exit >= e);
  }

  m.section("Ended samples are counted exit by exit, in two cycles each: read, add");
  auto waiting_q = m.reg("waiting_q", hw::uint(early_exits), {.reset = 0});
  auto waiting_bins_q = m.reg("waiting_bins_q", hw::uint(bins_w));
  const bool several = early_exits > 1;
  const auto exit_q = several ? m.reg("exit_q", hw::uint(index_bits(early_exits)), {.reset = 0}) : hw::Reg{};
  auto adding_q = m.reg("adding_q", hw::bit(), {.reset = 0});
  auto clearing_q = m.reg("clearing_q", hw::bit(), {.reset = 1});
  auto sweep_q = m.reg("sweep_q", hw::uint(aw), {.reset = 0});
  const auto waiting = m.let("waiting", hw::any(waiting_q));
  m.comment("The read that a driver asked for comes first, so that it never waits.");
  const auto turn = m.let("turn", waiting & ~adding_q & ~clearing_q & ~p.clear & ~p.select_written);
  const auto counts = m.let("counts", hw::bit_of(waiting_q, 0));
  const auto done = m.let("done", adding_q | (turn & ~counts));
  const auto bin = hw::slice(waiting_bins_q, kBinBits - 1, 0);
  const auto address = m.let("address", several ? hw::concat({exit_q, bin}) : bin);
  m.clocked(p.ck, [&] {
    m.next(adding_q, turn & counts);
    m.when(p.close, [&] {
       m.next(waiting_q, seen & hw::concat({reached.rbegin(), reached.rend()}));
       m.next(waiting_bins_q, hw::concat({bins.rbegin(), bins.rend()}));
       if (several) m.next(exit_q, 0);
     }).elsewhen(done, [&] {
      if (!several) {
        m.next(waiting_q, 0);
        return;
      }
      m.next(waiting_q, hw::shift_right(waiting_q, 1));
      m.next(waiting_bins_q, hw::shift_right(waiting_bins_q, kBinBits));
      m.next(exit_q, hw::add_wrap(exit_q, 1));
    });
  });
  m.clocked(p.ck, [&] {
    m.when(p.clear, [&] {
       m.next(clearing_q, 1);
       m.next(sweep_q, 0);
     }).elsewhen(clearing_q, [&] {
      m.next(sweep_q, hw::add_wrap(sweep_q, 1));
      m.when(sweep_q == (words() - 1), [&] { m.next(clearing_q, 0); });
    });
  });

  auto u_counts =
      m.instance("u_counts", Ram{}, {.ck = p.ck, .params = {{"WIDTH", kCountBits}, {"DEPTH", words()}}});
  const auto stored = u_counts.out(u_counts.ports.read_data, "stored");
  u_counts.in(u_counts.ports.write, clearing_q | adding_q);
  u_counts.in(u_counts.ports.write_address, hw::mux(clearing_q, sweep_q, address));
  u_counts.in(u_counts.ports.write_data, hw::mux(clearing_q, m.literal(count_t, 0), hw::add_wrap(stored, 1)));
  u_counts.in(u_counts.ports.read_address, hw::mux(p.select_written, p.select, address));

  m.section("The count that was asked for");
  auto asked_q = m.reg("asked_q", hw::bit(), {.reset = 0});
  auto count_q = m.reg("count_q", count_t, {.reset = 0});
  const auto count = m.let("count", hw::mux(asked_q, stored, count_q));
  m.clocked(p.ck, [&] {
    m.next(asked_q, p.select_written & ~clearing_q);
    m.when(p.select_written & clearing_q, [&] { m.next(count_q, 0); }).otherwise([&] {
      m.next(count_q, count);
    });
  });
  m.drive(p.waiting, waiting);
  m.drive(p.clearing, clearing_q);
  m.drive(p.count, count);
  return p;
}

}  // namespace offramp::blocks
