#include "verif/trust/shrink.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace offramp::trust {
namespace {

StillFails each(bool (*fails)(const Draws&)) {
  return [fails](const std::vector<Draws>& tapes) {
    std::vector<bool> results;
    for (const Draws& t : tapes) results.push_back(fails(t));
    return results;
  };
}

TEST(Shrink, KeepsTheNumbersThatMatterAndNoOthers) {
  Draws draws;
  for (std::uint32_t i = 0; i < 400; ++i) draws.push_back(i % 50);
  draws[313] = 999;
  // Fails while a number of at least 600 comes somewhere after one of at least 20.
  const auto fails = each([](const Draws& d) {
    const auto small = std::find_if(d.begin(), d.end(), [](std::uint32_t v) { return v >= 20; });
    return small != d.end() && std::any_of(small + 1, d.end(), [](std::uint32_t v) { return v >= 600; });
  });
  EXPECT_EQ(shrink(draws, fails, {.groups = 200}), (Draws{20, 600}));
}

TEST(Shrink, StopsWhenItHasAskedEnough) {
  int asked = 0;
  const StillFails never = [&](const std::vector<Draws>& tapes) {
    ++asked;
    return std::vector<bool>(tapes.size(), false);
  };
  const Draws draws(1000, 7);
  EXPECT_EQ(shrink(draws, never, {.group = 4, .groups = 9}), draws);
  EXPECT_EQ(asked, 9);
}

TEST(Shrink, MayEndWithNothing) {
  EXPECT_EQ(shrink({1, 2, 3}, each([](const Draws&) { return true; })), Draws{});
}

}  // namespace
}  // namespace offramp::trust
