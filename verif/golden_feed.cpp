#include "verif/golden_feed.h"

#include <algorithm>

#include "golden/exits.h"

namespace offramp::verif {

GoldenFeed::GoldenFeed(const accel::Accelerator& accelerator, const net::Split& data,
                       std::vector<std::size_t> images)
    : accelerator_(accelerator), data_(data), images_(std::move(images)), golden_(accelerator.network) {}

const ExpectedSample& GoldenFeed::at(std::size_t n) {
  return sample(n);
}

const ExpectedSample& GoldenFeed::decide_by(std::size_t n, const std::vector<std::uint64_t>& thresholds) {
  ExpectedSample& s = sample(n);
  golden::decide_by(accelerator_.network, thresholds, s.trace.decisions);
  s.exit = s.trace.exit = golden::exit_taken(s.trace.decisions);
  s.predicted = s.trace.predicted = s.trace.decisions[static_cast<std::size_t>(s.exit)].top_class;
  return s;
}

ExpectedSample& GoldenFeed::sample(std::size_t n) {
  std::vector<ExpectedSample>& chunk = chunks_[n / kChunk];
  if (chunk.empty()) {
    const std::size_t first = n / kChunk * kChunk;
    const std::size_t count = std::min(kChunk, images_.size() - first);
    const auto elements = static_cast<std::size_t>(data_.shape.elements());
    std::vector<std::uint8_t> pixels;
    for (std::size_t i = 0; i < count; ++i) {
      const std::uint8_t* image = data_.image(images_[first + i]);
      pixels.insert(pixels.end(), image, image + elements);
    }
    std::vector<golden::Trace> traces = golden_.run(pixels.data(), count);
    for (std::size_t i = 0; i < count; ++i) {
      ExpectedSample expected{.image = images_[first + i], .trace = std::move(traces[i])};
      const bool to_the_end = accelerator_.options.strategy == accel::Strategy::static_;
      expected.exit =
          to_the_end ? static_cast<int>(accelerator_.network.exits.size()) - 1 : expected.trace.exit;
      expected.predicted = expected.trace.decisions[static_cast<std::size_t>(expected.exit)].top_class;
      chunk.push_back(std::move(expected));
    }
  }
  return chunk[n % kChunk];
}

void GoldenFeed::forget(std::size_t n) {
  // Results may overtake those of parked samples by less than a chunk.
  const std::size_t chunk = n / kChunk;
  if (chunk > 0) chunks_.erase(chunks_.begin(), chunks_.lower_bound(chunk - 1));
}

}  // namespace offramp::verif
