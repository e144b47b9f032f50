// The meter against a plain sum over random maps, written with gaps, masks and flushes.
#include "blocks/activity_meter.h"

#include <random>

#include "simulated_block.h"

namespace offramp::blocks {
namespace {

using testing::SimulatedBlock;

class EachShape : public ::testing::TestWithParam<ActivityMeter> {};

TEST_P(EachShape, AddsUpTheMagnitudesOfWhatIsWritten) {
  const ActivityMeter meter = GetParam();
  SimulatedBlock block(meter, {});
  std::mt19937_64 random(7);
  for (const char* name : {"write_i", "last_i", "flush_i"}) block.port(name).set(0);
  const int elements = meter.lanes * meter.columns;
  int flushed = 0;
  for (int map = 0; map < 60; ++map) {
    const bool is_signed = random() % 2 == 0;
    const std::uint64_t layer = random() % (1U << meter.layer_bits);
    const int writes = 1 + static_cast<int>(random() % 9);
    const bool drop = random() % 5 == 0;
    std::uint64_t expected = 0;
    block.port("signed_i").set(is_signed ? 1 : 0);
    block.port("layer_i").set(layer);
    for (int w = 0; w < writes; ++w) {
      const std::uint64_t lanes = 1 + random() % ((1U << meter.lanes) - 1);
      const std::uint64_t columns = 1 + random() % ((1U << meter.columns) - 1);
      std::vector<std::uint8_t> bytes(static_cast<std::size_t>(elements));
      for (int i = 0; i < elements; ++i) {
        const auto value = static_cast<std::uint8_t>(random() % 8 == 0 ? 0x80 : random());
        bytes[static_cast<std::size_t>(i)] = value;
        const bool there =
            (lanes >> (i / meter.columns) & 1) != 0 && (columns >> (i % meter.columns) & 1) != 0;
        if (!there) continue;
        expected +=
            is_signed
                ? static_cast<std::uint64_t>(std::abs(static_cast<int>(static_cast<std::int8_t>(value))))
                : value;
      }
      block.port("lane_mask_i").set(lanes);
      block.port("column_mask_i").set(columns);
      if (elements <= 8) {
        std::uint64_t word = 0;
        for (std::size_t k = bytes.size(); k-- > 0;) word = word << 8 | bytes[k];
        block.port("data_i").set(word);
      } else {
        block.port("data_i").set_bytes(bytes.data(), bytes.size());
      }
      const bool last = w + 1 == writes;
      block.port("write_i").set(1);
      block.port("last_i").set(last && !drop ? 1 : 0);
      block.clock();
      block.port("write_i").set(0);
      block.port("last_i").set(1);  // means nothing without a write
      if (!last) {
        for (unsigned gap = random() % 3; gap > 0; --gap) block.clock();
      }
    }
    block.port("last_i").set(0);
    if (drop) {
      // Nothing of a map that was cut off may reach the next one.
      block.port("flush_i").set(1);
      block.clock();
      block.port("flush_i").set(0);
      ++flushed;
      for (int i = 0; i < static_cast<int>(random() % 4); ++i) block.clock();
      continue;
    }
    int waited = 1;  // the edge that took the last write
    block.settle();
    while (block.port("valid_o").get() == 0) {
      ASSERT_LE(++waited, meter.latency()) << "no total";
      block.clock();
      block.settle();
    }
    EXPECT_EQ(waited, meter.latency());
    EXPECT_EQ(block.port("sum_o").get(), expected) << "map " << map;
    EXPECT_EQ(block.port("layer_o").get(), layer);
    // Maps may follow each other at once.
    if (random() % 2 == 0) block.clock();
  }
  EXPECT_GT(flushed, 0);
}

INSTANTIATE_TEST_SUITE_P(ActivityMeter, EachShape,
                         ::testing::Values(ActivityMeter{.lanes = 1, .columns = 2},
                                           ActivityMeter{.lanes = 2, .columns = 5, .layer_bits = 3},
                                           ActivityMeter{.lanes = 4, .columns = 8, .layer_bits = 6}));

}  // namespace
}  // namespace offramp::blocks
