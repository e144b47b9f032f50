#pragma once
// What FastGolden runs on: a network's layers over blocks of images, in one of two ways.
#include <cstdint>
#include <memory>

#include "golden/golden.h"

namespace offramp::golden {

class Engine {
 public:
  /// The memory of a run: all tensors of one block.
  struct Values {
    Values() = default;
    Values(const Values&) = delete;
    Values& operator=(const Values&) = delete;
    virtual ~Values() = default;
  };

  virtual ~Engine() = default;
  /// Images that a block holds at most.
  [[nodiscard]] virtual int block() const = 0;
  [[nodiscard]] virtual std::unique_ptr<Values> make_values() const = 0;
  /// Computes all tensors of `images` consecutive images, at most block().
  virtual void run(const std::uint8_t* pixels, int images, Values& values) const = 0;
  /// One tensor of one image of the block last run, in (row, column, channel) order.
  [[nodiscard]] virtual Tensor read(const Values& values, int tensor, int image) const = 0;
};

/// Any network, on any CPU (plane_engine.cpp).
[[nodiscard]] std::unique_ptr<Engine> make_plane_engine(const quant::QNetwork& network);

/// Whether bytes hold all that the network computes (8-bit weights and activations, 32-bit accumulators) and
/// the CPU has AVX-512 VNNI.
[[nodiscard]] bool runs_on_bytes(const quant::QNetwork& network);
/// Such networks (byte_engine.cpp).
[[nodiscard]] std::unique_ptr<Engine> make_byte_engine(const quant::QNetwork& network);

}  // namespace offramp::golden
