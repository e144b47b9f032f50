#pragma once
// Random designs by number: a network of every kind that the family takes, thresholds that let samples leave
// early, late or in turn, and for some a weight store that is too small, so that weights stream.
#include <cstdint>

#include "accel/accelerator.h"
#include "net/dataset.h"

namespace offramp::verif {

/// The network with thresholds in the middle of what the images give: of those that come to an early exit,
/// half leave there; where an exit has a rule for skipping, it skips about half of them.
[[nodiscard]] quant::QNetwork balance_exits(quant::QNetwork network, const net::Split& data);

/// The options with the smallest weight store with which the network can be planned at all.
[[nodiscard]] accel::Options with_smallest_store(const quant::QNetwork& network, accel::Options options);

struct RandomCase {
  quant::QNetwork network;
  accel::Options options;
  net::Split data;
};
/// The same number, strategy, shape and count of images give the same case on every machine. Every network
/// has an early exit at least and can be planned; of every third number the weights stream, unless the array
/// is so large that no network of this kind needs that.
[[nodiscard]] RandomCase random_case(std::uint64_t number, accel::Strategy strategy, accel::ArrayShape shape,
                                     std::size_t images);

}  // namespace offramp::verif
