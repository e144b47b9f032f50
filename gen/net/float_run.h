#pragma once
// Float reference execution: what calibration and the accuracy of the trained network are measured with. Sums
// are taken in one fixed order without contraction, so every machine gives the same bits.
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "net/network.h"

namespace offramp::net {

/// Every node's output in (channel, row, column) order, by node index.
using FloatOutputs = std::vector<std::vector<float>>;

/// Runs one network on many images; weights are rearranged once.
class FloatRunner {
 public:
  /// Keeps a reference to the network. Throws offramp::Error where shapes and weights do not agree.
  explicit FloatRunner(const Network& network);
  ~FloatRunner();
  FloatRunner(const FloatRunner&) = delete;
  FloatRunner& operator=(const FloatRunner&) = delete;

  /// `pixels` in (row, column, channel) order. The result is valid until the next call.
  const FloatOutputs& run(const std::uint8_t* pixels);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// One image.
[[nodiscard]] FloatOutputs run_float(const Network& network, const std::uint8_t* pixels);

/// `count` consecutive images; `visit` gets each image's index and outputs, in order.
void run_float_batch(const Network& network, const std::uint8_t* pixels, std::size_t count,
                     const std::function<void(std::size_t, const FloatOutputs&)>& visit);

}  // namespace offramp::net
