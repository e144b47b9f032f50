#pragma once
// A float network on blocks of images, by oneDNN. Much faster than net::FloatRunner, whose sums have one
// fixed order; here they have the order of oneDNN's kernels, which is the same on one machine for any number
// of threads.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "net/network.h"

namespace offramp::attach {

/// What is computed is what `wanted` needs. The runner holds the weights; each thread works with a Worker of
/// its own.
class BlockRunner {
 public:
  /// `wanted`: nodes whose outputs are read. `block`: images of one run. Keeps no reference to the network.
  BlockRunner(const net::Network& network, const std::vector<int>& wanted, std::size_t block);
  ~BlockRunner();
  BlockRunner(const BlockRunner&) = delete;
  BlockRunner& operator=(const BlockRunner&) = delete;

  [[nodiscard]] std::size_t block() const;
  /// Multiply-accumulates of one image.
  [[nodiscard]] std::int64_t macs() const;

  class Worker {
   public:
    explicit Worker(const BlockRunner& runner);
    ~Worker();
    Worker(const Worker&) = delete;
    Worker& operator=(const Worker&) = delete;
    /// Up to block() images, each a pointer to pixels in (row, column, channel) order.
    void run(const std::vector<const std::uint8_t*>& images);
    /// Output of the k-th wanted node for image i of the last run, in (channel, row, column) order.
    [[nodiscard]] const float* output(std::size_t k, std::size_t i) const;

   private:
    struct State;
    std::unique_ptr<State> state_;
  };

 private:
  struct Plan;
  std::unique_ptr<Plan> plan_;
};

}  // namespace offramp::attach
