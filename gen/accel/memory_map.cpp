#include "accel/memory_map.h"

#include <algorithm>
#include <cstddef>
#include <numeric>

namespace offramp::accel {

Placement place(const std::vector<Lifetime>& lifetimes, int alignment) {
  auto align = [&](int n) { return (n + alignment - 1) / alignment * alignment; };
  std::vector<std::size_t> order(lifetimes.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return lifetimes[a].size > lifetimes[b].size; });
  Placement result{.base = std::vector<int>(lifetimes.size(), -1)};
  for (const std::size_t i : order) {
    const Lifetime& mine = lifetimes[i];
    std::vector<std::pair<int, int>> taken;  // [begin, end) of everything alive at the same time
    for (std::size_t j = 0; j < lifetimes.size(); ++j) {
      const Lifetime& other = lifetimes[j];
      if (result.base[j] < 0 || other.last < mine.first || mine.last < other.first) continue;
      taken.emplace_back(result.base[j], align(result.base[j] + other.size));
    }
    std::sort(taken.begin(), taken.end());
    int base = 0;
    for (const auto& [begin, end] : taken) {
      if (base + mine.size <= begin) break;
      base = std::max(base, end);
    }
    result.base[i] = base;
    result.size = std::max(result.size, align(base + mine.size));
  }
  return result;
}

}  // namespace offramp::accel
