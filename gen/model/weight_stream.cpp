#include "model/weight_stream.h"

#include <algorithm>
#include <cmath>

#include "accel/timing.h"
#include "accel/weight_store.h"

namespace offramp::model {
namespace {

// Cycles in the hardware from a restart or a free slot to the address on the bus, and from the last beat to
// the engine's leave to take the tile.
constexpr double kRequestCycles = 4;
constexpr double kArrivalCycles = 2;

}  // namespace

WeightStream::WeightStream(const accel::EnginePlan& engine, const accel::WeightMemory& memory)
    : tiles_(0),
      slots_(static_cast<std::size_t>(engine.ring_tiles)),
      latency_(memory.latency + kRequestCycles + kArrivalCycles),
      held_(accel::kWeightLoadCycle + engine.shape.rows + 2) {
  for (const accel::LayerPlan& l : engine.layers) {
    if (l.streamed) tiles_ += l.tile_passes();
  }
  beats_ = accel::tile_beats(engine, engine.beat_bits).beats_per_tile();
  first_beat_ = 1 + std::int64_t{engine.resident_tiles} * beats_;
  burst_ = accel::weight_burst_beats(engine.beat_bits);
  cycles_per_tile_ = beats_ * 256.0 / memory.beats_per_256;
  restart(0);
}

void WeightStream::restart(double cycle) {
  // What was asked for until now still comes, before anything that is asked for next.
  for (std::size_t slot = 0; slot < freed_.size(); ++slot) {
    if (next_ == tiles_) {
      if (arrived_ + kRequestCycles >= cycle) break;
      arrived_ += latency_;
      next_ = 0;
    }
    const std::size_t last = last_of_burst(next_, slot);
    if (last >= freed_.size() || freed_[last] + kRequestCycles >= cycle) break;
    arrived_ = std::max(arrived_, freed_[last] + latency_) + cycles_per_tile_;
    ++next_;
  }
  next_ = 0;
  arrived_ = std::max(arrived_, cycle + latency_);
  freed_.assign(slots_, cycle);
}

std::size_t WeightStream::last_of_burst(std::int64_t tile, std::size_t slot) const {
  const std::int64_t last_beat = first_beat_ + (tile + 1) * beats_ - 1;
  const std::int64_t burst_end = (last_beat / burst_ + 1) * burst_ - 1;
  const std::int64_t last_tile = std::min((burst_end - first_beat_) / beats_, tiles_ - 1);
  return slot + static_cast<std::size_t>(last_tile - tile);
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
