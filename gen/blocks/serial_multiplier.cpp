#include "blocks/serial_multiplier.h"

namespace offramp::blocks {

SerialMultiplier::Ports SerialMultiplier::build(hw::ModuleBuilder& m) const {
  m.doc("Unsigned product by adding and shifting: one bit of the second factor a cycle, no DSP slice.");
  const auto aw = m.param("A_W", 28, {.min = 2, .max = 64}, "bits of the first factor");
  const auto bw = m.param("B_W", 20, {.min = 2, .max = 64}, "bits of the second factor");
  Ports p{.ck = m.clocking({.reset = false}),
          .start = m.input("start_i", hw::bit(), "begin; takes b_i"),
          .a = m.input("a_i", hw::uint(aw), "steady from the cycle after start_i to the product"),
          .b = m.input("b_i", hw::uint(bw), "with start_i"),
          .product = m.output("product_o", hw::uint(aw + bw), "B_W + 1 cycles after start_i")};
  m.comment("What is left of the second factor makes room for the product's low bits.");
  auto high_q = m.reg("high_q", hw::uint(aw));
  auto low_q = m.reg("low_q", hw::uint(bw));
  const auto part = m.let("part", p.a & hw::replicate(hw::bit_of(low_q, 0), aw));
  const auto sum = m.let("sum", high_q + part);
  m.clocked(p.ck, [&] {
    m.when(p.start, [&] {
       m.next(high_q, 0);
       m.next(low_q, p.b);
     }).otherwise([&] {
      m.next(high_q, hw::slice(sum, aw, 1));
      m.next(low_q, hw::concat({hw::bit_of(sum, 0), hw::slice(low_q, bw - 1, 1)}));
    });
  });
  m.drive(p.product, hw::concat({high_q, low_q}));
  return p;
}

}  // namespace offramp::blocks
