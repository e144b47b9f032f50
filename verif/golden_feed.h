#pragma once
// What the golden reference says of each sample of a run, computed a few at a time as the simulation comes to
// them.
#include <cstdint>
#include <map>
#include <vector>

#include "accel/accelerator.h"
#include "golden/golden.h"
#include "net/dataset.h"

namespace offramp::verif {

/// A sample as the hardware has to compute it.
struct ExpectedSample {
  std::size_t image = 0;  // in the data set
  golden::Trace trace;
  int exit = 0;  // the one taken: the last in a static design, whatever the early ones would say
  int predicted = 0;
};

class GoldenFeed {
 public:
  /// `images` of `data`, in the order in which they are sent.
  GoldenFeed(const accel::Accelerator& accelerator, const net::Split& data, std::vector<std::size_t> images);

  [[nodiscard]] std::size_t size() const { return images_.size(); }
  [[nodiscard]] std::size_t image(std::size_t n) const { return images_[n]; }
  /// Sample n. The reference stays valid until forget(m) with m > n.
  [[nodiscard]] const ExpectedSample& at(std::size_t n);
  /// Sample n as it is with other thresholds, from now on.
  const ExpectedSample& decide_by(std::size_t n, const std::vector<std::uint64_t>& thresholds);
  /// Samples before n will not be asked for again, apart from those near it that may still be in flight.
  void forget(std::size_t n);

 private:
  ExpectedSample& sample(std::size_t n);

  static constexpr std::size_t kChunk = 16;

  const accel::Accelerator& accelerator_;
  const net::Split& data_;
  std::vector<std::size_t> images_;
  golden::FastGolden golden_;
  std::map<std::size_t, std::vector<ExpectedSample>> chunks_;  // by n / kChunk
};

}  // namespace offramp::verif
