#include "accel/tiles.h"

#include <cstddef>

namespace offramp::accel {
namespace {

int residue(int offset, int banks) {
  return ((offset % banks) + banks) % banks;
}

/// The window that covers most of the residues that still have elements; the lowest base wins a tie.
int best_base(const std::vector<int>& left, int rows) {
  const int banks = static_cast<int>(left.size());
  int covered = 0;
  for (int r = 0; r < rows; ++r) covered += left[static_cast<std::size_t>(r)] > 0 ? 1 : 0;
  int best = 0;
  int best_covered = covered;
  for (int base = 1; base < banks; ++base) {  // slide the window by one
    covered -= left[static_cast<std::size_t>(base - 1)] > 0 ? 1 : 0;
    covered += left[static_cast<std::size_t>((base + rows - 1) % banks)] > 0 ? 1 : 0;
    if (covered > best_covered) {
      best_covered = covered;
      best = base;
    }
  }
  return best;
}

}  // namespace

std::vector<Tile> pack_tiles(const std::vector<TileRow>& elements, int rows, int banks) {
  std::vector<std::vector<const TileRow*>> bucket(static_cast<std::size_t>(banks));
  for (const TileRow& e : elements) bucket[static_cast<std::size_t>(residue(e.offset, banks))].push_back(&e);
  std::vector<int> left;
  for (const auto& b : bucket) left.push_back(static_cast<int>(b.size()));
  std::vector<Tile> tiles;
  for (std::size_t placed = 0; placed < elements.size();) {
    Tile tile{.base = best_base(left, rows), .rows = std::vector<TileRow>(static_cast<std::size_t>(rows))};
    for (int r = 0; r < rows; ++r) {
      const auto b = static_cast<std::size_t>((tile.base + r) % banks);
      if (left[b] == 0) continue;
      tile.rows[static_cast<std::size_t>(r)] =
          *bucket[b][bucket[b].size() - static_cast<std::size_t>(left[b])];
      tile.rows[static_cast<std::size_t>(r)].used = true;
      --left[b];
      ++placed;
    }
    tiles.push_back(std::move(tile));
  }
  return tiles;
}

int count_tiles(const std::vector<int>& offsets, int rows, int banks) {
  std::vector<int> left(static_cast<std::size_t>(banks));
  for (const int o : offsets) ++left[static_cast<std::size_t>(residue(o, banks))];
  int tiles = 0;
  for (std::size_t placed = 0; placed < offsets.size(); ++tiles) {
    const int base = best_base(left, rows);
    for (int r = 0; r < rows; ++r) {
      int& n = left[static_cast<std::size_t>((base + r) % banks)];
      if (n == 0) continue;
      --n;
      ++placed;
    }
  }
  return tiles;
}

}  // namespace offramp::accel
