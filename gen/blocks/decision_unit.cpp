#include "blocks/decision_unit.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>

#include "blocks/copies.h"
#include "blocks/pipeline.h"
#include "blocks/ram.h"
#include "blocks/serial_multiplier.h"
#include "blocks/weight_bank.h"
#include "fixed/decision.h"

namespace offramp::blocks {
namespace {

using fixed::Criterion;
using Tables = fixed::DecisionTables;

constexpr int kF = Tables::kFraction;
constexpr int kExpW = kF + 1;
/// An entropy never reaches 2^4 nats (ln 1000 < 7), so thresholds beyond are "always".
constexpr int kNatsW = Tables::kThresholdFraction + 4;
/// Registers from a logit that was read to its part of the sums: difference, table read, sum.
constexpr int kSumStages = 3;
/// From the complete sum of exponentials to the verdict on it.
constexpr int kSumVerdict = 1;
/// From there to the verdict on the entropy: the start of the longer product, its bits, the comparison.
constexpr int kEntropyVerdict = 1 + kNatsW + 1;
/// From there to the shorter product, of the line that the sum has chosen.
constexpr int kAlong = 1 + 1 + Tables::kLineSlopeBits;
static_assert(kAlong < kEntropyVerdict - 1, "the sum of both parts is there when the bound is");

bool is(Criterion c, Criterion a, Criterion b) {
  return c == a || c == b;
}

hw::Value is_criterion(hw::ModuleBuilder& m, const hw::Value& criterion, Criterion c) {
  return criterion == m.literal(hw::uint(fixed::kCriterionBits), static_cast<int>(c));
}

/// Number of the highest bit set plus one, divided by `per_bin`; 0 for zero.
hw::Value bin_of(hw::ModuleBuilder& m, const hw::Value& value, int bits, int per_bin) {
  const hw::Type bin_t = hw::uint(4);
  hw::Value bin = m.literal(bin_t, 0);
  for (int b = per_bin - 1; b < bits; ++b) {
    const int number = std::min((b + 1) / per_bin, fixed::kConfidenceBins - 1);
    bin = hw::mux(hw::bit_of(value, b), m.literal(bin_t, number), bin);
  }
  return bin;
}

}  // namespace

int DecisionUnit::octaves() const {
  return static_cast<int>(std::bit_width(static_cast<unsigned>(classes)));
}

int DecisionUnit::entropy_bits() const {
  const auto most = static_cast<unsigned>(std::ceil(classes * std::log(classes)));
  return kF + static_cast<int>(std::bit_width(most + 1));  // and room for the rounding of many terms
}

int DecisionUnit::latency(Criterion criterion, int of_classes) {
  if (is(criterion, Criterion::margin, Criterion::patience)) return kClassLatency;
  return of_classes + 1 + kSumStages + (criterion == Criterion::entropy ? kEntropyVerdict : kSumVerdict);
}

DecisionUnit::Ports DecisionUnit::build(hw::ModuleBuilder& m) const {
  m.doc(fmt::format("Decision over {} classes: largest logit{}.", classes,
                    with_sums ? ", and confidence by margin or by sums of table entries" : ""));
  const int beats = (classes + columns - 1) / columns;
  const hw::Type logit_t = hw::sint(logit_bits);
  const hw::Type class_t = hw::uint(index_bits(classes));
  const hw::Type beat_t = hw::uint(index_bits(beats + 1));
  const hw::Type column_t = hw::uint(index_bits(columns));
  const hw::Type exit_t = hw::uint(exit_bits);
  const hw::Type shift_t = hw::uint(index_bits(logit_bits + 1));

  Ports p;
  p.ck = m.clocking();
  p.flush = m.input("flush_i", hw::bit(), "forget everything");
  p.valid = m.input("logit_valid_i", hw::bit(),
                    "a beat of logits, never while busy_o unless it belongs to the same exit");
  p.exit = m.input("exit_i", exit_t, "whose logits they are");
  if (with_sums) p.last_exit = m.input("last_exit_i", hw::bit(), "the last exit's: class only");
  p.logits = m.input("logits_i", hw::uint(columns * logit_bits));
  if (with_sums) {
    p.criterion = m.input("criterion_i", hw::uint(fixed::kCriterionBits),
                          "of exit_o: 0 max, 1 entropy, 2 margin, 3 base2, 4 patience (the class alone)");
    p.threshold = m.input("threshold_i", hw::uint(kThresholdW), "of exit_o");
  }
  if (loaded) {
    p.last_class = m.input("last_class_i", class_t, "number of the last class");
    if (with_sums) {
      p.base2_shift_i = m.input("base2_shift_i", shift_t, "log2 of the logit steps of a power of two");
      p.table_write = m.input("table_write_i", hw::bit(), "write a word of the exponential's table");
      p.table_address = m.input("table_address_i", hw::uint(index_bits(table_words)));
      p.table_data = m.input("table_data_i", hw::uint(kTableW));
    }
  }
  p.busy = m.output("busy_o", hw::bit(), "between the first logit and done_o");
  p.done = m.output("done_o", hw::bit());
  p.done_exit = m.output("exit_o", exit_t);
  p.done_class = m.output("class_o", class_t);
  if (with_sums) p.confident = m.output("confident_o", hw::bit(), "with done_o; low for patience");
  if (with_bin)
    p.bin = m.output("bin_o", hw::uint(4), "a cycle after done_o: bin of the confidence histogram");

  m.section("Logits as they come");
  auto mem = m.memory("logit_mem", hw::uint(columns * logit_bits), beats < 2 ? 2 : beats, {});
  auto received_q = m.reg("received_q", beat_t, {.reset = 0});
  auto exit_q = m.reg("exit_q", exit_t);
  auto last_exit_q = with_sums ? m.reg("last_exit_q", hw::bit()) : hw::Reg{};
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
      if (with_sums) m.next(last_exit_q, p.last_exit);
    });
  });

  m.section("One logit a cycle: first for the two largest, then for the sums");
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
  const auto finding_1q = m.let("finding_1q", delayed_valid(m, p.ck, "finding_now", finding, p.flush, 1));
  const auto logit_1q = delayed(m, p.ck, "logit", logit, 1);
  const auto class_1q = delayed(m, p.ck, "class", class_q, 1);
  const auto first_1q = delayed(m, p.ck, "first", class_q == 0, 1);
  const auto last_1q = delayed(m, p.ck, "last", last, 1);
  const auto larger = m.let("larger", logit_1q > top_q);
  m.clocked(p.ck, [&] {
    m.when(finding_1q & (first_1q | larger), [&] {
      m.next(top_q, logit_1q);
      m.next(top_class_q, class_1q);
    });
  });

  auto found_q = m.reg("found_q", hw::bit(), {.reset = 0});
  const auto found_now = finding_1q & last_1q;
  hw::Value verdict_valid;
  if (with_sums) {
    auto second_q = m.reg("second_q", logit_t);
    m.clocked(p.ck, [&] {
      m.when(finding_1q & first_1q, [&] { m.next(second_q, m.literal(logit_t, -(1 << (logit_bits - 1)))); })
          .elsewhen(finding_1q & larger, [&] { m.next(second_q, top_q); })
          .elsewhen(finding_1q & (logit_1q > second_q), [&] { m.next(second_q, logit_1q); });
    });
    const auto by_entropy = m.let("by_entropy", is_criterion(m, p.criterion, Criterion::entropy));
    const auto by_margin = m.let("by_margin", is_criterion(m, p.criterion, Criterion::margin));
    const auto by_base2 = m.let("by_base2", is_criterion(m, p.criterion, Criterion::base2));
    const auto by_max = m.let("by_max", is_criterion(m, p.criterion, Criterion::max_softmax));
    const auto needs_sums = m.let("needs_sums", ~last_exit_q & (by_max | by_entropy | by_base2));
    m.clocked(p.ck, [&] { m.next(found_q, found_now & ~needs_sums & ~p.flush); });
    m.clocked(p.ck, [&] {
      m.when(p.flush | finished, [&] { m.next(phase_q, find); })
          .elsewhen(last & (phase_q == find), [&] { m.next(phase_q, hw::mux(needs_sums, sum, settle)); })
          .elsewhen(last, [&] { m.next(phase_q, settle); });
    });

    m.section("Sums, a logit d steps below the largest: table entries, or powers of two");
    const int sw = sum_bits();
    const int entropy_w = entropy_bits();
    const hw::Type sum_t = hw::uint(sw);
    auto d_q = m.reg("d_q", hw::uint(logit_bits));
    auto inside_q = m.reg("inside_q", hw::bit());
    const auto below = m.let("below", top_q - logit_1q);
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
    m.comment("2^24 halved as often as the difference holds powers of two, rounded half up.");
    const hw::Type wide_d_t = hw::uint(logit_bits + 1);
    const auto wide_d = hw::extend(d_q, logit_bits + 1);
    hw::Value powers;
    if (loaded) {
      const auto one = m.literal(wide_d_t, 1);
      const auto half =
          m.let("half", hw::shift_right(hw::shift_left(one, p.base2_shift_i, logit_bits + 1), 1));
      powers = m.let("powers", hw::shift_right(hw::add_wrap(wide_d, half), p.base2_shift_i));
    } else if (base2_shift == 0) {
      powers = m.let("powers", wide_d);
    } else {
      const auto rounded =
          m.let("rounded_d", hw::add_wrap(wide_d, m.literal(wide_d_t, 1 << (base2_shift - 1))));
      m.unused(hw::slice(rounded, base2_shift - 1, 0));
      powers = m.let("powers", hw::slice(rounded, logit_bits, base2_shift));
    }
    auto power_q = m.reg("power_q", hw::uint(kExpW));
    const auto power =
        m.let("power", hw::shift_right(m.literal(hw::uint(kExpW), std::int64_t{1} << kF), powers));
    m.clocked(p.ck, [&] { m.next(power_q, power); });
    const auto summing_1q =
        m.let("summing_1q", delayed_valid(m, p.ck, "summing", phase_q == sum, p.flush, 1));
    const auto adding = delayed_valid(m, p.ck, "adding", summing_1q, p.flush, 2);
    const auto inside_1q = delayed(m, p.ck, "inside", inside_q, 1);
    auto sum_exp_q = m.reg("sum_exp_q", sum_t);
    m.comment("W, and then what the entropy adds to it.");
    auto sum_weighted_q = m.reg("sum_weighted_q", hw::uint(entropy_w));
    const auto begin_product = m.wire("begin_product", hw::bit());
    m.comment("What clears or chooses all bits of the sums is there twice.");
    const auto line_reads = copied(m, p.ck, "line_read", begin_product & ~p.flush, 2, {.reset = 0});
    const auto line_read = line_reads.front();
    const auto clears = copied(m, p.ck, "clear_sums", finding & ~p.flush, 2, {.reset = 0});
    const auto climb = delayed_valid(m, p.ck, "climb", line_read, p.flush, kAlong - 1);
    auto base = m.wire("base", hw::uint(entropy_w));
    auto climbed = m.wire("climbed", hw::uint(entropy_w));
    const auto exp_part = m.let("exp_part", hw::mux(by_base2, power_q, hw::slice(entry, kExpW - 1, 0)));
    const auto weighted_part = hw::extend(hw::slice(entry, 2 * kExpW - 1, kExpW), entropy_w);
    const auto weighted_term =
        m.let("weighted_term", hw::mux(line_reads.back(), base, hw::mux(climb, climbed, weighted_part)));
    m.clocked(p.ck, [&] {
      m.when(clears[0], [&] { m.next(sum_exp_q, 0); }).elsewhen(adding & (inside_1q | by_base2), [&] {
        m.next(sum_exp_q, hw::add_wrap(sum_exp_q, hw::extend(exp_part, sw)));
      });
      m.when(clears[1], [&] {
         m.next(sum_weighted_q, 0);
       }).elsewhen((adding & inside_1q) | line_read | climb, [&] {
        m.next(sum_weighted_q, hw::add_wrap(sum_weighted_q, weighted_term));
      });
    });
    const auto summed = delayed_valid(m, p.ck, "summed", summing_1q & last_1q, p.flush, kSumStages);
    auto low_sum_q = m.reg("low_sum_q", hw::bit());
    hw::Value in_reach = sum_exp_q <= hw::slice(p.threshold, sw - 1, 0);
    if (sw < kThresholdW) in_reach = in_reach | hw::any(hw::slice(p.threshold, kThresholdW - 1, sw));
    const auto low_sum = m.let("low_sum", in_reach);
    m.clocked(p.ck, [&] { m.next(low_sum_q, low_sum); });

    m.section("S ln S by straight lines: octave and six bits choose the line, the rest goes along it");
    constexpr int kM = Tables::kSegmentBits;
    const int line_aw = index_bits(octaves() << kM);
    const hw::Type rest_t = hw::uint(kF + octaves() - 1 - kM);
    hw::Value line, rest;
    for (int e = 0; e < octaves(); ++e) {
      const auto m_bits = hw::slice(sum_exp_q, kF + e - 1, kF + e - kM);
      const auto line_e = hw::concat({m.literal(hw::uint(line_aw - kM), e), m_bits});
      const auto rest_e = hw::extend(hw::slice(sum_exp_q, kF + e - kM - 1, 0), rest_t.width);
      line = e == 0 ? line_e : hw::mux(hw::bit_of(sum_exp_q, kF + e), line_e, line);
      rest = e == 0 ? rest_e : hw::mux(hw::bit_of(sum_exp_q, kF + e), rest_e, rest);
    }
    auto rest_q = m.reg("rest_q", rest_t);
    const auto line_now = m.let("line", line);
    const auto rest_now = m.let("rest", rest);
    m.clocked(p.ck, [&] { m.next(rest_q, rest_now); });
    auto u_line = m.instance("u_line_table", Rom{},
                             {.ck = p.ck,
                              .params = {{"WIDTH", Tables::kLineBaseBits + Tables::kLineSlopeBits},
                                         {"DEPTH", octaves() << kM},
                                         {"INIT_FILE", files + "_line.hex"}}});
    u_line.in(u_line.ports.address, line_now);
    const auto chosen = u_line.out(u_line.ports.data, "chosen_line");
    const auto slope = m.let("slope", hw::slice(chosen, Tables::kLineSlopeBits - 1, 0));
    m.drive(base, hw::slice(chosen, entropy_w + Tables::kLineSlopeBits - 1, Tables::kLineSlopeBits));
    m.unused(hw::slice(chosen, Tables::kLineBaseBits + Tables::kLineSlopeBits - 1,
                       entropy_w + Tables::kLineSlopeBits));

    m.section("Entropy: (W + h(S)) << 16 < threshold * S, with serial products");
    const auto beyond = m.let("beyond", hw::any(hw::slice(p.threshold, kThresholdW - 1, kNatsW)));
    const auto nats = m.let("nats", hw::slice(p.threshold, kNatsW - 1, 0) | hw::replicate(beyond, kNatsW));
    m.drive(begin_product, summed & by_entropy);
    auto u_bound =
        m.instance("u_bound", SerialMultiplier{}, {.ck = p.ck, .params = {{"A_W", sw}, {"B_W", kNatsW}}});
    u_bound.in(u_bound.ports.start, begin_product);
    u_bound.in(u_bound.ports.a, sum_exp_q);
    u_bound.in(u_bound.ports.b, nats);
    const auto bound = u_bound.out(u_bound.ports.product, "bound");
    auto u_along = m.instance(
        "u_along", SerialMultiplier{},
        {.ck = p.ck, .params = {{"A_W", kF + octaves() - 1 - kM}, {"B_W", Tables::kLineSlopeBits}}});
    u_along.in(u_along.ports.start, line_read);
    u_along.in(u_along.ports.a, rest_q);
    u_along.in(u_along.ports.b, slope);
    const auto along = u_along.out(u_along.ports.product, "along");
    const int along_w = kF + octaves() - 1 - kM + Tables::kLineSlopeBits;
    m.unused(hw::slice(along, Tables::kSlopeFraction - 1, 0));
    m.drive(climbed, hw::extend(hw::slice(along, along_w - 1, Tables::kSlopeFraction), entropy_w));
    auto calm_q = m.reg("calm_q", hw::bit());
    const int bound_w = sw + kNatsW;
    const auto whole = m.let("whole", hw::slice(bound, bound_w - 1, Tables::kThresholdFraction));
    const auto more = m.let("more", hw::any(hw::slice(bound, Tables::kThresholdFraction - 1, 0)));
    m.comment("The left side has no bits below the threshold's point: of the right side one is enough.");
    const auto none = m.literal(hw::bit(), 0);
    const auto calm = m.let("calm", hw::concat({sum_weighted_q, none}) < hw::concat({whole, more}));
    m.clocked(p.ck, [&] { m.next(calm_q, calm); });

    m.section("Verdicts");
    const auto margin = m.let("margin", hw::as_unsigned(top_q - second_q));
    const int margin_w = logit_bits + 1;
    const auto beyond_margins =
        m.let("beyond_margins", hw::any(hw::slice(p.threshold, kThresholdW - 1, margin_w)));
    const auto wide_margin =
        m.let("wide_margin", ~beyond_margins & (margin >= hw::slice(p.threshold, margin_w - 1, 0)));
    auto by_sum_q = m.reg("by_sum_q", hw::bit(), {.reset = 0});
    m.clocked(p.ck, [&] { m.next(by_sum_q, summed & ~by_entropy & ~p.flush); });
    const auto by_product = delayed_valid(m, p.ck, "by_product", climb, p.flush, kEntropyVerdict - kAlong);
    verdict_valid = found_q | by_sum_q | by_product;
    const auto sure = m.let("sure", ~last_exit_q & (((by_max | by_base2) & low_sum_q) |
                                                    (by_entropy & calm_q) | (by_margin & wide_margin)));
    m.drive(p.confident, sure);
    if (with_bin) {
      m.section("Bin of the confidence histogram: by powers of two of the margin, or of four of the doubt");
      const int doubt_w = std::max(sw, entropy_w);
      const auto over_one = hw::sub_wrap(sum_exp_q, m.literal(sum_t, 1 << kF));
      const auto doubt = m.let(
          "doubt", hw::mux(by_entropy, hw::extend(sum_weighted_q, doubt_w), hw::extend(over_one, doubt_w)));
      const auto sums = by_max | by_base2 | by_entropy;
      auto bin_q = m.reg("bin_q", hw::uint(4));
      const auto bin =
          m.let("bin", hw::mux(sums, bin_of(m, doubt, doubt_w, 2), bin_of(m, margin, logit_bits + 1, 1)));
      m.clocked(p.ck, [&] { m.next(bin_q, bin); });
      m.drive(p.bin, bin_q);
    }
  } else {
    m.clocked(p.ck, [&] { m.next(found_q, found_now & ~p.flush); });
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
