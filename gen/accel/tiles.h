#pragma once
// Packs the elements of a reduction into weight tiles.
//
// An engine reads `banks` elements a cycle, one from each memory bank, and turns them so that row r gets bank
// (address + base + r) mod banks. A tile is therefore any set of elements whose offsets fall, mod banks, into
// the window base .. base + rows - 1, each residue once. Where kernel rows lie `row_pitch` apart and
// row_pitch is congruent to kernel_w * channels, consecutive elements have consecutive residues and a tile is
// full.
#include <vector>

#include "accel/accelerator.h"

namespace offramp::accel {

/// Packs `elements` (offsets set, used or not ignored) into tiles for `rows` rows over `banks` banks (a power
/// of two, banks >= rows). Row r of a tile holds the element with offset = base + r mod banks.
[[nodiscard]] std::vector<Tile> pack_tiles(const std::vector<TileRow>& elements, int rows, int banks);

/// The number of tiles that pack_tiles would give.
[[nodiscard]] int count_tiles(const std::vector<int>& offsets, int rows, int banks);

}  // namespace offramp::accel
