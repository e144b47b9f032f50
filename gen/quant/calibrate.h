#pragma once
#include <string>
#include <vector>

#include "net/dataset.h"
#include "net/network.h"
#include "quant/histogram.h"

namespace offramp::quant {

/// Values of every node over the calibration images, and where those came from.
struct Calibration {
  std::vector<Histogram> nodes;
  std::string description;
};

/// Runs `images` images, taken evenly from the split, in float; `split` null: seeded synthetic images.
/// Throws offramp::Error where the images do not have the network's input shape or a value is not finite.
[[nodiscard]] Calibration calibrate(const net::Network& network, const net::Split* split, std::size_t images);

}  // namespace offramp::quant
