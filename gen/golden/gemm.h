#pragma once
// Integer matrix products that are exact on every CPU: acc[n][m] = sum over k of w[n][k] * x[k][m]. The
// fastest of three kernels whose answer is proved exact for the actual weights:
//   int8     oneDNN's 8-bit product. CPUs without VNNI add pairs of products in 16 bits and saturate, and say
//            nothing; so it is taken where the CPU has VNNI or no pair can overflow. Signed operands are
//            offset to unsigned here: dnnl_gemm_s8s8s32 of oneDNN 2.6.3 gave wrong sums on a CPU without VNNI
//            (255 for 63 * 127 + 63 * 127).
//   float32  oneDNN's float product. Integers below 2^24 are exact in float, whatever the order of the sum; a
//            longer sum is cut into pieces that stay below.
//   integer  loops.
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "fixed/requant.h"

namespace offramp::golden {

enum class Kernel : std::uint8_t { int8, float32, integer };

class Gemm {
 public:
  /// weights[n][k] for operands in `x`; chooses the kernel.
  Gemm(std::span<const std::int32_t> weights, int rows, int depth, fixed::Range x);
  /// The same with a given kernel, for tests; `exact_with` says whether its answer can be trusted.
  Gemm(std::span<const std::int32_t> weights, int rows, int depth, fixed::Range x, Kernel kernel);

  /// Whether the kernel's answer is exact for these weights and operands, on this CPU.
  [[nodiscard]] static bool exact_with(Kernel kernel, std::span<const std::int32_t> weights, int rows,
                                       int depth, fixed::Range x);

  [[nodiscard]] Kernel kernel() const { return kernel_; }
  [[nodiscard]] int rows() const { return rows_; }
  [[nodiscard]] int depth() const { return depth_; }
  /// Added to every operand that the int8 kernel is given, because oneDNN wants unsigned ones.
  [[nodiscard]] int offset() const { return kernel_ == Kernel::int8 && x_.lo < 0 ? 128 : 0; }

  /// Operands are [k][m], one type a kernel; acc is [n][m].
  void multiply(const std::uint8_t* x, int columns, std::int64_t* acc) const;  // int8, x unsigned
  void multiply(const std::int8_t* x, int columns, std::int64_t* acc) const;   // int8, x signed
  void multiply(const float* x, int columns, std::int64_t* acc) const;         // float32
  void multiply(const std::int32_t* x, int columns, std::int64_t* acc) const;  // integer

 private:
  void prepare(std::span<const std::int32_t> weights);

  int rows_;
  int depth_;
  fixed::Range x_;
  Kernel kernel_;
  std::vector<std::int32_t> integers_;
  std::vector<std::int8_t> bytes_;
  std::vector<std::int64_t> weight_sums_;  // int8: by row, what offset() is multiplied by
  std::vector<float> floats_;
  std::vector<int> pieces_;  // float32: first k of each piece, and the end
};

/// Runs oneDNN on the calling thread alone while it lives.
class OneThread {
 public:
  OneThread();
  ~OneThread();
  OneThread(const OneThread&) = delete;
  OneThread& operator=(const OneThread&) = delete;

 private:
  int before_;
};

}  // namespace offramp::golden
