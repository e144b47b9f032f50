#include "blocks/stream_fifo.h"

#include "blocks/stream_ports.h"

namespace offramp::blocks {

StreamFifo::Ports StreamFifo::build(hw::ModuleBuilder& m) const {
  m.doc(
      "Queue of DEPTH words of a stream in a memory: one word a cycle, the first word falls through after "
      "one "
      "cycle. Combinational: nothing.");
  const auto w = m.param("WIDTH", 8, {.min = 1, .max = 4096}, "bits of a word");
  const auto depth = m.param("DEPTH", 4, {.min = 2, .max = 1 << 20}, "words; need not be a power of two");
  const auto pointer_w = m.localparam("POINTER_W", hw::clog2(depth), "bits of an address");
  const auto count_w = m.localparam("COUNT_W", hw::clog2(depth + 1), "bits of the number of words");
  const Ports p{
      .ck = m.clocking(),
      .in = hw::input_stream(m, "in", hw::uint(w)),
      .out = hw::output_stream(m, "out", hw::uint(w)),
      .count = m.output("count_o", hw::uint(count_w), "words held, the one at the output included")};

  const auto head_q = m.reg("head_q", hw::uint(pointer_w), {.reset = 0});
  const auto tail_q = m.reg("tail_q", hw::uint(pointer_w), {.reset = 0});
  const auto count_q = m.reg("count_q", hw::uint(count_w), {.reset = 0});
  const auto full = m.constant("FULL", hw::uint(count_w), depth);
  const auto last = m.constant("LAST", hw::uint(pointer_w), depth - 1);
  const auto valid = m.let("valid", count_q != 0);
  const auto ready = m.let("ready", count_q != full);
  const auto push = m.let("push", p.in.valid & ready);
  const auto pop = m.let("pop", valid & p.out.ready);
  const auto after = [&](const hw::Value& pointer) {
    return hw::mux(pointer == last, 0, hw::add_wrap(pointer, 1));
  };
  const auto head_d = m.let("head_d", hw::mux(pop, after(head_q), head_q));
  m.clocked(p.ck, [&] {
    m.next(head_q, head_d);
    m.when(push, [&] { m.next(tail_q, after(tail_q)); });
    m.when(push & ~pop, [&] { m.next(count_q, hw::add_wrap(count_q, 1)); }).elsewhen(pop & ~push, [&] {
      m.next(count_q, hw::sub_wrap(count_q, 1));
    });
  });

  const auto mem = m.memory(
      "mem", hw::uint(w), depth,
      {.doc = "What will be at the head is read in the cycle before, so that this may be a block RAM."});
  const auto write = m.write_port(mem, p.ck, push, tail_q, p.in.data);
  const auto data =
      m.read_port("data", mem, p.ck, head_d, {.under_write = hw::ReadUnderWrite::new_word, .write = write});
  m.drive(p.in.ready, ready);
  m.drive(p.out.valid, valid);
  m.drive(p.out.data, data);
  m.drive(p.count, count_q);

  m.formal([&] {
    stream_rules(m, p.ck, "in", p.in, RuleSide::assumed);
    stream_rules(m, p.ck, "out", p.out, RuleSide::asserted);
    m.comment("A bit wider, since linters find a comparison with the largest value of a width constant.");
    m.assert_always(p.ck, "a_no_overflow", hw::extend(count_q, count_w + 1) <= depth);
    const auto inside = [&](const hw::Value& pointer) {
      return hw::extend(pointer, pointer_w + 1) <= depth - 1;
    };
    m.assert_always(p.ck, "a_pointers", inside(head_q) & inside(tail_q));
    m.comment("The words held are those from head to tail, and the output shows the one at head.");
    const auto end = m.let("f_end", head_q + count_q);
    m.assert_always(p.ck, "a_count", (end == tail_q) | (end == tail_q + full));
    m.assert_always(p.ck, "a_head_shown", ~valid | (data == m.read(mem, head_q)));
    const auto was_full_q = m.reg("f_was_full_q", hw::bit(), {.reset = 0});
    m.clocked(p.ck, [&] { m.when(count_q == full, [&] { m.next(was_full_q, 1); }); });
    m.cover_sometime(p.ck, "c_full", count_q == full);
    m.cover_sometime(p.ck, "c_drained", was_full_q & ~valid);
    m.cover_sometime(p.ck, "c_push_and_pop", push & pop);
  });
  return p;
}

}  // namespace offramp::blocks
