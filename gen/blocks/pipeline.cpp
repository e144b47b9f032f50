#include "blocks/pipeline.h"

#include <fmt/format.h>

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

}  // namespace offramp::blocks
