#include "blocks/copies.h"

#include <fmt/format.h>

namespace offramp::blocks {

std::vector<hw::Value> copied(hw::ModuleBuilder& m, const hw::Clocking& ck, const std::string& name,
                              const hw::Value& value, int count, const CopyOptions& options) {
  std::vector<hw::Reg> copies;
  for (int i = 0; i < count; ++i) {
    copies.push_back(m.reg(count == 1 ? name + "_q" : fmt::format("{}_copy{}_q", name, i), value.type(),
                           {.reset = options.reset, .power_up = options.power_up, .keep = count > 1}));
  }
  m.clocked(ck, [&] {
    for (const hw::Reg& copy : copies) m.next(copy, value);
  });
  return {copies.begin(), copies.end()};
}

hw::Value side_by_side(const std::vector<hw::Value>& copies, int count) {
  if (count == 1) return copies.front();
  return hw::concat(std::vector<hw::Value>(copies.rend() - count, copies.rend()));
}

hw::Clocking with_reset(const hw::Clocking& ck, const hw::Value& rst_n) {
  return {.clk = ck.clk, .rst_n = hw::In(rst_n.module(), rst_n.id())};
}

hw::Clocking ResetShare::take(int bits) {
  if (count_ == 0 || used_ + bits > kMaxLoads) {
    copy_ = m_.reg(fmt::format("reset_copy{}_nq", count_++), hw::bit(), {.power_up = true, .keep = true});
    m_.clocked({.clk = ck_.clk, .rst_n = {}}, [&] { m_.next(copy_, ck_.rst_n); });
    used_ = 0;
  }
  used_ += bits;
  return with_reset(ck_, copy_);
}

}  // namespace offramp::blocks
