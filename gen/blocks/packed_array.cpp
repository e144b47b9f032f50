#include "blocks/packed_array.h"

#include "blocks/operand_skew.h"

namespace offramp::blocks {
namespace {

constexpr int kSumW = PackedSum::kBits;
constexpr int kFieldW = PackedSum::kFieldBits;
constexpr int kTapW = PackedSum::kTapBits;
constexpr int kTapRows = PackedSum::kTapRows;

/// Sums of up to 2^14 a row, of both signs, over 2^18: a bit more than clog2 for the sign.
hw::IntExpr carry_bits(const hw::IntExpr& rows) {
  return hw::clog2(hw::floor_div(rows, 16) + 1) + 1;
}

/// v modulo 2^width, under the name of the value before it is cut.
hw::Value fit(hw::ModuleBuilder& m, const std::string& name, const hw::Value& v, const hw::IntExpr& width) {
  // A bit more than needed, so that there is always something to cut.
  const hw::IntExpr wide = hw::max(v.width(), width + 1);
  const auto whole = m.let(name, hw::extend(v, wide));
  m.unused(hw::part(whole, width, wide - width));
  return hw::truncate(whole, width);
}

}  // namespace

DspMacPair::Ports DspMacPair::build(hw::ModuleBuilder& m) const {
  m.external("rtl/prim/dsp_mac_pair.v");
  (void)m.param("CHAINED", 1, {.min = 0, .max = 1}, "0 where the cell begins a cascade");
  return {.ck = m.clocking({.reset = false}),
          .weight_load = m.input("weight_load_i", hw::bit(), "the weight of the cycle before is taken"),
          .weight = m.input("weight_i", hw::sint(8)),
          .act_low = m.input("act_low_i", hw::sint(8)),
          .act_high = m.input("act_high_i", hw::sint(8)),
          .cascade = m.input("cascade_i", hw::uint(kSumW), "from the cell above"),
          .cascade_o = m.output("cascade_o", hw::uint(kSumW), "to the cell below"),
          .sum = m.output("sum_o", hw::uint(kSumW), "the same, for logic")};
}

PackedCarry::Ports PackedCarry::build(hw::ModuleBuilder& m) const {
  m.doc(
      "Follows the carries of a packed sum's low field: six products move its upper three bits by at most "
      "3.");
  const auto w = m.param("CARRY_W", 2, {.min = 1, .max = 8}, "bits of the carry, signed");
  Ports p{
      .carry = m.input("carry_i", hw::uint(w), "carried out of the field until before"),
      .before = m.input("before_i", hw::uint(kTapW), "upper bits of the low field, at most six products ago"),
      .now = m.input("now_i", hw::uint(kTapW), "the same bits now"),
      .carry_o = m.output("carry_o", hw::uint(w), "carried out of the field until now")};
  m.comment("Through the end of the field, if that way is less than half of the way around.");
  const auto before_rest = m.let("before_rest", hw::part(p.before, 0, kTapW - 1));
  const auto now_rest = m.let("now_rest", hw::part(p.now, 0, kTapW - 1));
  const auto up =
      m.let("up", hw::bit_of(p.before, kTapW - 1) & ~hw::bit_of(p.now, kTapW - 1) & (now_rest < before_rest));
  const auto down = m.let(
      "down", ~hw::bit_of(p.before, kTapW - 1) & hw::bit_of(p.now, kTapW - 1) & (now_rest > before_rest));
  m.drive(p.carry_o, hw::add_wrap(hw::add_wrap(p.carry, hw::extend(up, w)), hw::replicate(down, w)));
  return p;
}

PackedFieldSplit::Ports PackedFieldSplit::build(hw::ModuleBuilder& m) const {
  m.doc("Separates the two sums of a cascade of packed products, two cycles after the last row's sum.");
  const auto rows = m.param("ROWS", 16, {.min = 1, .max = 256}, "rows: products in each sum");
  const auto acc = m.param("ACC_W", 20, {.min = 17, .max = 32}, "bits of a separated sum, signed");
  const auto taps =
      m.localparam("TAPS", hw::ceil_div(rows, kTapRows), "rows looked at: every sixth, and the last");
  const auto carry_w = m.localparam("CARRY_W", carry_bits(rows), "bits of the low field's carry, signed");
  Ports p{
      .ck = m.clocking({.reset = false}),
      .tap = m.input("tap_i", hw::uint(taps * kTapW), "upper bits of the low field, each in its row's cycle"),
      .sum = m.input("sum_i", hw::uint(kSumW), "below the last row, high * 2^18 + low"),
      .low = m.output_reg("low_o", hw::sint(acc)),
      .high = m.output_reg("high_o", hw::sint(acc))};

  // carry[s] goes with tap s: as long as the sum fits the field, its sign says it.
  auto carry = m.wire_array("carry", hw::uint(carry_w), {taps});
  m.generate_for("gen_tap", taps, [&](hw::IntExpr s) {
    m.generate_if(
        hw::equal(s, 0), "gen_first",
        [&] {
          m.drive(carry.at({s}), hw::replicate(hw::bit_of(p.tap, kTapW - 1), carry_w));
          m.unused(hw::part(p.tap, 0, kTapW - 1));  // where no other tap follows
        },
        "gen_next",
        [&] {
          m.comment("The tap before waits for this one: a shift register as long as the rows between.");
          const auto state_w = m.localparam("STATE_W", carry_w + kTapW, "bits of a carry and its tap");
          const auto wait = m.localparam("WAIT", hw::max(1, hw::min(kTapRows, rows - s * kTapRows)),
                                         "rows since the tap before");
          auto wait_q = m.reg("wait_q", hw::uint(wait * state_w));
          const auto wait_d = m.let(
              "wait_d", hw::concat({wait_q, carry.at({s - 1}), hw::part(p.tap, (s - 1) * kTapW, kTapW)}));
          m.clocked(p.ck, [&] { m.next(wait_q, hw::truncate(wait_d, wait * state_w)); });
          m.unused(hw::part(wait_d, wait * state_w, state_w));
          const auto state = m.let("state", hw::part(wait_q, (wait - 1) * state_w, state_w));
          auto u = m.instance("u_carry", PackedCarry{}, {.params = {{"CARRY_W", carry_w}}});
          u.in(u.ports.carry, hw::part(state, kTapW, carry_w));
          u.in(u.ports.before, hw::part(state, 0, kTapW));
          u.in(u.ports.now, hw::part(p.tap, s * kTapW, kTapW));
          m.drive(carry.at({s}), u.out(u.ports.carry_o, "carry_now"));
        });
  });

  auto carry_q = m.reg("carry_q", hw::sint(carry_w));
  auto sum_q = m.reg("sum_q", hw::uint(kSumW));
  const auto low = m.let("low", hw::as_signed(hw::concat({carry_q, hw::part(sum_q, 0, kFieldW)})));
  const auto high = m.let("high", hw::as_signed(hw::part(sum_q, kFieldW, kSumW - kFieldW)));
  const auto low_fit = fit(m, "low_wide", low, acc);
  const auto high_fit = fit(m, "high_wide", hw::sub_wrap(high, carry_q), acc);
  m.clocked(p.ck, [&] {
    m.next(carry_q, hw::as_signed(carry.at({taps - 1})));
    m.next(sum_q, p.sum);
    m.next(p.low, low_fit);
    m.next(p.high, high_fit);
  });
  return p;
}

PackedSystolicArray::Ports PackedSystolicArray::build(hw::ModuleBuilder& m) const {
  m.doc(
      "Weight-stationary systolic array, two lanes a multiplier: a column is a cascade, row r works r cycles "
      "after row 0.");
  const auto rows = m.param("ROWS", 4, {.min = 1, .max = 256}, "rows: elements of the reduction");
  const auto columns = m.param("COLUMNS", 2, {.min = 1, .max = 256}, "columns: output channels");
  const auto lanes = m.param("LANES", 2, {.min = 1, .max = 16},
                             "pixels that share a weight; the last of an odd number has its cells to itself");
  const auto act_w = m.param("ACT_W", 8, {.min = 8, .max = 8}, "bits of an operand, signed");
  const auto weight_w = m.param("WEIGHT_W", 8, {.min = 8, .max = 8}, "bits of a weight, signed");
  const auto guard = m.param("GUARD_W", 4, {.min = 1, .max = 16}, "bits of a sum beyond those of a product");
  const auto acc = m.localparam("ACC_W", act_w + weight_w + guard, "bits of a partial sum, signed");
  const auto row_w = m.localparam("OPERAND_W", lanes * act_w, "bits of a row's operands");
  const auto weights_w = m.localparam("WEIGHTS_W", columns * weight_w, "bits of a row's weights");
  const auto sum_w = m.localparam("SUM_W", lanes * acc, "bits of a column's partial sums");
  const auto pairs = m.localparam("PAIRS", hw::ceil_div(lanes, 2), "cells that share a weight");
  const auto taps = m.localparam("TAPS", hw::ceil_div(rows, kTapRows), "rows whose sums are looked at");
  Ports p{.ck = m.clocking({.reset = false}),
          .weight_load = m.input("weight_load_i", hw::uint(rows), "a bit a row"),
          .weight = m.input("weight_i", hw::uint(rows * columns * weight_w), "row-major"),
          .act = m.input("act_i", hw::uint(rows * row_w), "operands of all rows for one step"),
          .psum = m.output("psum_o", hw::uint(columns * sum_w), "below the last row")};

  // cascade[r] enters row r from above; sum[r] leaves it.
  auto cascade = m.wire_array("cascade", hw::uint(kSumW), {rows + 1, columns, pairs});
  auto sum = m.wire_array("sum", hw::uint(kSumW), {rows, columns, pairs});

  m.generate_for("gen_row", rows, [&](hw::IntExpr r) {
    const auto operand = skewed_operand(m, p.ck, p.act, r, row_w);
    m.comment("An operand meets its weight two registers deep in the cell: the weight waits as long.");
    auto weights_q = m.reg("weights_q", hw::uint(weights_w));
    auto load_q = m.reg("load_q", hw::uint(2));
    m.clocked(p.ck, [&] {
      m.next(weights_q, hw::part(p.weight, r * weights_w, weights_w));
      m.next(load_q, hw::concat({hw::bit_of(load_q, 0), hw::bit_of(p.weight_load, r)}));
    });
    m.generate_for("gen_column", columns, [&](hw::IntExpr c) {
      m.generate_for("gen_pair", pairs, [&](hw::IntExpr k) {
        auto act_high = m.wire("act_high", hw::uint(8));
        m.generate_if(
            hw::less(k * 2 + 1, lanes), "gen_both",
            [&] { m.drive(act_high, hw::part(operand, (k * 2 + 1) * act_w, 8)); }, "gen_alone",
            [&] { m.drive(act_high, 0); });
        auto u = m.instance("u_cell", DspMacPair{}, {.ck = p.ck, .params = {{"CHAINED", hw::min(r, 1)}}});
        u.in(u.ports.weight_load, hw::bit_of(load_q, 1));
        u.in(u.ports.weight, hw::as_signed(hw::part(weights_q, c * weight_w, 8)));
        u.in(u.ports.act_low, hw::as_signed(hw::part(operand, k * 2 * act_w, 8)));
        u.in(u.ports.act_high, hw::as_signed(act_high));
        u.in(u.ports.cascade, cascade.at({r, c, k}));
        m.drive(cascade.at({r + 1, c, k}), u.out(u.ports.cascade_o, "cascade_below"));
        m.drive(sum.at({r, c, k}), u.out(u.ports.sum, "sum_here"));
      });
    });
  });

  m.generate_for("gen_edge", columns, [&](hw::IntExpr c) {
    m.generate_for("gen_pair", pairs, [&](hw::IntExpr k) {
      m.drive(cascade.at({0, c, k}), m.literal(hw::uint(kSumW), 0));
      auto tap = m.wire("tap", hw::uint(taps * kTapW));
      m.generate_for("gen_tap", taps, [&](hw::IntExpr s) {
        const auto row = hw::min(s * kTapRows + (kTapRows - 1), rows - 1);
        m.drive(hw::part(tap, s * kTapW, kTapW), hw::part(sum.at({row, c, k}), kFieldW - kTapW, kTapW));
      });
      auto u =
          m.instance("u_split", PackedFieldSplit{}, {.ck = p.ck, .params = {{"ROWS", rows}, {"ACC_W", acc}}});
      u.in(u.ports.tap, tap);
      u.in(u.ports.sum, sum.at({rows - 1, c, k}));
      const auto low = u.out(u.ports.low, "low");
      const auto high = u.out(u.ports.high, "high");
      m.drive(hw::part(p.psum, c * sum_w + k * 2 * acc, acc), hw::as_unsigned(low));
      m.generate_if(
          hw::less(k * 2 + 1, lanes), "gen_both",
          [&] { m.drive(hw::part(p.psum, c * sum_w + (k * 2 + 1) * acc, acc), hw::as_unsigned(high)); },
          "gen_alone", [&] { m.unused(high); });
    });
  });
  return p;
}

}  // namespace offramp::blocks
