#include "blocks/operand_skew.h"

namespace offramp::blocks {

hw::Value skewed_operand(hw::ModuleBuilder& m, const hw::Clocking& ck, const hw::Value& act,
                         const hw::IntExpr& r, const hw::IntExpr& row_bits) {
  auto operand = m.wire("operand", hw::uint(row_bits));
  m.generate_if(
      hw::equal(r, 0), "gen_first", [&] { m.drive(operand, hw::part(act, 0, row_bits)); }, "gen_skew",
      [&] {
        m.comment("Row r waits r cycles: a shift register of r operands.");
        auto skew_q = m.reg("skew_q", hw::uint(r * row_bits));
        const auto skew_d = m.let("skew_d", hw::concat({skew_q, hw::part(act, r * row_bits, row_bits)}));
        m.clocked(ck, [&] { m.next(skew_q, hw::truncate(skew_d, r * row_bits)); });
        m.drive(operand, hw::part(skew_q, (r - 1) * row_bits, row_bits));
        m.unused(hw::part(skew_d, r * row_bits, row_bits));
      });
  return operand;
}

}  // namespace offramp::blocks
