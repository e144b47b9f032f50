#pragma once
#include "hw/hw.h"

namespace offramp::blocks {

/// Inside a loop over the rows of a systolic array: row r's part of `act`, `row_bits` wide, r cycles later.
/// It is declared there as `operand`.
[[nodiscard]] hw::Value skewed_operand(hw::ModuleBuilder& m, const hw::Clocking& ck, const hw::Value& act,
                                       const hw::IntExpr& r, const hw::IntExpr& row_bits);

}  // namespace offramp::blocks
