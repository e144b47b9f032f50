#include "blocks/accumulator.h"

#include <random>

#include "fixed/requant.h"
#include "simulated_block.h"

namespace offramp::blocks {
namespace {

using testing::SimulatedBlock;

TEST(OutputStage, RoundsAndSaturatesLikeTheDefinition) {
  SimulatedBlock block(OutputStage{});  // 32-bit sums, 12-bit results
  constexpr int kSumBits = 32;
  constexpr int kResultBits = 12;
  std::mt19937_64 random(3);
  const fixed::Range sums = fixed::range_of(kSumBits, true);
  auto corner_weighted = [&]() -> std::int64_t {
    switch (random() % 4) {
      case 0:
        return sums.lo + static_cast<std::int64_t>(random() % 3);
      case 1:
        return sums.hi - static_cast<std::int64_t>(random() % 3);
      case 2:
        return static_cast<std::int64_t>(random() % 33) - 16;
      default:
        return static_cast<std::int64_t>(static_cast<std::int32_t>(random()));
    }
  };
  for (int round = 0; round < 20000; ++round) {
    const std::int64_t sum = corner_weighted();
    const fixed::Requant r{.multiplier = static_cast<std::int64_t>(random() % (1U << fixed::kMultiplierBits)),
                           .shift = 1 + static_cast<int>(random() % fixed::kMaxShift)};
    fixed::Range clamp = fixed::range_of(kResultBits, true);
    if (random() % 2 == 0) clamp.lo = 0;
    if (random() % 2 == 0) clamp.hi = 255;
    block.port("sum_i").set(static_cast<std::uint64_t>(sum));
    block.port("valid_i").set(1);
    block.port("window_first_i").set(1);
    block.port("multiplier_i").set(static_cast<std::uint64_t>(r.multiplier));
    block.port("shift_i").set(static_cast<std::uint64_t>(r.shift - 1));
    block.port("low_i").set(static_cast<std::uint64_t>(clamp.lo));
    block.port("high_i").set(static_cast<std::uint64_t>(clamp.hi));
    for (int i = 0; i < 4; ++i) block.clock();
    ASSERT_EQ(block.port("result_o").signed_part(0, kResultBits),
              fixed::saturate(fixed::requantize(sum, r), clamp))
        << sum << " * " << r.multiplier << " >> " << r.shift;
  }
}

TEST(OutputStage, KeepsTheLargestOfAWindow) {
  SimulatedBlock block(OutputStage{});
  block.port("multiplier_i").set(2);
  block.port("shift_i").set(0);  // times 2, halved: the value itself
  block.port("low_i").set(static_cast<std::uint64_t>(-2048));
  block.port("high_i").set(2047);
  const std::vector<std::vector<int>> windows = {{5, -3, 9, 2}, {-7, -5, -9, -6}, {4}, {1, 2, 3}};
  for (const auto& window : windows) {
    for (std::size_t i = 0; i < window.size(); ++i) {
      block.port("sum_i").set(static_cast<std::uint64_t>(std::int64_t{window[i]}));
      block.port("window_first_i").set(i == 0 ? 1 : 0);
      block.port("valid_i").set(1);
      block.clock();
      // A sum that is not finished does not count.
      block.port("valid_i").set(0);
      block.port("sum_i").set(1000);
      block.clock();
    }
    for (int i = 0; i < 4; ++i) block.clock();
    EXPECT_EQ(block.port("result_o").signed_part(0, 12), *std::max_element(window.begin(), window.end()));
  }
}

TEST(Accumulator, AddsUpPixelsInAnyOrderBackToBack) {
  SimulatedBlock block(Accumulator{});
  std::mt19937 random(4);
  std::map<unsigned, std::int64_t> expected;
  unsigned previous = 1000;
  unsigned next = random() % 4;
  for (int step = 0; step < 5000; ++step) {
    // Four pixels only, so that a sum is often wanted in the cycle after it was made.
    const unsigned address = next;
    next = random() % 4;
    const bool first = !expected.contains(address) || random() % 8 == 0;
    const std::int64_t psum = static_cast<std::int32_t>(random()) >> 8;
    const std::int64_t bias = static_cast<std::int32_t>(random()) >> 16;
    if (step == 0) {  // the first read
      block.port("read_address_i").set(address);
      block.clock();
    }
    block.port("read_address_i").set(next);
    block.port("address_i").set(address);
    block.port("store_i").set(1);
    block.port("first_i").set(first ? 1 : 0);
    block.port("forward_i").set(address == previous ? 1 : 0);
    block.port("bias_i").set(static_cast<std::uint64_t>(bias));
    block.port("psum_i").set(static_cast<std::uint64_t>(psum));
    block.clock();
    expected[address] = (first ? bias : expected[address]) + psum;
    ASSERT_EQ(block.port("sum_o").signed_part(0, 32), expected[address]) << "step " << step;
    previous = address;
  }
}

}  // namespace
}  // namespace offramp::blocks
