#include "quant/calibrate.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "base/error.h"
#include "net/float_run.h"

namespace offramp::quant {
namespace {

constexpr std::size_t kSyntheticImages = 32;

/// Seeded images for want of real ones: blobs of light on dark, so that both flat and busy regions occur.
net::Split synthetic_images(net::Shape shape) {
  net::Split split;
  split.shape = shape;
  std::mt19937 random(20240229);
  for (std::size_t i = 0; i < kSyntheticImages; ++i) {
    const int cell = 1 << (random() % 4);  // edge of a patch of one brightness
    const int across = (shape.width + cell - 1) / cell;
    const int down = (shape.height + cell - 1) / cell;
    std::vector<std::uint8_t> patches(static_cast<std::size_t>(across) * static_cast<std::size_t>(down) *
                                      static_cast<std::size_t>(shape.channels));
    for (auto& p : patches) p = random() % 2 == 0 ? 0 : static_cast<std::uint8_t>(random() % 256);
    for (int y = 0; y < shape.height; ++y) {
      for (int x = 0; x < shape.width; ++x) {
        for (int c = 0; c < shape.channels; ++c) {
          split.pixels.push_back(
              patches[static_cast<std::size_t>((y / cell * across + x / cell) * shape.channels + c)]);
        }
      }
    }
    split.labels.push_back(0);
  }
  return split;
}

}  // namespace

Calibration calibrate(const net::Network& network, const net::Split* split, std::size_t images) {
  const net::Shape shape = network.nodes[0].shape;
  if (split != nullptr && split->shape != shape) {
    throw Error(fmt::format(
        "network '{}' takes {}x{}x{} images, the calibration images are {}x{}x{} (channels x height x "
        "width); give a data set that fits (--data)",
        network.name, shape.channels, shape.height, shape.width, split->shape.channels, split->shape.height,
        split->shape.width));
  }
  if (split != nullptr && (split->size() == 0 || images == 0)) {
    throw Error("network '" + network.name +
                "': no calibration images; give a data set with a training split (--data)");
  }
  const net::Split synthetic = split == nullptr ? synthetic_images(shape) : net::Split{};
  const net::Split& source = split == nullptr ? synthetic : *split;
  const std::size_t count = split == nullptr ? source.size() : std::min(images, source.size());

  Calibration result;
  result.nodes.resize(network.nodes.size());
  result.description =
      split == nullptr
          ? fmt::format(
                "{} synthetic images (no data set was given: accuracy is not to be judged by this network)",
                count)
          : fmt::format("{} of {} training images", count, source.size());
  net::FloatRunner runner(network);
  for (std::size_t i = 0; i < count; ++i) {
    const net::FloatOutputs& outputs = runner.run(source.image(i * source.size() / count));
    for (std::size_t n = 0; n < outputs.size(); ++n) {
      for (const float v : outputs[n]) {
        if (!std::isfinite(v)) {
          throw Error(fmt::format(
              "network '{}': node '{}' gives {} for a calibration image; check the model's weights",
              network.name, network.nodes[n].name, v));
        }
        result.nodes[n].add(v);
      }
    }
  }
  return result;
}

}  // namespace offramp::quant
