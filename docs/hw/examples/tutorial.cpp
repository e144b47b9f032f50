// The code of docs/hw/tutorial.md; tests/docs/hw_docs_test.cpp compares the two.
#include "examples.h"
#include "hw/interpreter.h"

namespace offramp::docs {

using namespace offramp;

struct Cell {
  bool operator==(const Cell&) const = default;
  struct Ports {
    hw::Clocking ck;
    hw::In load, weight, act, sum;
    hw::Out act_o, sum_o;
  };
  [[nodiscard]] std::string name() const { return "cell_mac"; }
  [[nodiscard]] Ports build(hw::ModuleBuilder& m) const {
    m.doc("One cell: sum_o = sum_i + act_i * weight and act_o = act_i, one cycle later.");
    const auto w = m.param("DATA_W", 8, {.min = 2, .max = 16}, "bits of an operand, signed");
    const auto s = m.localparam("SUM_W", w + w + 4, "bits of a sum of up to 16 products");
    Ports p{.ck = m.clocking({.reset = false}),
            .load = m.input("load_i", hw::bit()),
            .weight = m.input("weight_i", hw::sint(w)),
            .act = m.input("act_i", hw::sint(w)),
            .sum = m.input("sum_i", hw::sint(s)),
            .act_o = m.output("act_o", hw::sint(w)),
            .sum_o = m.output("sum_o", hw::sint(s))};
    auto weight_q = m.reg("weight_q", hw::sint(w), {.enable = p.load});
    auto act_q = m.reg("act_q", hw::sint(w));
    auto sum_q = m.reg("sum_q", hw::sint(s));
    m.clocked(p.ck, [&] {
      m.next(weight_q, p.weight);
      m.next(act_q, p.act);
      m.next(sum_q, hw::add_wrap(p.sum, p.act * weight_q));
    });
    m.drive(p.act_o, act_q);
    m.drive(p.sum_o, sum_q);
    return p;
  }
};

struct Array {
  bool operator==(const Array&) const = default;
  struct Ports {
    hw::Clocking ck;
    hw::In load, weight, act;
    hw::Out sum;
  };
  [[nodiscard]] std::string name() const { return "array"; }
  [[nodiscard]] Ports build(hw::ModuleBuilder& m) const {
    m.doc("Weight-stationary array: operands move right, sums move down, a cell a cycle.");
    const auto n = m.param("N", 4, {.min = 1, .max = 16}, "rows and columns");
    const auto w = m.param("DATA_W", 8, {.min = 2, .max = 16}, "bits of an operand, signed");
    const auto s = m.localparam("SUM_W", w + w + 4, "bits of a sum");
    Ports p{.ck = m.clocking({.reset = false}),
            .load = m.input("load_i", hw::bit(), "take weight_i"),
            .weight = m.input("weight_i", hw::uint(n * n * w), "row by row"),
            .act = m.input("act_i", hw::uint(n * w), "an operand a row; row r one cycle after row r - 1"),
            .sum = m.output("sum_o", hw::uint(n * s), "a sum a column")};
    auto act = m.wire_array("act", hw::sint(w), {n, n + 1});
    auto sum = m.wire_array("sum", hw::sint(s), {n + 1, n});
    m.generate_for("gen_edge", n, [&](hw::IntExpr i) {
      m.drive(act.at({i, 0}), hw::as_signed(hw::part(p.act, i * w, w)));
      m.drive(sum.at({0, i}), 0);
      m.drive(hw::part(p.sum, i * s, s), hw::as_unsigned(sum.at({n, i})));
      m.unused(act.at({i, n}));
    });
    m.generate_for("gen_row", n, [&](hw::IntExpr r) {
      m.generate_for("gen_column", n, [&](hw::IntExpr c) {
        auto u = m.instance("u_cell", Cell{}, {.ck = p.ck, .params = {{"DATA_W", w}}});
        u.in(u.ports.load, p.load);
        u.in(u.ports.weight, hw::as_signed(hw::part(p.weight, (r * n + c) * w, w)));
        u.in(u.ports.act, act.at({r, c}));
        u.in(u.ports.sum, sum.at({r, c}));
        m.drive(act.at({r, c + 1}), u.out(u.ports.act_o, "act_right"));
        m.drive(sum.at({r + 1, c}), u.out(u.ports.sum_o, "sum_below"));
      });
    });
    return p;
  }
};

hw::Diagnostics describe_tutorial(hw::Design& design) {
  design.add(Array{});
  return hw::check(design);
}

using Matrix = std::vector<std::vector<std::int64_t>>;

/// Feeds the rows one after the other, each skewed over the rows of the array, and collects the sums.
Matrix multiply_on_tutorial_array(const Matrix& weights, const Matrix& rows) {
  const std::int64_t n = 4;
  const std::int64_t width = 8;
  hw::Design design;
  hw::Interpreter run(design.module_of(Array{}));

  hw::LogicVector weight = hw::LogicVector::of(n * n * width, 0);
  for (std::int64_t i = 0; i < n * n * width; ++i) {
    const std::int64_t value = weights[i / width / n][i / width % n];
    weight.set_bit(i, ((value >> (i % width)) & 1) != 0 ? '1' : '0');
  }
  run.set("load_i", 1);
  run.set("weight_i", weight);
  run.step();
  run.set("load_i", 0);

  Matrix product(rows.size(), std::vector<std::int64_t>(n));
  const auto count = static_cast<std::int64_t>(rows.size());
  for (std::int64_t t = 0; t < count + 2 * n; ++t) {
    hw::LogicVector act = hw::LogicVector::of(n * width, 0);
    for (std::int64_t r = 0; r < n; ++r) {
      if (t - r < 0 || t - r >= count) continue;
      for (std::int64_t b = 0; b < width; ++b) {
        act.set_bit(r * width + b, ((rows[t - r][r] >> b) & 1) != 0 ? '1' : '0');
      }
    }
    run.set("act_i", act);
    run.step();
    for (std::int64_t c = 0; c < n; ++c) {
      const std::int64_t row = t - (n - 1) - c;  // the row whose sum leaves column c now
      if (row < 0 || row >= count) continue;
      const hw::LogicVector sum = run.get("sum[" + std::to_string(n) + "][" + std::to_string(c) + "]");
      const auto sign = std::uint64_t{1} << (sum.width() - 1);
      product[row][c] = static_cast<std::int64_t>((sum.low64() ^ sign) - sign);
    }
  }
  return product;
}

}  // namespace offramp::docs
