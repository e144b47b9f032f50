#include "blocks/pipeline.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

namespace offramp::blocks {

hw::Value delayed(hw::ModuleBuilder& m, const hw::Clocking& ck, const std::string& name, hw::Value value,
                  int cycles) {
  std::vector<hw::Reg> stages;
  for (int i = 1; i <= cycles; ++i) stages.push_back(m.reg(fmt::format("{}_{}q", name, i), value.type()));
  m.clocked(ck, [&] {
    for (std::size_t i = 0; i < stages.size(); ++i)
      m.next(stages[i], i == 0 ? value : static_cast<hw::Value>(stages[i - 1]));
  });
  return stages.empty() ? value : static_cast<hw::Value>(stages.back());
}

hw::Value delayed_valid(hw::ModuleBuilder& m, const hw::Clocking& ck, const std::string& name,
                        hw::Value value, hw::Value flush, int cycles) {
  if (cycles == 0) return value;
  auto chain_q = m.reg(name + "_q", hw::uint(cycles), {.reset = 0});
  const auto entered = cycles == 1 ? value : hw::concat({hw::slice(chain_q, cycles - 2, 0), value});
  m.clocked(ck, [&] { m.next(chain_q, hw::mux(flush, 0, entered)); });
  return hw::bit_of(chain_q, cycles - 1);
}

std::vector<hw::Value> history(hw::ModuleBuilder& m, const hw::Clocking& ck, const std::string& name,
                               const hw::Value& value, const std::vector<hw::Value>& clear, int cycles) {
  std::vector<hw::Value> bits;
  hw::Value entering = value;
  const int share = (cycles + static_cast<int>(clear.size()) - 1) / static_cast<int>(clear.size());
  for (int first = 0; first < cycles; first += share) {
    const int n = std::min(share, cycles - first);
    const std::string part = cycles <= share ? "" : fmt::format("_from_{}", first);
    auto chain_q = m.reg(name + part + "_q", hw::uint(n));
    const auto entered = n == 1 ? entering : hw::concat({hw::slice(chain_q, n - 2, 0), entering});
    m.clocked(ck,
              [&] { m.next(chain_q, hw::mux(clear[static_cast<std::size_t>(first / share)], 0, entered)); });
    for (int i = 0; i < n; ++i) bits.push_back(hw::bit_of(chain_q, i));
    entering = bits.back();
  }
  return bits;
}

}  // namespace offramp::blocks
