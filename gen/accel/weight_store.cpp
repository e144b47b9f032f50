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
  return l.tile_passes();
}

/// Layers in the order in which staying on the chip gains most: the first, so that a sample begins while its
/// other weights are on their way, then those with the least work a tile.
std::vector<std::size_t> by_gain(const EnginePlan& engine) {
  std::vector<std::size_t> order(engine.layers.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  const auto work = [&](const LayerPlan& l) { return l.issue_cycles * (l.grouped ? engine.images : 1); };
  // The layers behind a group run image by image and must stay.
  const auto stays = [&](std::size_t i) {
    return i == 0 || (engine.images > 1 && static_cast<int>(i) >= engine.final_first);
  };
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    if (stays(a) != stays(b)) return stays(a);
    const LayerPlan& x = engine.layers[a];
    const LayerPlan& y = engine.layers[b];
    return work(x) * tiles_of(y) < work(y) * tiles_of(x);
  });
  return order;
}

/// A ring that covers the memory's latency.
std::int64_t least_ring_tiles(const WeightMemory& memory, const EnginePlan& engine) {
  const std::int64_t beats = tile_beats(engine, memory.beat_bits).beats_per_tile();
  return std::max<std::int64_t>(4, (kLeastRingBeats + beats - 1) / beats);
}

}  // namespace

Group choose_group(const WeightMemory& memory, const EnginePlan& engine) {
  Group group;
  if (memory.images < 2 || engine.beat_bits == 0) return group;
  const int layers = static_cast<int>(engine.layers.size());
  group.last = layers - 1;
  group.first = group.last;
  const auto at = [&](int i) -> const LayerPlan& { return engine.layers[static_cast<std::size_t>(i)]; };
  // Twice: layers that come close to waiting gain as well, since the memory's rate is not steady.
  const std::int64_t tile_cycles =
      2 * std::int64_t{tile_beats(engine, memory.beat_bits).beats_per_tile()} * 256 / memory.beats_per_256;
  while (group.first > 1 && at(group.first - 1).exit < 0 && at(group.first - 1).in.tensor != 0 &&
         at(group.first - 1).issue_cycles < tile_cycles * tiles_of(at(group.first - 1))) {
    --group.first;
  }
  // The layers behind the group run image by image: their weights must find room, as the first layer's.
  const std::int64_t tile_bits = std::int64_t{engine.shape.rows} * engine.shape.columns * engine.weight_bits;
  const std::int64_t needed =
      tiles_of(engine.layers.front()) + tiles_of(engine.layers.back()) + least_ring_tiles(memory, engine);
  if (group.first < group.last && needed * tile_bits <= memory.store_bits) group.images = memory.images;
  return group;
}

void plan_weight_store(const WeightMemory& memory, EnginePlan& engine) {
  const ArrayShape& shape = engine.shape;
  const std::int64_t tile_bits = std::int64_t{shape.rows} * shape.columns * engine.weight_bits;
  const std::int64_t all =
      std::accumulate(engine.layers.begin(), engine.layers.end(), std::int64_t{0},
                      [](std::int64_t sum, const LayerPlan& l) { return sum + tiles_of(l); });
  if (memory.store_bits == 0 || all * tile_bits <= memory.store_bits) return;

  const int row_bits = shape.columns * engine.weight_bits;
  if (row_bits > memory.beat_bits) {
    throw Error(
        fmt::format("the array {}x{}x{} takes rows of {} weight bits and the memory port gives {} bits a "
                    "beat; choose fewer "
                    "columns or a wider port",
                    shape.rows, shape.columns, shape.lanes, row_bits, memory.beat_bits));
  }
  const std::int64_t least_ring = least_ring_tiles(memory, engine);
  const std::int64_t room = memory.store_bits / tile_bits;
  if (room < least_ring + tiles_of(engine.layers.front())) {
    throw Error(
        fmt::format("weights of {} bits do not fit the {} bits on the chip, and those are too few to stream "
                    "them: the first "
                    "layer and a ring of {} tiles need {} bits; choose a larger target or a smaller array",
                    all * tile_bits, memory.store_bits, least_ring,
                    (least_ring + tiles_of(engine.layers.front())) * tile_bits));
  }
  std::int64_t resident = 0;
  for (LayerPlan& l : engine.layers) l.streamed = true;
  for (LayerPlan& l : engine.layers) {
    // What is streamed comes in order and is not passed over.
    if (engine.skip_after == 0 || l.branch < 0) continue;
    l.streamed = false;
    resident += tiles_of(l);
    if (resident + least_ring > room) {
      throw Error(
          fmt::format("branches that can be skipped keep their weights on the chip, and those up to '{}' "
                      "take {} bits of the "
                      "{} that there are beside a ring of {} tiles; choose a larger target, smaller "
                      "branches, or generate "
                      "without --prune",
                      l.name, resident * tile_bits, (room - least_ring) * tile_bits, least_ring));
    }
  }
  for (const std::size_t i : by_gain(engine)) {
    LayerPlan& l = engine.layers[i];
    if (!l.streamed) continue;
    if (resident + tiles_of(l) + least_ring > room) continue;
    l.streamed = false;
    resident += tiles_of(l);
  }
  engine.beat_bits = memory.beat_bits;
  engine.resident_tiles = static_cast<int>(resident);
  engine.ring_tiles = static_cast<int>(std::min(room, all) - resident);
}

}  // namespace offramp::accel
