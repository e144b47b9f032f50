#include "model/weight_stream.h"

#include <algorithm>
#include <cmath>

#include "accel/timing.h"

namespace offramp::model {
namespace {

// Cycles in the hardware from a restart or a free slot to the address on the bus, and from the last beat to the
// engine's leave to take the tile.
constexpr double kRequestCycles = 4;
constexpr double kArrivalCycles = 2;

}  // namespace

WeightStream::WeightStream(const accel::EnginePlan& engine, const accel::WeightMemory& memory)
    : tiles_(0),
      slots_(static_cast<std::size_t>(engine.ring_tiles)),
      latency_(memory.latency + kRequestCycles + kArrivalCycles),
      held_(accel::kWeightLoadCycle + engine.shape.rows + 2) {
  for (const accel::LayerPlan& l : engine.layers) {
    if (l.streamed) tiles_ += std::int64_t{l.k_tiles} * l.channel_tiles;
  }
  const int rows_per_beat = engine.beat_bits / (engine.shape.columns * engine.weight_bits);
  const int beats = (engine.shape.rows + rows_per_beat - 1) / rows_per_beat;
  cycles_per_tile_ = beats * 256.0 / memory.beats_per_256;
  restart(0);
}

void WeightStream::restart(double cycle) {
  next_ = 0;
  arrived_ = cycle + latency_;
  freed_.assign(slots_, cycle);
}

double WeightStream::arrival() {
  // The next sample's run is asked for when the last beat of this one's has come.
  const double behind = next_ == 0 ? std::max(arrived_, freed_.front()) : arrived_;
  return std::max(behind, freed_.front() + latency_) + cycles_per_tile_;
}

std::int64_t WeightStream::take(std::int64_t cycle) {
  arrived_ = arrival();
  const auto taken = std::max(cycle, static_cast<std::int64_t>(std::ceil(arrived_)));
  freed_.pop_front();
  freed_.push_back(static_cast<double>(taken + held_));
  if (++next_ == tiles_) {
    next_ = 0;
    arrived_ += latency_;
  }
  return taken;
}

}  // namespace offramp::model
