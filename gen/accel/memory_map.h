#pragma once
// Places tensors in a memory by their lifetimes.
#include <vector>

namespace offramp::accel {

/// A tensor's need: alive from step `first` to step `last`, both included.
struct Lifetime {
  int size = 0;
  int first = 0;
  int last = 0;
};

struct Placement {
  std::vector<int> base;  // one a lifetime
  int size = 0;           // of the whole memory
};

/// First fit by decreasing size, bases multiples of `alignment`: no two tensors that live at once overlap.
[[nodiscard]] Placement place(const std::vector<Lifetime>& lifetimes, int alignment);

}  // namespace offramp::accel
