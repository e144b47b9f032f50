#include "verif/stall_pattern.h"

namespace offramp::verif {

void StallPattern::restart(std::uint64_t seed) {
  *this = StallPattern(profile_, seed);
}

bool StallPattern::stall() {
  if (profile_ == StallProfile::mixed && until_change_-- == 0) {
    now_ = static_cast<StallProfile>(random_.below(4));
    until_change_ = random_.below(256);
  }
  switch (now_) {
    case StallProfile::light:
      return random_.one_in(8);
    case StallProfile::heavy:
      return !random_.one_in(8);
    case StallProfile::bursty:
      if (run_ == 0) {
        stalled_ = !stalled_;
        run_ = 1 + random_.below(64);
      }
      --run_;
      return stalled_;
    case StallProfile::none:
    case StallProfile::mixed:
      break;
  }
  return false;
}

}  // namespace offramp::verif
