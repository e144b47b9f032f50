#include "blocks/stream_fork.h"

#include "blocks/stream_ports.h"

namespace offramp::blocks {

StreamFork::Ports StreamFork::build(hw::ModuleBuilder& m) const {
  m.doc(
      "One stream to COUNT: every output takes every word once, at its own time. Combinational: in_valid_i "
      "to "
      "out_valid_o, in_data_i to out_data_o, out_ready_i to in_ready_o.");
  const auto w = m.param("WIDTH", 8, {.min = 1, .max = 4096}, "bits of a word");
  const auto count = m.param("COUNT", 2, {.min = 2, .max = 64}, "outputs");
  const Ports p{
      .ck = m.clocking(),
      .in = hw::input_stream(m, "in", hw::uint(w)),
      .out = output_streams(m, "out", hw::uint(w), count, {.doc = "the same word for all outputs"})};
  m.comment("Who has taken the word at hand already.");
  const auto done_q = m.reg("done_q", hw::uint(count), {.reset = 0});
  const auto done = m.let("done", done_q | p.out.ready);
  const auto all_done = m.let("all_done", hw::all(done));
  m.clocked(p.ck, [&] { m.when(p.in.valid, [&] { m.next(done_q, hw::mux(all_done, 0, done)); }); });
  m.drive(p.in.ready, all_done);
  m.drive(p.out.valid, hw::replicate(p.in.valid, count) & ~done_q);
  m.drive(p.out.data, p.in.data);
  m.formal([&] {
    stream_rules(m, p.ck, "in", p.in, RuleSide::assumed);
    stream_rules(m, p.ck, "out", p.out, RuleSide::asserted);
    m.comment("No word is taken from the input before all outputs have it, and none has it twice.");
    m.assert_always(p.ck, "a_not_finished", ~hw::all(done_q));
    m.assert_always(p.ck, "a_only_of_a_word", p.in.valid | (done_q == 0));
    m.cover_sometime(p.ck, "c_at_once", p.in.valid & p.in.ready & (done_q == 0));
    m.cover_sometime(p.ck, "c_last_one", p.in.valid & p.in.ready & (done_q != 0));
  });
  return p;
}

StreamJoin::Ports StreamJoin::build(hw::ModuleBuilder& m) const {
  m.doc(
      "COUNT streams to one: a word of each, side by side, when all have one. Combinational: in_valid_i to "
      "out_valid_o and in_ready_o, in_data_i to out_data_o, out_ready_i to in_ready_o.");
  const auto w = m.param("WIDTH", 8, {.min = 1, .max = 4096}, "bits of a word");
  const auto count = m.param("COUNT", 2, {.min = 2, .max = 64}, "inputs");
  const char* words = "word i in the bits from i*WIDTH";
  const Ports p{.in = input_streams(m, "in", hw::uint(count * w), count,
                                    {.ready = hw::ReadyRule::may_wait, .doc = words}),
                .out = hw::output_stream(m, "out", hw::uint(count * w), {.doc = words})};
  const auto complete = m.let("complete", hw::all(p.in.valid));
  m.drive(p.in.ready, hw::replicate(complete & p.out.ready, count));
  m.drive(p.out.valid, complete);
  m.drive(p.out.data, p.in.data);
  return p;
}

}  // namespace offramp::blocks
