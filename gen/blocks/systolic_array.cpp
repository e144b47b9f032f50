#include "blocks/systolic_array.h"

#include "blocks/operand_skew.h"

namespace offramp::blocks {
namespace {

struct Widths {
  hw::IntExpr act, weight, guard, acc;
};

Widths declare_widths(hw::ModuleBuilder& m) {
  Widths w{.act = m.param("ACT_W", 9, {.min = 2, .max = 17}, "bits of an operand, signed"),
           .weight = m.param("WEIGHT_W", 8, {.min = 2, .max = 16}, "bits of a weight, signed"),
           .guard = m.param("GUARD_W", 4, {.min = 1, .max = 33}, "bits of a sum beyond those of a product"),
           .acc = 0};
  w.acc = m.localparam("ACC_W", w.act + w.weight + w.guard, "bits of a partial sum, signed");
  return w;
}

}  // namespace

MacCell::Ports MacCell::build(hw::ModuleBuilder& m) const {
  m.doc("Cell of the weight-stationary array: psum_o = psum_i + act_i * weight_i, two cycles.");
  const Widths w = declare_widths(m);
  Ports p{.ck = m.clocking({.reset = false}),
          .weight = m.input("weight_i", hw::sint(w.weight), "the weight it holds"),
          .act = m.input("act_i", hw::sint(w.act), "the operand"),
          .psum = m.input("psum_i", hw::sint(w.acc), "from above, a cycle after its act_i"),
          .psum_o = m.output_reg("psum_o", hw::sint(w.acc), {}, "to the cell below")};
  auto product_q = m.reg("product_q", hw::sint(w.act + w.weight));
  m.clocked(p.ck, [&] {
    m.next(product_q, p.act * p.weight);
    m.next(p.psum_o, hw::add_wrap(p.psum, hw::extend(product_q, w.acc)));
  });
  return p;
}

SystolicArray::Ports SystolicArray::build(hw::ModuleBuilder& m) const {
  m.doc(
      "Weight-stationary systolic array: partial sums move down one row a cycle, row r works r cycles after "
      "row 0.");
  const auto rows = m.param("ROWS", 4, {.min = 1, .max = 256}, "rows: elements of the reduction");
  const auto columns = m.param("COLUMNS", 2, {.min = 1, .max = 256}, "columns: output channels");
  const auto lanes = m.param("LANES", 1, {.min = 1, .max = 16}, "pixels that share a weight");
  const Widths w = declare_widths(m);
  const auto row_w = m.localparam("OPERAND_W", lanes * w.act, "bits of a row's operands");
  const auto sum_w = m.localparam("SUM_W", lanes * w.acc, "bits of a column's partial sums");
  Ports p{.ck = m.clocking({.reset = false}),
          .weight_load = m.input("weight_load_i", hw::uint(rows * columns), "a bit a row and column"),
          .weight = m.input("weight_i", hw::uint(rows * columns * w.weight), "row-major"),
          .act = m.input("act_i", hw::uint(rows * row_w), "operands of all rows for one step"),
          .psum = m.output("psum_o", hw::uint(columns * sum_w), "below the last row")};

  // psum[r] enters row r from above. The cells of a lane lie side by side, and each array is taken apart into
  // its elements: that is what a simulator's compiler makes vector instructions of.
  auto psum = m.wire_array("psum", hw::sint(w.acc), {rows + 1, lanes, columns}, {.chain = true});
  auto weight = m.wire_array("weight", hw::sint(w.weight), {rows, columns}, {.chain = true});
  m.generate_for("gen_edge", lanes, [&](hw::IntExpr l) {
    m.generate_for("gen_column", columns, [&](hw::IntExpr c) {
      m.drive(psum.at({0, l, c}), m.literal(hw::sint(w.acc), 0));
      m.drive(hw::part(p.psum, c * sum_w + l * w.acc, w.acc), hw::as_unsigned(psum.at({rows, l, c})));
    });
  });

  m.generate_for("gen_row", rows, [&](hw::IntExpr r) {
    const auto operand = skewed_operand(m, p.ck, p.act, r, row_w);
    m.generate_for("gen_weight", columns, [&](hw::IntExpr c) {
      auto weight_q = m.reg("weight_q", hw::sint(w.weight));
      m.clocked(p.ck, [&] {
        m.when(hw::bit_of(p.weight_load, r * columns + c), [&] {
          m.next(weight_q, hw::as_signed(hw::part(p.weight, (r * columns + c) * w.weight, w.weight)));
        });
      });
      m.drive(weight.at({r, c}), weight_q);
    });
    m.generate_for("gen_lane", lanes, [&](hw::IntExpr l) {
      const auto act = m.let("act", hw::as_signed(hw::part(operand, l * w.act, w.act)));
      m.generate_for("gen_column", columns, [&](hw::IntExpr c) {
        auto u = m.instance(
            "u_cell", MacCell{},
            {.ck = p.ck, .params = {{"ACT_W", w.act}, {"WEIGHT_W", w.weight}, {"GUARD_W", w.guard}}});
        u.in(u.ports.weight, weight.at({r, c}));
        u.in(u.ports.act, act);
        u.in(u.ports.psum, psum.at({r, l, c}));
        m.drive(psum.at({r + 1, l, c}), u.out(u.ports.psum_o, "psum_below"));
      });
    });
  });
  return p;
}

}  // namespace offramp::blocks
