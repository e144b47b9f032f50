#pragma once
// Magnitudes of a tensor's values over the calibration images, and the range to quantize them with.
#include <array>
#include <cstdint>

namespace offramp::quant {

class Histogram {
 public:
  void add(float value);
  [[nodiscard]] double largest() const { return largest_; }
  /// The end of the range whose quantization to integers up to `top` has the least squared error: the largest
  /// value, or less where many small values gain more than a few large ones lose. 0 where all values are 0.
  [[nodiscard]] double best_clip(std::int64_t top) const;

 private:
  static constexpr std::size_t kBins = 4096;
  std::array<std::uint32_t, kBins> bins_{};
  double width_ = 0;  // of a bin; doubles when a value lies beyond the last
  double largest_ = 0;
};

}  // namespace offramp::quant
