// Which exit is taken, against the golden rule: criteria, patience, skipped branches, decisions out of order.
#include "blocks/sample_control.h"

#include <algorithm>
#include <numeric>
#include <random>

#include "golden/exits.h"
#include "simulated_block.h"

namespace offramp::blocks {
namespace {

using fixed::Criterion;
using testing::SimulatedBlock;

constexpr int kClassBits = 3;
constexpr int kPatienceBits = DecisionPorts::kPatienceBits;

/// What the exits of a sample say, as the golden reference has it.
std::vector<fixed::Decision> random_decisions(std::mt19937_64& random, int exits, std::uint64_t by_patience,
                                              const std::vector<std::uint64_t>& patience) {
  std::vector<fixed::Decision> all;
  for (int e = 0; e < exits; ++e) {
    const auto i = static_cast<std::size_t>(e);
    fixed::Decision d{.top_class = static_cast<int>(random() % 2)};  // few classes, so that exits agree
    d.agreements = fixed::agreements_after(e == 0 ? nullptr : &all.back(), d.top_class);
    d.skipped = e + 1 < exits && random() % 4 == 0;
    const bool sure = (by_patience >> e & 1) != 0 ? static_cast<std::uint64_t>(d.agreements) >= patience[i]
                                                  : random() % 4 == 0;
    d.confident = e + 1 < exits && sure && !d.skipped;
    all.push_back(d);
  }
  return all;
}

TEST(SampleControl, TakesTheExitThatTheGoldenRuleTakes) {
  for (const int exits : {2, 3, 6}) {
    SimulatedBlock block(SampleControl{.exits = exits, .class_bits = kClassBits, .prunes = true}, {});
    std::mt19937_64 random(static_cast<std::uint64_t>(exits));
    std::vector<int> taken(static_cast<std::size_t>(exits), 0);
    block.port("enable_i").set(1);
    block.port("result_ready_i").set(1);
    block.port("decided_i").set(0);
    block.port("sample_ready_i").set(0);
    for (int sample = 0; sample < 600; ++sample) {
      const std::uint64_t by_patience = random() & ((1U << (exits - 1)) - 1);
      std::vector<std::uint64_t> patience;
      std::uint64_t packed = 0;
      for (int e = 0; e + 1 < exits; ++e) {
        patience.push_back(random() % 4 == 0 ? 15 : random() % 4);
        packed |= patience.back() << (e * kPatienceBits);
      }
      patience.push_back(0);
      const auto decisions = random_decisions(random, exits, by_patience, patience);
      const int expected = golden::exit_taken(decisions);
      block.port("by_patience_i").set(by_patience);
      block.port("patience_i").set(packed);
      block.port("sample_ready_i").set(1);
      block.clock();
      block.port("sample_ready_i").set(0);
      std::vector<int> order(static_cast<std::size_t>(exits));
      std::iota(order.begin(), order.end(), 0);
      std::shuffle(order.begin(), order.end(), random);
      // No verdict may come before all exits up to the one taken have spoken.
      int spoken = 0;
      bool stopped = false;
      for (const int e : order) {
        const auto& d = decisions[static_cast<std::size_t>(e)];
        const std::uint64_t bit = std::uint64_t{1} << e;
        block.port("decided_i").set(bit);
        // Confidence by figures is no part of a decision by patience or of one that was skipped.
        const bool by_row = e + 1 < exits && (by_patience >> e & 1) != 0;
        block.port("confident_i").set(!by_row && d.confident ? bit : 0);
        block.port("skipped_i").set(d.skipped ? bit : 0);
        block.port("class_i").set(static_cast<std::uint64_t>(d.top_class) << (e * kClassBits));
        block.clock();
        block.port("decided_i").set(0);
        block.settle();
        if (e <= expected) ++spoken;
        stopped = block.port("stop_o").get() != 0;
        ASSERT_EQ(stopped, spoken == expected + 1) << "sample " << sample;
        if (stopped) break;
      }
      ASSERT_TRUE(stopped);
      EXPECT_EQ(block.port("exit_o").get(), static_cast<std::uint64_t>(expected)) << "sample " << sample;
      EXPECT_EQ(block.port("class_o").get(),
                static_cast<std::uint64_t>(decisions[static_cast<std::size_t>(expected)].top_class));
      ++taken[static_cast<std::size_t>(expected)];
      block.clock();
    }
    for (const int n : taken) EXPECT_GT(n, 0);
  }
}

}  // namespace
}  // namespace offramp::blocks
