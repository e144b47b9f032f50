#pragma once
// Small random integer networks for tests: every layer type, odd shapes, all number formats, exits. Their
// values stay alive: requantization spreads each layer's typical accumulator over its output range, so that a
// wrong bit anywhere shows at the logits.
#include <cstdint>
#include <vector>

#include "quant/qnetwork.h"

namespace offramp::quant {

struct RandomNetworkOptions {
  int max_map = 10;  // largest height and width of the input
  int max_channels = 8;
  int max_layers = 5;  // of the backbone, without its classifier
  int max_early_exits = 2;
  int max_classes = 10;
  bool adds = true;    // QAdd of two maps
  bool groups = true;  // grouped and depthwise convolutions
  bool max_pools = true;
  int min_weight_bits = 2, max_weight_bits = 16;
  int min_activation_bits = 2, max_activation_bits = 16;
};

/// The same seed and options give the same network on every machine. The result passes `check_network`.
[[nodiscard]] QNetwork random_network(std::uint64_t seed, const RandomNetworkOptions& options = {});

/// Uniform random pixels for the network's input, in (row, column, channel) order.
[[nodiscard]] std::vector<std::uint8_t> random_image(const QNetwork& network, std::uint64_t seed);

}  // namespace offramp::quant
