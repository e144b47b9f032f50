#pragma once
// When a stream's partner is not ready: the four habits that find different bugs. Single bubbles find
// registers that lose a beat, long stalls find buffers that are too small, bursts find both ends of a full
// and an empty buffer.
#include <cstdint>

#include "verif/random.h"

namespace offramp::verif {

enum class StallProfile : std::uint8_t {
  none,    // never stalls
  light,   // one cycle in eight
  heavy,   // seven cycles in eight
  bursty,  // runs of 1 to 64 cycles, stalled and not in turn
  mixed,   // one of the above, chosen anew every 1 to 256 cycles
};

class StallPattern {
 public:
  explicit StallPattern(StallProfile profile, std::uint64_t seed)
      : profile_(profile), now_(profile), random_(seed) {}

  /// Whether this cycle is stalled; to be asked once a cycle.
  bool stall();

  /// Starts the sequence of another seed.
  void restart(std::uint64_t seed);

 private:
  StallProfile profile_;
  StallProfile now_;  // of `mixed`, the one in force
  Random random_;
  std::uint64_t until_change_ = 0;
  std::uint64_t run_ = 0;  // of `bursty`, cycles left
  bool stalled_ = false;
};

}  // namespace offramp::verif
