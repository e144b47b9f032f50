// The code of docs/hw/tutorial.md; tests/docs/hw_docs_test.cpp compares the two.
#include "examples.h"
#include "hw/interpreter.h"

namespace offramp::docs {

using namespace offramp;

void systolic_array(hw::ModuleBuilder& m) {
  const auto n = m.param("N", 4, {.min = 1, .max = 16}, "rows and columns");
  const auto w = m.param("DATA_W", 8, {.min = 2, .max = 16}, "bits of an operand, signed");
  const auto s = m.localparam("SUM_W", w + w + 4, "bits of a sum of up to 16 products");

  const auto ck = m.clocking({.reset = false});
  const auto load = m.input("load_i", hw::bit(), "take weight_i");
  const auto weights = m.input("weight_i", hw::uint(n * n * w), "row by row");
  const auto acts = m.input("act_i", hw::uint(n * w), "one operand a row; row r a cycle after row r - 1");
  const auto sums = m.output("sum_o", hw::uint(n * (w + w + 4)), "one sum a column");

  auto act = m.wire_array("act", hw::sint(w), {n, n + 1});
  auto sum = m.wire_array("sum", hw::sint(s), {n + 1, n});
  m.generate_for("gen_edge", n, [&](hw::IntExpr i) {
    m.drive(act.at({i, 0}), hw::as_signed(hw::part(acts, i * w, w)));
    m.drive(sum.at({0, i}), m.literal(hw::sint(s), 0));
    m.drive(hw::part(sums, i * s, s), hw::as_unsigned(sum.at({n, i})));
    m.unused(act.at({i, n}));
  });
  m.generate_for("gen_row", n, [&](hw::IntExpr r) {
    m.generate_for("gen_column", n, [&](hw::IntExpr c) {
      auto weight_q = m.reg("weight_q", hw::sint(w), {.enable = load});
      auto act_q = m.reg("act_q", hw::sint(w));
      auto sum_q = m.reg("sum_q", hw::sint(s));
      m.clocked(ck, [&] {
        m.next(weight_q, hw::as_signed(hw::part(weights, (r * n + c) * w, w)));
        m.next(act_q, act.at({r, c}));
        m.next(sum_q, hw::add_wrap(sum.at({r, c}), act.at({r, c}) * weight_q));
      });
      m.drive(act.at({r, c + 1}), act_q);
      m.drive(sum.at({r + 1, c}), sum_q);
    });
  });
}

hw::Diagnostics describe_tutorial(hw::Design& design) {
  design.add_module("array", systolic_array);
  return hw::check(design);
}

using Matrix = std::vector<std::vector<std::int64_t>>;

/// Feeds the rows one after the other, each skewed over the rows of the array, and collects the sums.
Matrix multiply_on_tutorial_array(const Matrix& weights, const Matrix& rows) {
  const std::int64_t n = 4;
  const std::int64_t width = 8;
  hw::Design design;
  hw::Interpreter run(design.add_module("array", systolic_array));

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
