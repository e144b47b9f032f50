#include "quant/quantize_weights.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "fixed/requant.h"

namespace offramp::quant {
namespace {

// A bias of more steps than this would make accumulators wide for no gain in accuracy: such a channel's
// weights hardly count beside its bias, and get a coarser scale instead.
constexpr double kMostBiasSteps = 1 << 30;

double squared_error(std::span<const float> weights, double scale, std::int64_t top) {
  double error = 0;
  for (const float w : weights) {
    const double q = std::clamp(std::round(static_cast<double>(w) / scale), -static_cast<double>(top),
                                static_cast<double>(top));
    error += (w - q * scale) * (w - q * scale);
  }
  return error;
}

double best_scale(std::span<const float> weights, double largest, int bits) {
  const std::int64_t top = fixed::range_of(bits, true).hi;
  const double whole = largest / static_cast<double>(top);
  if (bits >= 8) return whole;
  double best = whole;
  double least_error = std::numeric_limits<double>::infinity();
  for (int part = 64; part >= 24; --part) {
    const double scale = whole * part / 64;
    const double error = squared_error(weights, scale, top);
    if (error < least_error) {
      least_error = error;
      best = scale;
    }
  }
  return best;
}

/// std::llround for values far below 2^52, inline: this runs for each weight of the network.
std::int64_t nearest(double value) {
  const auto whole = static_cast<std::int64_t>(value);
  const double rest = value - static_cast<double>(whole);  // exact
  return whole + (rest >= 0.5 ? 1 : 0) - (rest <= -0.5 ? 1 : 0);
}

}  // namespace

ChannelWeights quantize_channel(std::span<const float> weights, float bias, int bits, double input_scale) {
  double largest = 0;
  for (const float w : weights) largest = std::max(largest, std::abs(static_cast<double>(w)));
  const bool one_size = std::all_of(weights.begin(), weights.end(), [&](float w) {
    return w == 0 || std::abs(static_cast<double>(w)) == largest;
  });

  ChannelWeights channel;
  if (largest == 0) {
    channel.scale = bias == 0 ? 1 : std::abs(bias) / input_scale / 32768;
  } else {
    channel.scale = one_size && bias == 0 ? largest : best_scale(weights, largest, bits);
    channel.scale =
        std::max(channel.scale, std::abs(static_cast<double>(bias)) / input_scale / kMostBiasSteps);
  }
  const fixed::Range range = fixed::range_of(bits, true);
  channel.values.reserve(weights.size());
  for (const float w : weights) {
    const std::int64_t q = nearest(static_cast<double>(w) / channel.scale);
    channel.values.push_back(static_cast<std::int32_t>(std::clamp(q, -range.hi, range.hi)));
  }
  channel.bias = std::llround(static_cast<double>(bias) / (input_scale * channel.scale));
  return channel;
}

}  // namespace offramp::quant
