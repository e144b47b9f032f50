#include "quant/histogram.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace offramp::quant {

void Histogram::add(float value) {
  const double magnitude = std::abs(static_cast<double>(value));
  if (magnitude == 0) return;  // zero is exact at any scale
  if (width_ == 0) width_ = magnitude / (kBins / 2);
  while (magnitude >= width_ * kBins) {
    for (std::size_t i = 0; i < kBins / 2; ++i) bins_[i] = bins_[2 * i] + bins_[2 * i + 1];
    std::fill(bins_.begin() + kBins / 2, bins_.end(), 0U);
    width_ *= 2;
  }
  ++bins_[static_cast<std::size_t>(magnitude / width_)];
  largest_ = std::max(largest_, magnitude);
}

double Histogram::best_clip(std::int64_t top) const {
  double best = largest_;
  double least_error = std::numeric_limits<double>::infinity();
  for (int part = 32; part >= 8; --part) {
    const double clip = largest_ * part / 32;
    const double step = clip / static_cast<double>(top);
    double error = 0;
    for (std::size_t i = 0; i < kBins; ++i) {
      if (bins_[i] == 0) continue;
      const double x = (static_cast<double>(i) + 0.5) * width_;
      double squared = step * step / 12;  // of any rounding finer than the bins
      if (x > clip) {
        squared = (x - clip) * (x - clip);
      } else if (step > 4 * width_) {
        const double rounded = std::min(std::round(x / step), static_cast<double>(top)) * step;
        squared = (x - rounded) * (x - rounded);
      }
      error += bins_[i] * squared;
    }
    if (error < least_error) {
      least_error = error;
      best = clip;
    }
  }
  return best;
}

}  // namespace offramp::quant
