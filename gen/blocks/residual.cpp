#include "blocks/residual.h"

#include <fmt/format.h>

#include <bit>

#include "blocks/copies.h"
#include "blocks/pipeline.h"
#include "blocks/rotate.h"
#include "fixed/requant.h"

namespace offramp::blocks {

ResidualAdd::Ports ResidualAdd::build(hw::ModuleBuilder& m) const {
  m.doc("One column and lane: adds a residual to a result, scales with one rounding (half up) and clamps.");
  const auto rw = m.param("RESULT_W", 12, {.min = 3, .max = 17}, "bits of a result, signed");
  const auto ew = m.param("ELEMENT_W", 8, {.min = 2, .max = 16}, "bits of a stored element");
  const auto ww = m.param("WEIGHT_W", 8, {.min = 2, .max = 16}, "bits of a weight, signed");
  constexpr int kMultiplierW = fixed::kMultiplierBits;
  Ports p{.ck = m.clocking({.reset = false}),
          .a = m.input("a_i", hw::sint(rw), "the convolution's result"),
          .b = m.input("b_i", hw::uint(ew), "the residual as stored"),
          .b_signed = m.input("b_signed_i", hw::bit(), "b_i is signed"),
          .weight_a = m.input("weight_a_i", hw::sint(ww), "of a_i"),
          .weight_b = m.input("weight_b_i", hw::sint(ww), "of b_i"),
          .multiplier = m.input("multiplier_i", hw::uint(kMultiplierW), "a cycle after a_i"),
          .shift = m.input("shift_i", hw::uint(fixed::kShiftBits), "shift - 1, two cycles after a_i"),
          .add = m.input("add_i", hw::bit(), "three cycles after a_i; low: a_i passes as it is"),
          .low = m.input("low_i", hw::sint(rw), "least result, three cycles after a_i"),
          .high = m.input("high_i", hw::sint(rw), "largest result, three cycles after a_i"),
          .result = m.output("result_o", hw::sint(rw), "four cycles after a_i")};
  auto result_q = m.reg("result_q", hw::sint(rw));
  const auto a_3q = delayed(m, p.ck, "a", p.a, 3);
  const auto sign = m.let("b_sign", p.b_signed & hw::bit_of(p.b, ew - 1));
  const auto b = m.let("b", hw::as_signed(hw::concat({sign, p.b})));
  const auto sum = m.let("sum", p.a * p.weight_a + b * p.weight_b);
  auto sum_q = m.reg("sum_q", sum.type());
  const auto product = m.let("product", sum_q * hw::to_signed(p.multiplier));
  auto product_q = m.reg("product_q", product.type());
  auto scaled_q = m.reg("scaled_q", product.type());
  const auto pw = product.width();
  const auto rounded = m.let("rounded", hw::shift_right(scaled_q + m.literal(hw::sint(2), 1), 1));
  const auto low = m.let("low", hw::extend(p.low, pw + 1));
  const auto high = m.let("high", hw::extend(p.high, pw + 1));
  m.clocked(p.ck, [&] {
    m.next(sum_q, sum);
    m.next(product_q, product);
    m.next(scaled_q, hw::shift_right(product_q, p.shift));
    m.when(~p.add, [&] { m.next(result_q, a_3q); })
        .elsewhen(rounded < low, [&] { m.next(result_q, p.low); })
        .elsewhen(rounded > high, [&] { m.next(result_q, p.high); })
        .otherwise([&] { m.next(result_q, hw::truncate(rounded, rw)); });
  });
  m.drive(p.result, result_q);
  return p;
}

std::string ReadTurn::name() const {
  return fmt::format("read_turn_{}x{}x{}b{}a{}", banks, lanes, columns, data_bits, address_bits);
}

ReadTurn::Ports ReadTurn::build(hw::ModuleBuilder& m) const {
  m.doc(fmt::format("Turns a word of each of {} banks to {} x {} elements.", banks, lanes, columns));
  const int bb = std::bit_width(static_cast<unsigned>(banks)) - 1;
  Ports p{.ck = m.clocking({.reset = false}),
          .address = m.input("address_i", hw::uint(address_bits), "of lane 0's first element"),
          .lane_step = m.input("lane_step_i", hw::uint(address_bits), "elements from lane to lane"),
          .data = m.input("data_i", hw::uint(banks * data_bits), "two cycles after address_i"),
          .elements = m.output("elements_o", hw::uint(lanes * columns * data_bits), "a cycle later")};
  std::vector<hw::Value> turned;
  hw::Value turn = m.let("turn_0", hw::slice(p.address, bb - 1, 0));
  for (int l = 0; l < lanes; ++l) {
    if (l > 0) turn = m.let(fmt::format("turn_{}", l), hw::add_wrap(turn, hw::slice(p.lane_step, bb - 1, 0)));
    const int copies = Rotate::copies_of(banks, data_bits);
    auto u = m.instance(fmt::format("u_turn_{}", l),
                        Rotate{.count = banks, .direction = Rotate::Direction::down, .copies = copies},
                        {.params = {{"WIDTH", data_bits}}});
    const auto waited = delayed(m, p.ck, fmt::format("turn_{}", l), turn, 1);
    const auto turns = copied(m, p.ck, fmt::format("turn_{}_now", l), waited, copies);
    u.in(u.ports.amount, side_by_side(turns, copies));
    u.in(u.ports.data, p.data);
    const auto lane = u.out(u.ports.data_o, fmt::format("lane_{}", l));
    if (columns < banks) m.unused(hw::slice(lane, banks * data_bits - 1, columns * data_bits));
    turned.insert(turned.begin(), columns < banks ? hw::slice(lane, columns * data_bits - 1, 0) : lane);
  }
  m.unused(p.address);
  m.unused(p.lane_step);
  auto elements_q = m.reg("elements_q", hw::uint(lanes * columns * data_bits));
  m.clocked(p.ck, [&] { m.next(elements_q, turned.size() == 1 ? turned.front() : hw::concat(turned)); });
  m.drive(p.elements, elements_q);
  return p;
}

}  // namespace offramp::blocks
