#pragma once
#include <map>
#include <string>

#include "net/dataset.h"
#include "quant/qnetwork.h"

namespace offramp::quant {

struct LayerBits {
  int weights = 8;
  int activations = 8;
};

struct QuantizeOptions {
  LayerBits bits;                               // default for all layers
  std::map<std::string, LayerBits> layer_bits;  // by layer name (`--bits conv1=4/8`); 2 to 16
  int logit_bits = 12;
  std::size_t calibration_images = 512;  // taken evenly from the training split
};

/// Folds, calibrates and quantizes. `data` may be null: then ranges come from a seeded synthetic calibration
/// set and the result says so. Throws offramp::Error for a layer name that does not exist or bits
/// outside 2..16.
[[nodiscard]] QNetwork quantize(const net::Network& network, const net::Split* calibration,
                                const QuantizeOptions& options);

}  // namespace offramp::quant
