#include "accel/weight_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <vector>

#include "base/error.h"

namespace offramp::accel {
namespace {

// A ring must cover the memory's latency: at least so many beats.
constexpr int kLeastRingBeats = 256;

std::int64_t tiles_of(const LayerPlan& l) {
  return std::int64_t{l.k_tiles} * l.channel_tiles;
}

/// Layers in the order in which staying on the chip gains most: the first, so that a sample begins while its
/// other weights are on their way, then those with the least work a tile.
std::vector<std::size_t> by_gain(const EnginePlan& engine) {
  std::vector<std::size_t> order(engine.layers.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin() + 1, order.end(), [&](std::size_t a, std::size_t b) {
    const LayerPlan& x = engine.layers[a];
    const LayerPlan& y = engine.layers[b];
    return x.issue_cycles * tiles_of(y) < y.issue_cycles * tiles_of(x);
  });
  return order;
}

}  // namespace

void plan_weight_store(const WeightMemory& memory, EnginePlan& engine) {
  const ArrayShape& shape = engine.shape;
  const std::int64_t tile_bits = std::int64_t{shape.rows} * shape.columns * engine.weight_bits;
  const std::int64_t all = std::accumulate(
      engine.layers.begin(), engine.layers.end(), std::int64_t{0},
      [](std::int64_t sum, const LayerPlan& l) { return sum + tiles_of(l); });
  if (memory.store_bits == 0 || all * tile_bits <= memory.store_bits) return;

  const int row_bits = shape.columns * engine.weight_bits;
  if (row_bits > memory.beat_bits) {
    throw Error(fmt::format(
        "the array {}x{}x{} takes rows of {} weight bits and the memory port gives {} bits a beat; choose fewer "
        "columns or a wider port",
        shape.rows, shape.columns, shape.lanes, row_bits, memory.beat_bits));
  }
  const int rows_per_beat = memory.beat_bits / row_bits;
  const std::int64_t beats = (shape.rows + rows_per_beat - 1) / rows_per_beat;
  const std::int64_t least_ring = std::max<std::int64_t>(4, (kLeastRingBeats + beats - 1) / beats);
  const std::int64_t room = memory.store_bits / tile_bits;
  if (room < least_ring + tiles_of(engine.layers.front())) {
    throw Error(fmt::format(
        "weights of {} bits do not fit the {} bits on the chip, and those are too few to stream them: the first "
        "layer and a ring of {} tiles need {} bits; choose a larger target or a smaller array",
        all * tile_bits, memory.store_bits, least_ring,
        (least_ring + tiles_of(engine.layers.front())) * tile_bits));
  }
  std::int64_t resident = 0;
  for (LayerPlan& l : engine.layers) l.streamed = true;
  for (const std::size_t i : by_gain(engine)) {
    LayerPlan& l = engine.layers[i];
    if (resident + tiles_of(l) + least_ring > room) continue;
    l.streamed = false;
    resident += tiles_of(l);
  }
  engine.beat_bits = memory.beat_bits;
  engine.resident_tiles = static_cast<int>(resident);
  engine.ring_tiles = static_cast<int>(std::min(room, all) - resident);
}

}  // namespace offramp::accel
