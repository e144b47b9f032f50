#include "accel/tiles.h"

#include <gtest/gtest.h>

#include <random>
#include <set>

namespace offramp::accel {
namespace {

std::vector<TileRow> elements_at(const std::vector<int>& offsets) {
  std::vector<TileRow> elements;
  for (const int o : offsets)
    elements.push_back({.used = true, .dy = 0, .dx = 0, .channel = 0, .source = 0, .offset = o});
  return elements;
}

/// Offsets of a kernel over maps with this row pitch, channels innermost.
std::vector<int> kernel(int size, int channels, int row_pitch) {
  std::vector<int> offsets;
  for (int y = 0; y < size; ++y) {
    for (int i = 0; i < size * channels; ++i) offsets.push_back(y * row_pitch + i);
  }
  return offsets;
}

TEST(PackTiles, ARowPitchThatContinuesTheResiduesFillsTheTile) {
  // 5x5x1 over rows 37 apart: 37 = 5 (mod 32), so the 25 elements have 25 residues in a row.
  EXPECT_EQ(pack_tiles(elements_at(kernel(5, 1, 37)), 32, 32).size(), 1U);
  // 36 = 4 (mod 32): the kernel's rows overlap in one residue each.
  EXPECT_EQ(pack_tiles(elements_at(kernel(5, 1, 36)), 32, 32).size(), 2U);
}

TEST(PackTiles, EveryElementIsPlacedOnceInTheRowOfItsResidue) {
  std::mt19937 random(1);
  for (int round = 0; round < 200; ++round) {
    const int banks = 1 << (2 + round % 5);
    const int rows = 1 + static_cast<int>(random() % static_cast<unsigned>(banks));
    std::vector<int> offsets;
    for (unsigned i = 0; i < 1 + random() % 100; ++i)
      offsets.push_back(static_cast<int>(random() % 500) - 100);
    const std::vector<Tile> tiles = pack_tiles(elements_at(offsets), rows, banks);
    std::multiset<int> placed;
    for (const Tile& t : tiles) {
      ASSERT_EQ(t.rows.size(), static_cast<std::size_t>(rows));
      for (int r = 0; r < rows; ++r) {
        const TileRow& row = t.rows[static_cast<std::size_t>(r)];
        if (!row.used) continue;
        placed.insert(row.offset);
        EXPECT_EQ(((row.offset - t.base - r) % banks + banks) % banks, 0) << "offset " << row.offset;
      }
    }
    EXPECT_EQ(placed, std::multiset<int>(offsets.begin(), offsets.end()));
    EXPECT_EQ(count_tiles(offsets, rows, banks), static_cast<int>(tiles.size()));
  }
}

TEST(PackTiles, WithAsManyRowsAsBanksTheFullestBankDecides) {
  // Three elements share residue 2; everything else fits beside them.
  EXPECT_EQ(count_tiles({2, 10, 18, 0, 1, 3}, 8, 8), 3);
}

}  // namespace
}  // namespace offramp::accel
