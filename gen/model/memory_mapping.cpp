#include "model/memory_mapping.h"

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

namespace offramp::model {
namespace {

using netlist::Family;

/// A way in which a cell of the library can be used.
struct Cell {
  bool block = false;
  bool full = false;     // block RAM: both halves
  bool shared = false;   // the port that writes can read its address, too
  int readers = 1;       // ports that only read
  int address_bits = 5;  // at width index 0
  std::array<int, 7> widths{};
  int width_count = 1;
  double cost = 8;
  double per_width = 0;  // part of the cost that goes with the width used
  int luts = 4;          // of a cell, or of a bit used where `by_bit`
  bool by_bit = false;
};

constexpr std::array<int, 7> kBlockWidths = {1, 2, 4, 9, 18, 36, 72};

std::vector<Cell> cells_of(Family family) {
  std::vector<Cell> cells;
  const bool ultra = family == Family::xcup;
  const int scale = ultra ? 2 : 1;  // a slice of UltraScale has eight tables
  const int slice = 4 * scale;
  const auto tables = [&](bool shared, int readers, int bits, int width, double cost, double per_width,
                          bool by_bit, int luts) {
    cells.push_back({.shared = shared,
                     .readers = readers,
                     .address_bits = bits,
                     .widths = {width},
                     .cost = cost,
                     .per_width = per_width,
                     .luts = luts,
                     .by_bit = by_bit});
  };
  const double cost = 8.0 * scale;
  // One port. Cells of a bit each from 64 words on; unused bits are left out.
  tables(true, 0, 5, 8 * scale, cost, cost, false, slice);
  for (int bits = 6; bits <= (ultra ? 9 : 8); ++bits)
    tables(true, 0, bits, (4 * scale) >> (bits - 6), cost, cost, true, 1 << (bits - 6));
  // A port that writes and reads, and one that reads.
  tables(true, 1, 5, 4 * scale, cost, cost, false, slice);
  for (int bits = 6; bits <= (ultra ? 8 : 7); ++bits)
    tables(true, 1, bits, (2 * scale) >> (bits - 6), cost, cost, true, 2 << (bits - 6));
  // The same with three and seven that read.
  tables(true, 3, 5, 2 * scale, ultra ? 16 : 7, ultra ? 16 : 7, false, slice);
  tables(true, 3, 6, scale, ultra ? 16 : 7, ultra ? 16 : 7, false, slice);
  if (ultra) {
    tables(true, 7, 5, 2, 16, 16, false, slice);
    tables(true, 7, 6, 1, 16, 16, false, slice);
  }
  // A port that writes and one that reads.
  tables(false, 1, 5, ultra ? 14 : 6, cost, ultra ? 16 : 7, false, slice);
  tables(false, 1, 6, ultra ? 7 : 3, cost, ultra ? 16 : 7, false, slice);
  for (const bool dual : {true, false}) {
    for (const bool full : {false, true}) {
      cells.push_back({.block = true,
                       .full = full,
                       .shared = dual,
                       .readers = 1,
                       .address_bits = full ? 15 : 14,
                       .widths = kBlockWidths,
                       .width_count = 5 + (full ? 1 : 0) + (dual ? 0 : 1),
                       .cost = full ? 257.0 : 129.0});
    }
  }
  return cells;
}

struct Use {
  double cost = 0;
  MemoryMapping mapping;
};

std::int64_t ceil_div(std::int64_t a, std::int64_t b) {
  return (a + b - 1) / b;
}

/// The cheapest geometry of a kind of cell, or nothing where its ports do not serve the memory.
std::optional<Use> use(const Cell& cell, const MemoryShape& m) {
  if (cell.block && !m.registered) return std::nullopt;
  if (!cell.block && !m.written) return std::nullopt;
  // Ports: reads of the written address go with the write where the cell can do that.
  const int with_write = cell.shared && m.written ? std::min(m.reads_of_written, 1) : 0;
  const int alone = m.reads - with_write;
  int space = cell.readers;
  if (cell.block && cell.shared) space = m.written ? 1 : 2;
  if (alone > 0 && space == 0) return std::nullopt;
  const int copies = alone == 0 ? 1 : static_cast<int>(ceil_div(alone, space));
  std::optional<Use> best;
  double best_cost = 0;
  for (int w = 0; w < cell.width_count; ++w) {
    const int unit = cell.widths[static_cast<std::size_t>(w)];
    int byte = cell.block ? std::min(9, unit) : unit;
    if (!m.written) byte = 1;
    const std::int64_t padded = ceil_div(m.width, byte) * byte;
    const std::int64_t words = std::int64_t{1} << (cell.address_bits - w);
    const std::int64_t banks = ceil_div(m.depth, words);
    const std::int64_t cells = ceil_div(banks * padded, unit);
    const std::int64_t decode = m.written && banks != 1 ? banks : 0;
    const std::int64_t mux = (banks - 1) * m.width * m.reads;
    const double cost = (cell.cost - cell.per_width) * static_cast<double>(cells * copies) +
                        cell.per_width * static_cast<double>(banks * m.width) / unit * copies +
                        0.5 * static_cast<double>(mux) + 0.5 * static_cast<double>(decode) + 2.0 * alone;
    if (best && cost >= best_cost) continue;
    best_cost = static_cast<double>(static_cast<std::int64_t>(cost));  // Yosys keeps it as a whole number
    Use u{.cost = cost, .mapping = {.mux_bits = mux, .decode_bits = decode}};
    if (cell.block) {
      u.mapping.kind = MemoryKind::block_ram;
      u.mapping.bram18 = static_cast<int>(cells * copies * (cell.full ? 2 : 1));
    } else {
      u.mapping.kind = MemoryKind::lookup_tables;
      u.mapping.luts = copies * (cell.by_bit ? banks * m.width * cell.luts : cells * cell.luts);
      if (m.registered) u.mapping.ff = m.width * m.reads;
    }
    best = u;
  }
  return best;
}

}  // namespace

MemoryMapping map_memory(const MemoryShape& m, Family family) {
  // Yosys' costs of a bit in registers: of a memory, and of a ROM, which is logic.
  const double bit = m.written ? 1.0 : 1.0 / 64;
  std::optional<Use> best;
  if (!m.block) {
    Use logic{.cost = bit * static_cast<double>(m.width * m.depth), .mapping = {}};
    logic.mapping.ff = (m.written ? m.width * m.depth : 0) + (m.registered ? m.width * m.reads : 0);
    logic.mapping.mux_bits = (m.depth - 1) * m.width * m.reads;
    logic.mapping.decode_bits = m.written ? m.depth : 0;
    best = logic;
  }
  for (const Cell& cell : cells_of(family)) {
    if (m.block && !cell.block) continue;
    const std::optional<Use> u = use(cell, m);
    if (u && (!best || u->cost < best->cost)) best = u;
  }
  return best ? best->mapping : MemoryMapping{};
}

}  // namespace offramp::model
