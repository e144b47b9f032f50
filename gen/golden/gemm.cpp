#include "golden/gemm.h"

#include <omp.h>
#include <oneapi/dnnl/dnnl.h>

#include <algorithm>
#include <numeric>
#include <stdexcept>

namespace offramp::golden {
namespace {

constexpr std::int64_t kFloatLimit = std::int64_t{1} << 24;
/// Pieces of a sum shorter than this are not worth a call.
constexpr int kShortestPiece = 16;

bool has_vnni() {
  // Every instruction set that holds AVX-512 VNNI; what the smaller sets do is not promised by the library.
  const auto isa = static_cast<unsigned>(dnnl_get_effective_cpu_isa());
  const auto vnni = static_cast<unsigned>(dnnl_cpu_isa_avx512_core_vnni);
  return isa != static_cast<unsigned>(dnnl_cpu_isa_all) && (isa & vnni) == vnni;
}

std::int64_t magnitude(fixed::Range x) {
  return std::max(-x.lo, x.hi);
}

/// Cuts 0 .. depth so that in each piece every row's sum of magnitudes stays below 2^24. Empty if one term
/// exceeds it.
std::vector<int> float_pieces(std::span<const std::int32_t> weights, int rows, int depth, fixed::Range x) {
  std::vector<std::int64_t> sums(static_cast<std::size_t>(rows), 0);
  std::vector<int> pieces{0};
  for (int k = 0; k < depth; ++k) {
    const auto term = [&](int n) {
      return std::abs(std::int64_t{weights[static_cast<std::size_t>(n) * static_cast<std::size_t>(depth) +
                                           static_cast<std::size_t>(k)]}) *
             magnitude(x);
    };
    bool fits = true;
    for (int n = 0; n < rows; ++n) {
      if (term(n) >= kFloatLimit) return {};
      fits = fits && sums[static_cast<std::size_t>(n)] + term(n) < kFloatLimit;
    }
    if (!fits) {
      pieces.push_back(k);
      std::fill(sums.begin(), sums.end(), 0);
    }
    for (int n = 0; n < rows; ++n) sums[static_cast<std::size_t>(n)] += term(n);
  }
  pieces.push_back(depth);
  return pieces;
}

void check(dnnl_status_t status) {
  if (status != dnnl_success)
    throw std::runtime_error("oneDNN refused a matrix product, status " + std::to_string(status));
}

}  // namespace

bool Gemm::exact_with(Kernel kernel, std::span<const std::int32_t> weights, int rows, int depth,
                      fixed::Range x) {
  switch (kernel) {
    case Kernel::integer:
      return true;
    case Kernel::float32: {
      const std::vector<int> pieces = float_pieces(weights, rows, depth, x);
      return !pieces.empty() &&
             (pieces.size() == 2 || depth / (static_cast<int>(pieces.size()) - 1) >= kShortestPiece);
    }
    case Kernel::int8:
      break;
  }
  if (x.hi - x.lo > 255 || x.lo < -128 || (x.lo == 0 && x.hi > 255)) return false;
  std::int64_t largest = 0;
  for (const std::int32_t w : weights) {
    if (w < -128 || w > 127) return false;
    largest = std::max(largest, std::abs(std::int64_t{w}));
  }
  // Signed operands are given 128 more, so they count as 255.
  const std::int64_t operand = x.lo < 0 ? 255 : x.hi;
  if (largest * operand * depth >= std::int64_t{1} << 31) return false;
  return has_vnni() || 2 * largest * operand <= 32767;
}

Gemm::Gemm(std::span<const std::int32_t> weights, int rows, int depth, fixed::Range x)
    : rows_(rows), depth_(depth), x_(x), kernel_(Kernel::integer) {
  for (const Kernel k : {Kernel::float32, Kernel::int8}) {
    if (exact_with(k, weights, rows, depth, x)) kernel_ = k;
  }
  prepare(weights);
}

Gemm::Gemm(std::span<const std::int32_t> weights, int rows, int depth, fixed::Range x, Kernel kernel)
    : rows_(rows), depth_(depth), x_(x), kernel_(kernel) {
  prepare(weights);
}

void Gemm::prepare(std::span<const std::int32_t> weights) {
  switch (kernel_) {
    case Kernel::int8:
      for (const std::int32_t w : weights) bytes_.push_back(static_cast<std::int8_t>(w));
      for (int n = 0; n < rows_; ++n) {
        const auto row = weights.subspan(static_cast<std::size_t>(std::int64_t{n} * depth_),
                                         static_cast<std::size_t>(depth_));
        weight_sums_.push_back(std::accumulate(row.begin(), row.end(), std::int64_t{0}));
      }
      break;
    case Kernel::float32:
      for (const std::int32_t w : weights) floats_.push_back(static_cast<float>(w));
      pieces_ = float_pieces(weights, rows_, depth_, x_);
      break;
    case Kernel::integer:
      integers_.assign(weights.begin(), weights.end());
      break;
  }
}

void Gemm::multiply(const std::uint8_t* x, int columns, std::int64_t* acc) const {
  // The library's unsigned operand is the left one, so this computes the transposed product.
  std::vector<std::int32_t> c(static_cast<std::size_t>(rows_) * static_cast<std::size_t>(columns));
  const std::int32_t zero = 0;
  check(dnnl_gemm_u8s8s32('T', 'T', 'F', columns, rows_, depth_, 1.0F, x, columns, 0, bytes_.data(), depth_,
                          0, 0.0F, c.data(), rows_, &zero));
  for (int n = 0; n < rows_; ++n) {
    const std::int64_t too_much = offset() * weight_sums_[static_cast<std::size_t>(n)];
    for (int m = 0; m < columns; ++m) {
      acc[std::int64_t{n} * columns + m] =
          c[static_cast<std::size_t>(std::int64_t{m} * rows_ + n)] - too_much;
    }
  }
}

void Gemm::multiply(const float* x, int columns, std::int64_t* acc) const {
  std::vector<float> c(static_cast<std::size_t>(rows_) * static_cast<std::size_t>(columns));
  for (std::size_t p = 0; p + 1 < pieces_.size(); ++p) {
    const int first = pieces_[p];
    check(dnnl_sgemm('N', 'N', rows_, columns, pieces_[p + 1] - first, 1.0F, floats_.data() + first, depth_,
                     x + std::int64_t{first} * columns, columns, 0.0F, c.data(), columns));
    for (std::size_t i = 0; i < c.size(); ++i) {
      const auto sum = static_cast<std::int32_t>(c[i]);
      acc[i] = p == 0 ? sum : acc[i] + sum;
    }
  }
}

void Gemm::multiply(const std::int32_t* x, int columns, std::int64_t* acc) const {
  std::fill(acc, acc + std::int64_t{rows_} * columns, 0);
  for (int n = 0; n < rows_; ++n) {
    std::int64_t* const sums = acc + std::int64_t{n} * columns;
    for (int k = 0; k < depth_; ++k) {
      const std::int64_t w = integers_[static_cast<std::size_t>(std::int64_t{n} * depth_ + k)];
      if (w == 0) continue;
      const std::int32_t* const row = x + std::int64_t{k} * columns;
      for (int m = 0; m < columns; ++m) sums[m] += w * row[m];
    }
  }
}

OneThread::OneThread() : before_(omp_get_max_threads()) {
  omp_set_num_threads(1);
}
OneThread::~OneThread() {
  omp_set_num_threads(before_);
}

}  // namespace offramp::golden
