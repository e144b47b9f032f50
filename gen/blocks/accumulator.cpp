#include "blocks/accumulator.h"

#include "fixed/requant.h"

namespace offramp::blocks {

Accumulator::Ports Accumulator::build(hw::ModuleBuilder& m) const {
  m.doc("Sums of one column and lane over the tiles of a reduction, one sum a pixel, kept in a memory.");
  const auto w = m.param("ACC_W", 32, {.min = 4, .max = 49}, "bits of a sum, signed");
  const auto depth = m.param("DEPTH", 64, {.min = 2, .max = 1 << 20}, "pixels of a tile");
  const auto aw = hw::clog2(depth);
  Ports p{.ck = m.clocking({.reset = false}),
          .read_address = m.input("read_address_i", hw::uint(aw), "a cycle before psum_i"),
          .address = m.input("address_i", hw::uint(aw), "of psum_i's pixel"),
          .store = m.input("store_i", hw::bit(), "more tiles follow for this pixel"),
          .first = m.input("first_i", hw::bit(), "first tile: start from the bias"),
          .forward = m.input("forward_i", hw::bit(), "the sum of the cycle before was for this pixel"),
          .bias = m.input("bias_i", hw::sint(w), "of the column"),
          .psum = m.input("psum_i", hw::sint(w), "the tile's sum"),
          .sum = m.output("sum_o", hw::sint(w), "sum of the tiles so far, a cycle after psum_i")};
  auto mem = m.memory("mem", hw::sint(w), depth, {});
  auto stored_q = m.reg("stored_q", hw::sint(w));
  auto sum_q = m.reg("sum_q", hw::sint(w));
  const auto start = m.let("start", hw::mux(p.first, p.bias, hw::mux(p.forward, sum_q, stored_q)));
  const auto sum = m.let("sum", hw::add_wrap(start, p.psum));
  m.clocked(p.ck, [&] {
    m.next(stored_q, m.read(mem, p.read_address));
    m.when(p.store, [&] { m.write(mem, p.address, sum); });
    m.next(sum_q, sum);
  });
  m.drive(p.sum, sum_q);
  return p;
}

OutputStage::Ports OutputStage::build(hw::ModuleBuilder& m) const {
  m.doc("One column and lane on the way out: largest of a window, scale with one rounding (half up), clamp.");
  const auto w = m.param("ACC_W", 32, {.min = 4, .max = 49}, "bits of a sum, signed");
  const auto rw = m.param("RESULT_W", 12, {.min = 3, .max = 17}, "bits of a result, signed");
  constexpr int kMultiplierW = fixed::kMultiplierBits;
  const int shift_w = fixed::kShiftBits;
  static_assert(fixed::kMaxShift < 64, "the shift field has 6 bits");
  const auto pw = m.localparam("PRODUCT_W", w + (kMultiplierW + 1), "bits of a scaled sum before the shift");
  Ports p{.ck = m.clocking({.reset = false}),
          .sum = m.input("sum_i", hw::sint(w), "from the accumulator"),
          .valid = m.input("valid_i", hw::bit(), "sum_i is a finished sum"),
          .window_first = m.input("window_first_i", hw::bit(), "sum_i is the first of its pooling window"),
          .multiplier = m.input("multiplier_i", hw::uint(kMultiplierW), "one cycle after sum_i"),
          .shift = m.input("shift_i", hw::uint(shift_w), "shift - 1, two cycles after sum_i"),
          .low = m.input("low_i", hw::sint(rw), "least result"),
          .high = m.input("high_i", hw::sint(rw), "largest result"),
          .result = m.output("result_o", hw::sint(rw), "four cycles after the window's last sum_i")};

  auto pooled_q = m.reg("pooled_q", hw::sint(w));
  auto product_q = m.reg("product_q", hw::sint(pw));
  auto scaled_q = m.reg("scaled_q", hw::sint(pw));
  auto result_q = m.reg("result_q", hw::sint(rw));

  const auto keep = m.let("keep", ~p.window_first & (pooled_q > p.sum));
  m.comment("(sum * multiplier + 2^(shift-1)) >> shift, as ((sum * multiplier >> (shift-1)) + 1) >> 1.");
  const auto rounded = m.let("rounded", hw::shift_right(scaled_q + m.literal(hw::sint(2), 1), 1));
  const auto low = m.let("low", hw::extend(p.low, pw + 1));
  const auto high = m.let("high", hw::extend(p.high, pw + 1));
  m.clocked(p.ck, [&] {
    m.when(p.valid & ~keep, [&] { m.next(pooled_q, p.sum); });
    m.next(product_q, pooled_q * hw::to_signed(p.multiplier));
    m.next(scaled_q, hw::shift_right(product_q, p.shift));
    m.when(rounded < low, [&] { m.next(result_q, p.low); })
        .elsewhen(rounded > high, [&] { m.next(result_q, p.high); })
        .otherwise([&] { m.next(result_q, hw::truncate(rounded, rw)); });
  });
  m.drive(p.result, result_q);
  return p;
}

}  // namespace offramp::blocks
