#pragma once
// The golden fixed-point reference: runs a quantized network exactly.
#include <cstdint>
#include <memory>
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

/// The same bits, fast: blocks of images, several at a time.
class FastGolden {
 public:
  /// How: bytes with the instructions of AVX-512 VNNI, or planes of int32 with oneDNN's matrix products,
  /// which run any network on any CPU. `fastest` takes bytes where network and CPU allow it.
  enum class Way : std::uint8_t { fastest, planes, bytes };

  explicit FastGolden(const quant::QNetwork& network) : FastGolden(network, Way::fastest) {}
  /// A given way, for tests; throws std::logic_error where it cannot be gone.
  FastGolden(const quant::QNetwork& network, Way way);
  ~FastGolden();
  FastGolden(const FastGolden&) = delete;
  FastGolden& operator=(const FastGolden&) = delete;
  /// Whether Way::bytes can run this network on this CPU.
  [[nodiscard]] static bool runs_on_bytes(const quant::QNetwork& network);
  /// All tensors of `count` consecutive images.
  [[nodiscard]] std::vector<Trace> run(const std::uint8_t* pixels, std::size_t count) const;
  /// Decisions, exit and class only (tensors left empty): what accuracy over a whole test set needs.
  [[nodiscard]] std::vector<Trace> decide(const std::uint8_t* pixels, std::size_t count) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace offramp::golden
