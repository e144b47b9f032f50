#include "accel/memory_map.h"

#include <gtest/gtest.h>

#include <random>

namespace offramp::accel {
namespace {

TEST(Place, ThingsThatLiveAtOnceNeverOverlap) {
  std::mt19937 random(2);
  for (int round = 0; round < 200; ++round) {
    std::vector<Lifetime> lifetimes;
    for (int i = 0; i < 12; ++i) {
      const int first = static_cast<int>(random() % 10);
      lifetimes.push_back({.size = 1 + static_cast<int>(random() % 70),
                           .first = first,
                           .last = first + static_cast<int>(random() % 4)});
    }
    const Placement p = place(lifetimes, 8);
    for (std::size_t i = 0; i < lifetimes.size(); ++i) {
      EXPECT_EQ(p.base[i] % 8, 0);
      EXPECT_LE(p.base[i] + lifetimes[i].size, p.size);
      for (std::size_t j = 0; j < i; ++j) {
        const bool together =
            lifetimes[i].first <= lifetimes[j].last && lifetimes[j].first <= lifetimes[i].last;
        const bool overlap =
            p.base[i] < p.base[j] + lifetimes[j].size && p.base[j] < p.base[i] + lifetimes[i].size;
        EXPECT_FALSE(together && overlap) << i << " and " << j;
      }
    }
  }
}

TEST(Place, ThingsThatDoNotMeetShareTheirPlace) {
  const Placement p = place({{.size = 16, .first = 0, .last = 1}, {.size = 16, .first = 2, .last = 3}}, 8);
  EXPECT_EQ(p.base[0], p.base[1]);
  EXPECT_EQ(p.size, 16);
}

}  // namespace
}  // namespace offramp::accel
