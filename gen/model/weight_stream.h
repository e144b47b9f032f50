#pragma once
// When tiles that stream from external memory arrive: the ring and the read master by tile, the memory by its
// mean latency and its bandwidth.
#include <cstdint>
#include <deque>

#include "accel/accelerator.h"

namespace offramp::model {

class WeightStream {
 public:
  explicit WeightStream(const accel::EnginePlan& engine, const accel::WeightMemory& memory);

  /// The ring is emptied in this cycle and the stream begins anew.
  void restart(double cycle);
  /// The engine wants the next streamed tile in this cycle; gives the cycle in which it gets it.
  [[nodiscard]] std::int64_t take(std::int64_t cycle);

 private:
  double arrival();  // of the next tile
  /// Of the slots in freed_, the one that must be free too before tile `tile` in slot `slot` is asked for: a
  /// burst is asked for when there is room for all of it.
  [[nodiscard]] std::size_t last_of_burst(std::int64_t tile, std::size_t slot) const;

  std::int64_t tiles_;        // that stream for a sample
  std::size_t slots_;         // of the ring
  double latency_;            // from a request's cause to its first beat
  int beats_;                 // of a tile
  std::int64_t first_beat_;   // of the streamed tiles, in the image
  int burst_;                 // beats of the longest burst
  double cycles_per_tile_;    // at the memory's bandwidth
  int held_;                  // cycles from a take until its slot is free
  std::int64_t next_ = 0;     // of the sample's streamed tiles
  double arrived_ = 0;        // the tile before
  std::deque<double> freed_;  // by slot: the cycle in which the tile before left it
};

}  // namespace offramp::model
