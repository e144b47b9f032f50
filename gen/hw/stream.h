#pragma once
// Ready/valid streams, by the rules of Amaranth RFC 61 ("Minimal streams"), in our words:
//   1. A transfer happens in a cycle in which valid and ready are both high at the clock edge.
//   2. The producer drives data and valid; the consumer drives ready.
//   3. While valid is low, data means nothing.
//   4. Once valid is high it stays high, with data unchanged, until the transfer happens.
//   5. The producer must not wait for ready before it raises valid.
//   6. ready may depend on valid, combinationally too, and may fall again without a transfer.
//   7. valid is low in reset; ready may have any value then.
#include "hw/value.h"

namespace offramp::hw {

/// `T` is a Value, or a struct of Values that travel together.
template <class T>
struct Stream {
  T data;
  Value valid;
  Value ready;
};

}  // namespace offramp::hw
