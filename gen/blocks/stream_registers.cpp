#include "blocks/stream_registers.h"

#include "blocks/stream_ports.h"

namespace offramp::blocks {

namespace {

StreamAdapterPorts declare(hw::ModuleBuilder& m) {
  const auto w = m.param("WIDTH", 8, {.min = 1, .max = 4096}, "bits of a word");
  return {.ck = m.clocking(),
          .in = hw::input_stream(m, "in", hw::uint(w)),
          .out = hw::output_stream(m, "out", hw::uint(w))};
}

/// Both sides follow the rules, the incoming one by assumption.
void state_rules(hw::ModuleBuilder& m, const StreamAdapterPorts& p) {
  stream_rules(m, p.ck, "in", p.in, RuleSide::assumed);
  stream_rules(m, p.ck, "out", p.out, RuleSide::asserted);
}

}  // namespace

StreamRegisterForward::Ports StreamRegisterForward::build(hw::ModuleBuilder& m) const {
  m.doc(
      "Registers data and valid of a stream: one word a cycle, one cycle of latency, holds one word. "
      "Combinational: out_ready_i to in_ready_o.");
  const Ports p = declare(m);
  const auto valid_q = m.reg("valid_q", hw::bit(), {.reset = 0});
  const auto data_q = m.reg("data_q", p.in.data.type());
  const auto room = m.let("room", ~valid_q | p.out.ready);
  m.clocked(p.ck, [&] { m.when(room, [&] { m.next(valid_q, p.in.valid); }); });
  m.clocked(p.ck, [&] { m.when(room & p.in.valid, [&] { m.next(data_q, p.in.data); }); });
  m.drive(p.in.ready, room);
  m.drive(p.out.valid, valid_q);
  m.drive(p.out.data, data_q);
  m.formal([&] {
    state_rules(m, p);
    m.comment("A word in every cycle passes through.");
    const auto passed_q = m.reg("f_passed_q", hw::uint(3), {.reset = 0});
    m.clocked(p.ck, [&] {
      m.next(passed_q, hw::concat({hw::slice(passed_q, 1, 0), p.out.valid & p.out.ready}));
    });
    m.cover_sometime(p.ck, "c_full_rate", hw::all(passed_q));
    m.cover_sometime(p.ck, "c_refused", p.in.valid & ~p.in.ready);
  });
  return p;
}

StreamRegisterBackward::Ports StreamRegisterBackward::build(hw::ModuleBuilder& m) const {
  m.doc(
      "Registers ready of a stream; a refused word is kept here: one word a cycle, no latency, holds one "
      "word. Combinational: in_valid_i to out_valid_o, in_data_i to out_data_o.");
  const Ports p = declare(m);
  m.comment("The word that was accepted when the consumer refused it.");
  const auto held_q = m.reg("held_q", hw::bit(), {.reset = 0});
  const auto data_q = m.reg("data_q", p.in.data.type());
  m.clocked(p.ck, [&] {
    m.when(p.out.ready, [&] { m.next(held_q, 0); }).elsewhen(p.in.valid, [&] { m.next(held_q, 1); });
  });
  m.clocked(p.ck, [&] { m.when(~held_q, [&] { m.next(data_q, p.in.data); }); });
  m.drive(p.in.ready, ~held_q);
  m.drive(p.out.valid, held_q | p.in.valid);
  m.drive(p.out.data, hw::mux(held_q, data_q, p.in.data));
  m.formal([&] {
    state_rules(m, p);
    m.cover_sometime(p.ck, "c_at_once", p.in.valid & p.in.ready & p.out.ready);
    m.cover_sometime(p.ck, "c_held_leaves", held_q & p.out.ready & p.in.valid);
  });
  return p;
}

StreamSkid::Ports StreamSkid::build(hw::ModuleBuilder& m) const {
  m.doc(
      "Registers data, valid and ready of a stream: one word a cycle, one cycle of latency, holds two words. "
      "Combinational: nothing.");
  const Ports p = declare(m);
  const auto valid_q = m.reg("valid_q", hw::bit(), {.reset = 0});
  const auto data_q = m.reg("data_q", p.in.data.type());
  m.comment("A second word, accepted in the cycle in which the consumer refused the first.");
  const auto held_q = m.reg("held_q", hw::bit(), {.reset = 0});
  const auto held_data_q = m.reg("held_data_q", p.in.data.type());
  const auto room = m.let("room", ~valid_q | p.out.ready);
  m.clocked(p.ck, [&] {
    m.when(room, [&] {
       m.next(valid_q, held_q | p.in.valid);
       m.next(held_q, 0);
     }).elsewhen(p.in.valid, [&] { m.next(held_q, 1); });
  });
  m.clocked(p.ck, [&] {
    m.when(room, [&] { m.next(data_q, hw::mux(held_q, held_data_q, p.in.data)); });
    m.when(~held_q, [&] { m.next(held_data_q, p.in.data); });
  });
  m.drive(p.in.ready, ~held_q);
  m.drive(p.out.valid, valid_q);
  m.drive(p.out.data, data_q);
  m.formal([&] {
    state_rules(m, p);
    m.comment("The second place is used only while the first is: no word overtakes another.");
    m.assert_always(p.ck, "a_in_order", ~held_q | valid_q);
    m.cover_sometime(p.ck, "c_full", held_q & valid_q);
    m.cover_sometime(p.ck, "c_held_leaves", held_q & p.out.ready & p.in.valid);
  });
  return p;
}

}  // namespace offramp::blocks
