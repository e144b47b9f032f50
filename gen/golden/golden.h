#pragma once
// The golden fixed-point reference: runs a quantized network exactly.
#include <cstdint>
#include <span>
#include <vector>

#include "quant/qnetwork.h"

namespace offramp::golden {

/// Integer values of one tensor in (row, column, channel) order.
using Tensor = std::vector<std::int32_t>;

/// Every tensor of one sample (index = tensor index) and every exit's decision, whether or not it would be
/// reached.
struct Trace {
  std::vector<Tensor> tensors;
  std::vector<fixed::Decision> decisions;
  /// The exit taken: the first confident one, else the last.
  int exit = 0;
  int predicted = 0;
};

/// Plain loops, to be seen to be right. `pixels` in (row, column, channel) order.
[[nodiscard]] Trace run_simple(const quant::QNetwork& network, std::span<const std::uint8_t> pixels);

/// The same bits, fast: batches, int8 GEMM, several images at a time.
class FastGolden {
 public:
  explicit FastGolden(const quant::QNetwork& network);
  ~FastGolden();
  FastGolden(const FastGolden&) = delete;
  FastGolden& operator=(const FastGolden&) = delete;
  /// All tensors of `count` consecutive images.
  [[nodiscard]] std::vector<Trace> run(const std::uint8_t* pixels, std::size_t count) const;
  /// Decisions, exit and class only (tensors left empty): what accuracy over a whole test set needs.
  [[nodiscard]] std::vector<Trace> decide(const std::uint8_t* pixels, std::size_t count) const;

 private:
  struct Impl;
  Impl* impl_;
};

}  // namespace offramp::golden
