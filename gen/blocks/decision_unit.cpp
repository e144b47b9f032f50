#include "blocks/decision_unit.h"

#include <fmt/format.h>

#include "blocks/pipeline.h"
#include "blocks/ram.h"
#include "blocks/weight_bank.h"
#include "fixed/decision.h"

namespace offramp::blocks {
namespace {

using Tables = fixed::DecisionTables;

constexpr int kExpW = Tables::kFraction + 1;
constexpr int kLineBaseW = fixed::DecisionTables::kLineBaseBits;
constexpr int kLineSlopeW = fixed::DecisionTables::kLineSlopeBits;
/// Registers from the last sum to the verdict: octave, line read, product, comparison.
constexpr int kVerdictStages = 4;
/// Registers from a logit's turn to its part of the sums: difference, table read, sum.
constexpr int kSumStages = 3;

}  // namespace

int DecisionUnit::sums_latency() const {
  return classes + kSumStages + kVerdictStages;
}

DecisionUnit::Ports DecisionUnit::build(hw::ModuleBuilder& m) const {
  m.doc(fmt::format("Decision over {} classes: largest logit{}.", classes,
                    with_sums ? ", and confidence by sums of table entries against a threshold" : ""));
  const int beats = (classes + columns - 1) / columns;
  const hw::Type logit_t = hw::sint(logit_bits);
  const hw::Type class_t = hw::uint(index_bits(classes));
  const hw::Type beat_t = hw::uint(index_bits(beats + 1));
  const hw::Type column_t = hw::uint(index_bits(columns));
  const hw::Type sum_t = hw::uint(kSumW);
  const hw::Type exit_t = hw::uint(exit_bits);

  Ports p;
  p.ck = m.clocking();
  p.flush = m.input("flush_i", hw::bit(), "forget everything");
  p.valid = m.input("logit_valid_i", hw::bit(),
                    "a beat of logits, never while busy_o unless it belongs to the same exit");
  p.exit = m.input("exit_i", exit_t, "whose logits they are");
  if (with_sums) p.last_exit = m.input("last_exit_i", hw::bit(), "the last exit's: class only");
  p.logits = m.input("logits_i", hw::uint(columns * logit_bits));
  if (with_sums) {
    p.criterion = m.input("criterion_i", hw::bit(), "0: max softmax, 1: entropy");
    p.threshold = m.input("threshold_i", hw::uint(kThresholdW));
  }
  if (loaded) {
    p.last_class = m.input("last_class_i", class_t, "number of the last class");
    if (with_sums) {
      p.table_write = m.input("table_write_i", hw::bit(), "write a word of the exponential's table");
      p.table_address = m.input("table_address_i", hw::uint(index_bits(table_words)));
      p.table_data = m.input("table_data_i", hw::uint(kTableW));
    }
  }
  p.busy = m.output("busy_o", hw::bit(), "between the first logit and done_o");
  p.done = m.output("done_o", hw::bit());
  p.done_exit = m.output("exit_o", exit_t);
  p.done_class = m.output("class_o", class_t);
  if (with_sums) {
    p.confident = m.output("confident_o", hw::bit());
  }

  m.section("Logits as they come");
  auto mem = m.memory("logit_mem", hw::uint(columns * logit_bits), beats < 2 ? 2 : beats, {});
  auto received_q = m.reg("received_q", beat_t, {.reset = 0});
  auto exit_q = m.reg("exit_q", exit_t);
  auto class_only_q = with_sums ? m.reg("class_only_q", hw::bit()) : hw::Reg{};
  auto finished = m.wire("finished", hw::bit());
  m.clocked(p.ck, [&] {
    m.when(p.flush | finished, [&] { m.next(received_q, 0); }).elsewhen(p.valid, [&] {
      m.next(received_q, hw::add_wrap(received_q, 1));
    });
  });
  const int mem_aw = index_bits(beats < 2 ? 2 : beats);
  m.clocked(p.ck, [&] {
    m.when(p.valid, [&] {
      m.write(mem, hw::truncate(received_q, mem_aw), p.logits);
      m.next(exit_q, p.exit);
      if (with_sums) m.next(class_only_q, p.last_exit);
    });
  });

  m.section("One logit a cycle: first for the largest, then for the sums");
  const auto find = m.constant("FIND", hw::uint(2), 0);
  const auto sum = with_sums ? m.constant("SUM", hw::uint(2), 1) : hw::Value{};
  const auto settle = m.constant("SETTLE", hw::uint(2), 2);
  auto phase_q = m.reg("phase_q", hw::uint(2), {.reset = 0});
  auto beat_q = m.reg("beat_q", beat_t, {.reset = 0});
  auto column_q = m.reg("column_q", column_t, {.reset = 0});
  auto class_q = m.reg("class_q", class_t, {.reset = 0});
  auto top_q = m.reg("top_q", logit_t);
  auto top_class_q = m.reg("top_class_q", class_t);
  const auto word = m.let("word", m.read(mem, hw::truncate(beat_q, mem_aw)));
  const auto logit =
      m.let("logit", hw::as_signed(columns == 1 ? word : hw::select(word, column_q, logit_bits)));
  const auto finding = m.let("finding", (phase_q == find) & (beat_q < received_q));
  const auto step = with_sums ? m.let("step", finding | (phase_q == sum)) : finding;
  const auto last = m.let("last", step & (loaded ? class_q == p.last_class : class_q == (classes - 1)));
  const auto beat_end = columns == 1 ? step : m.let("beat_end", step & (column_q == (columns - 1)));
  m.clocked(p.ck, [&] {
    m.when(p.flush | finished | last, [&] {
       m.next(beat_q, 0);
       m.next(column_q, 0);
       m.next(class_q, 0);
     }).elsewhen(step, [&] {
      m.next(class_q, hw::add_wrap(class_q, 1));
      m.when(beat_end, [&] {
         m.next(beat_q, hw::add_wrap(beat_q, 1));
         m.next(column_q, 0);
       }).otherwise([&] { m.next(column_q, hw::add_wrap(column_q, 1)); });
    });
  });
  m.comment("The first of the largest wins a tie.");
  m.clocked(p.ck, [&] {
    m.when(finding & ((class_q == 0) | (logit > top_q)), [&] {
      m.next(top_q, logit);
      m.next(top_class_q, class_q);
    });
  });

  auto found_q = m.reg("found_q", hw::bit(), {.reset = 0});
  const auto found_now = finding & last;
  const auto find_done = with_sums ? found_now & class_only_q : found_now;
  m.clocked(p.ck, [&] { m.next(found_q, find_done & ~p.flush); });

  hw::Value verdict_valid;
  if (with_sums) {
    auto settled = m.wire("settled", hw::bit());
    m.clocked(p.ck, [&] {
      m.when(p.flush | finished, [&] { m.next(phase_q, find); })
          .elsewhen(last & (phase_q == find), [&] { m.next(phase_q, hw::mux(class_only_q, settle, sum)); })
          .elsewhen(last, [&] { m.next(phase_q, settle); });
    });

    m.section("Sums of table entries, d logits steps below the largest");
    auto d_q = m.reg("d_q", hw::uint(logit_bits));
    auto inside_q = m.reg("inside_q", hw::bit());
    const auto below = m.let("below", top_q - logit);
    const auto d = m.let("d", hw::truncate(hw::as_unsigned(below), logit_bits));
    m.unused(hw::bit_of(below, logit_bits));  // the largest is never below
    const int table_aw = index_bits(table_words);
    if (table_aw < logit_bits) m.unused(hw::slice(d_q, logit_bits - 1, table_aw));
    m.clocked(p.ck, [&] {
      m.next(d_q, d);
      m.next(inside_q, table_words >> logit_bits != 0 ? m.literal(hw::bit(), 1) : d < table_words);
    });
    const hw::InstanceOptions exp_options{
        .ck = p.ck,
        .params = {{"WIDTH", kTableW}, {"DEPTH", table_words}, {"INIT_FILE", files + "_exp.hex"}}};
    auto read_table = [&](auto u_exp) {
      u_exp.in(u_exp.ports.address,
               table_aw >= logit_bits ? hw::extend(d_q, table_aw) : hw::truncate(d_q, table_aw));
      if constexpr (requires { u_exp.ports.write; }) {
        u_exp.in(u_exp.ports.write, p.table_write);
        u_exp.in(u_exp.ports.write_address, p.table_address);
        u_exp.in(u_exp.ports.write_data, p.table_data);
      }
      return u_exp.out(u_exp.ports.data, "table_entry");
    };
    const auto entry = loaded ? read_table(m.instance("u_exp_table", Table{}, exp_options))
                              : read_table(m.instance("u_exp_table", Rom{}, exp_options));
    const auto adding = delayed_valid(m, p.ck, "adding", phase_q == sum, p.flush, 2);
    const auto inside_1q = delayed(m, p.ck, "inside", inside_q, 1);
    auto sum_exp_q = m.reg("sum_exp_q", sum_t);
    auto sum_weighted_q = m.reg("sum_weighted_q", sum_t);
    const auto exp_part = m.let("exp_part", hw::slice(entry, kExpW - 1, 0));
    const auto weighted_part = m.let("weighted_part", hw::slice(entry, 2 * kExpW - 1, kExpW));
    m.clocked(p.ck, [&] {
      m.when(finding, [&] {
         m.next(sum_exp_q, 0);
         m.next(sum_weighted_q, 0);
       }).elsewhen(adding & inside_1q, [&] {
        m.next(sum_exp_q, hw::add_wrap(sum_exp_q, hw::extend(exp_part, kSumW)));
        m.next(sum_weighted_q, hw::add_wrap(sum_weighted_q, hw::extend(weighted_part, kSumW)));
      });
    });

    m.section("S ln S by straight lines: octave and six bits choose the line, the rest goes along it");
    constexpr int kF = Tables::kFraction;
    constexpr int kM = Tables::kSegmentBits;
    const int line_aw = index_bits(octaves << kM);
    const hw::Type rest_t = hw::uint(kF + octaves - 1 - kM);
    hw::Value line, rest;
    for (int e = 0; e < octaves; ++e) {
      const auto m_bits = hw::slice(sum_exp_q, kF + e - 1, kF + e - kM);
      const auto line_e = hw::concat({m.literal(hw::uint(line_aw - kM), e), m_bits});
      const auto rest_e = hw::extend(hw::slice(sum_exp_q, kF + e - kM - 1, 0), rest_t.width);
      line = e == 0 ? line_e : hw::mux(hw::bit_of(sum_exp_q, kF + e), line_e, line);
      rest = e == 0 ? rest_e : hw::mux(hw::bit_of(sum_exp_q, kF + e), rest_e, rest);
    }
    auto line_q = m.reg("line_q", hw::uint(line_aw));
    auto rest_q = m.reg("rest_q", rest_t);
    const auto line_d = m.let("line", line);
    const auto rest_d = m.let("rest", rest);
    m.clocked(p.ck, [&] {
      m.next(line_q, line_d);
      m.next(rest_q, rest_d);
    });
    auto u_line = m.instance("u_line_table", Rom{},
                             {.ck = p.ck,
                              .params = {{"WIDTH", kLineBaseW + kLineSlopeW},
                                         {"DEPTH", octaves << kM},
                                         {"INIT_FILE", files + "_line.hex"}}});
    u_line.in(u_line.ports.address, line_q);
    const auto chosen = u_line.out(u_line.ports.data, "chosen_line");
    const auto rest_1q = delayed(m, p.ck, "rest", rest_q, 1);
    const auto slope = m.let("slope", hw::slice(chosen, kLineSlopeW - 1, 0));
    const auto base = m.let("base", hw::slice(chosen, kLineBaseW + kLineSlopeW - 1, kLineSlopeW));
    const auto along = m.let("along", rest_1q * slope);
    auto entropy_q = m.reg("entropy_q", hw::uint(kSumW));
    m.comment("(W + h(S)) << 16 < threshold * S; an entropy never reaches 2^4 nats.");
    constexpr int kNatsW = Tables::kThresholdFraction + 4;
    auto bound_q = m.reg("bound_q", hw::uint(kSumW + kNatsW));
    const auto beyond = m.let("beyond", hw::any(hw::slice(p.threshold, kThresholdW - 1, kNatsW)));
    const auto nats = m.let("nats", hw::slice(p.threshold, kNatsW - 1, 0) | hw::replicate(beyond, kNatsW));
    m.unused(hw::slice(along, Tables::kSlopeFraction - 1, 0));
    const auto climbed =
        m.let("climbed", hw::slice(along, kF + octaves - 1 - kM + kLineSlopeW - 1, Tables::kSlopeFraction));
    m.clocked(p.ck, [&] {
      m.next(entropy_q, hw::add_wrap(hw::add_wrap(sum_weighted_q, base), hw::extend(climbed, kSumW)));
      m.next(bound_q, nats * sum_exp_q);
    });
    auto confident_q = m.reg("confident_q", hw::bit());
    const auto scaled = m.let("scaled", hw::shift_left(entropy_q, Tables::kThresholdFraction));
    m.clocked(p.ck, [&] {
      m.next(confident_q, ~class_only_q & hw::mux(p.criterion, scaled < bound_q, sum_exp_q <= p.threshold));
    });
    const auto summed =
        delayed_valid(m, p.ck, "summed", (phase_q == sum) & last, p.flush, kSumStages + kVerdictStages);
    m.drive(settled, summed);
    verdict_valid = settled | found_q;
    m.drive(p.confident, confident_q);
  } else {
    m.clocked(p.ck, [&] {
      m.when(p.flush | finished, [&] { m.next(phase_q, find); }).elsewhen(last, [&] {
        m.next(phase_q, settle);
      });
    });
    verdict_valid = found_q;
  }
  m.drive(finished, verdict_valid);
  m.drive(p.done, verdict_valid);
  m.drive(p.done_exit, exit_q);
  m.drive(p.done_class, top_class_q);
  m.drive(p.busy, received_q != 0);
  return p;
}

}  // namespace offramp::blocks
