#include "blocks/stream_route.h"

#include "blocks/stream_ports.h"

namespace offramp::blocks {

StreamDemux::Ports StreamDemux::build(hw::ModuleBuilder& m) const {
  m.doc(
      "One stream to COUNT: a word goes to the output that its select names. Combinational: in_valid_i and "
      "in_select_i to out_valid_o, in_data_i to out_data_o, out_ready_i and in_select_i to in_ready_o.");
  const auto w = m.param("WIDTH", 8, {.min = 1, .max = 4096}, "bits of a word");
  const auto count = m.param("COUNT", 2, {.min = 2, .max = 64}, "outputs");
  const auto in = hw::input_stream(m, "in", hw::uint(w));
  const auto select = m.input("in_select_i", hw::uint(hw::clog2(count)),
                              "which output; a word with COUNT or more is never taken");
  const Ports p{.in = in,
                .out = output_streams(m, "out", hw::uint(w), count, {.doc = "the same word for all outputs"}),
                .select = select};
  m.module().streams.front().data.push_back(hw::target_decl(m.module(), p.select.id()));
  const auto chosen = m.wire("chosen", hw::uint(count));
  m.generate_for("gen_output", count,
                 [&](const hw::IntExpr& i) { m.drive(hw::bit_of(chosen, i), p.select == i); });
  m.drive(p.in.ready, hw::any(chosen & p.out.ready));
  m.drive(p.out.valid, hw::replicate(p.in.valid, count) & chosen);
  m.drive(p.out.data, p.in.data);
  return p;
}

StreamMerge::Ports StreamMerge::build(hw::ModuleBuilder& m) const {
  m.doc(
      "COUNT streams to one, in turn; the index of the input travels with the word. Combinational: "
      "in_valid_i "
      "to out_valid_o, out_data_o, out_id_o and in_ready_o, in_data_i to out_data_o, out_ready_i to "
      "in_ready_o.");
  const auto w = m.param("WIDTH", 8, {.min = 1, .max = 4096}, "bits of a word");
  const auto count = m.param("COUNT", 2, {.min = 2, .max = 64}, "inputs");
  const auto id_w = m.localparam("ID_W", hw::clog2(count), "bits of an input's index");
  const Ports p{
      .ck = m.clocking(),
      .in = input_streams(m, "in", hw::uint(count * w), count,
                          {.ready = hw::ReadyRule::may_wait, .doc = "word i in the bits from i*WIDTH"}),
      .out = hw::output_stream(m, "out", hw::uint(w)),
      .id = m.output("out_id_o", hw::uint(id_w), "the input that the word is from")};
  m.module().streams.back().data.push_back(hw::target_decl(m.module(), p.id.id()));

  m.comment("The inputs that are served before those below them: all from the one whose turn it is.");
  const auto turn_q = m.reg("turn_q", hw::uint(count), {.reset = 0});
  const auto early = m.let("early", p.in.valid & turn_q);
  const auto candidates = m.let("candidates", hw::mux(hw::any(early), early, p.in.valid));
  m.comment("The lowest of them: x & -x.");
  const auto chosen = m.let("chosen", candidates & hw::add_wrap(~candidates, 1));
  const auto valid = m.let("valid", hw::any(p.in.valid));
  m.comment(
      "A word that waits keeps its turn, since it stays valid; a word that leaves gives it to the next.");
  const auto below = m.let("below", hw::sub_wrap(chosen, 1));
  const auto from_it = m.let("from_it", ~below);
  const auto from_next = m.let("from_next", from_it & ~chosen);
  m.clocked(p.ck, [&] { m.when(valid, [&] { m.next(turn_q, hw::mux(p.out.ready, from_next, from_it)); }); });

  m.comment("The index of the chosen input: the indices of all others are masked, bit by bit.");
  const auto masked = m.wire("masked", hw::uint(count * id_w));
  m.generate_for("gen_input", count, [&](const hw::IntExpr& i) {
    const auto index = m.constant("INDEX", hw::uint(id_w), i);
    m.drive(hw::part(masked, i * id_w, id_w), hw::replicate(hw::bit_of(chosen, i), id_w) & index);
  });
  const auto id = m.wire("id", hw::uint(id_w));
  // clog2(count) and not ID_W: the ranges of genvars are not proved through localparams.
  m.generate_for("gen_id", hw::clog2(count), [&](const hw::IntExpr& b) {
    const auto hits = m.wire("hits", hw::uint(count));
    m.generate_for("gen_hit", count, [&](const hw::IntExpr& i) {
      m.drive(hw::bit_of(hits, i), hw::bit_of(masked, i * id_w + b));
    });
    m.drive(hw::bit_of(id, b), hw::any(hits));
  });
  m.drive(p.in.ready, chosen & hw::replicate(p.out.ready, count));
  m.drive(p.out.valid, valid);
  m.drive(p.out.data, hw::select(p.in.data, id, w));
  m.drive(p.id, id);

  m.formal([&] {
    stream_rules_by_word(m, p.ck, "in", p.in, count, w, RuleSide::assumed);
    const auto word = m.let("f_word", hw::concat({id, p.out.data}));
    stream_rules(m, p.ck, "out", {word, p.out.valid, p.out.ready}, RuleSide::asserted);
    m.comment("One input is served, one that has a word, and the index is its own.");
    m.assert_always(p.ck, "a_one", (chosen & below) == 0);
    m.assert_always(p.ck, "a_has_a_word", (chosen & ~p.in.valid) == 0);
    m.assert_always(p.ck, "a_index", ~valid | (hw::select(chosen, id, 1) == 1));
    m.cover_sometime(p.ck, "c_first", hw::bit_of(p.in.ready, 0));
    m.cover_sometime(p.ck, "c_last", hw::bit_of(p.in.ready, count - 1));
    m.cover_sometime(p.ck, "c_all_wait", hw::all(p.in.valid) & ~p.out.ready);
  });
  return p;
}

}  // namespace offramp::blocks
