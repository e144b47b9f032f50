#pragma once
#include <string>
#include <vector>

#include "hw/hw.h"

namespace offramp::blocks {

/// `value` after `cycles` registers named <name>_1q, <name>_2q, ... (the value itself for 0).
[[nodiscard]] hw::Value delayed(hw::ModuleBuilder& m, const hw::Clocking& ck, const std::string& name,
                                hw::Value value, int cycles);

/// The same for a valid bit: cleared by reset and by `flush`.
[[nodiscard]] hw::Value delayed_valid(hw::ModuleBuilder& m, const hw::Clocking& ck, const std::string& name,
                                      hw::Value value, hw::Value flush, int cycles);

/// The last `cycles` values of a valid bit, the newest first, in registers that `clear` holds at 0: no reset,
/// where `clear` is high during it.
[[nodiscard]] std::vector<hw::Value> history(hw::ModuleBuilder& m, const hw::Clocking& ck,
                                             const std::string& name, const hw::Value& value,
                                             const std::vector<hw::Value>& clear, int cycles);

}  // namespace offramp::blocks
