#include "net/float_multiply.h"

#include <algorithm>
#include <cstring>
#include <vector>

namespace offramp::net {
namespace {

/// Positions that are worked on together.
constexpr std::size_t kTogether = 16;

using Four = float __attribute__((vector_size(16)));
using Eight = float __attribute__((vector_size(32)));

/// A vector at any address of floats.
template <typename Vector>
struct Anywhere;
template <>
struct Anywhere<Four> {
  using Type = float __attribute__((vector_size(16), aligned(4), may_alias));
};
template <>
struct Anywhere<Eight> {
  using Type = float __attribute__((vector_size(32), aligned(4), may_alias));
};

template <typename Vector>
[[gnu::always_inline]] inline const typename Anywhere<Vector>::Type* at(const float* address) {
  return reinterpret_cast<const typename Anywhere<Vector>::Type*>(address);
}

/// Sums for `Rows` outputs at kTogether positions, in registers; tile[k][kTogether] is what weight k meets.
template <typename Vector, std::size_t Rows>
[[gnu::always_inline]] inline void multiply_rows(const FloatProduct& m, std::size_t n, const float* tile,
                                                 std::size_t position, std::size_t width) {
  constexpr std::size_t kVectors = kTogether * sizeof(float) / sizeof(Vector);
  const float* const weights = m.weights + n * m.depth;
  Vector sums[Rows][kVectors];
#pragma GCC unroll 8
  for (std::size_t r = 0; r < Rows; ++r) {
    float start[kTogether];
    std::fill_n(start, kTogether, m.bias[n + r]);
#pragma GCC unroll 8
    for (std::size_t v = 0; v < kVectors; ++v) sums[r][v] = at<Vector>(start)[v];
  }
  for (std::size_t k = 0; k < m.depth; ++k) {
    Vector x[kVectors];
#pragma GCC unroll 8
    for (std::size_t v = 0; v < kVectors; ++v) x[v] = at<Vector>(tile + k * kTogether)[v];
#pragma GCC unroll 8
    for (std::size_t r = 0; r < Rows; ++r) {
#pragma GCC unroll 8
      for (std::size_t v = 0; v < kVectors; ++v) sums[r][v] += weights[r * m.depth + k] * x[v];
    }
  }
#pragma GCC unroll 8
  for (std::size_t r = 0; r < Rows; ++r) {
    Vector row[kVectors];  // a copy, so that the sums themselves have no address
#pragma GCC unroll 8
    for (std::size_t v = 0; v < kVectors; ++v) row[v] = sums[r][v];
    std::memcpy(m.result + (n + r) * m.positions + position, row, width * sizeof(float));
  }
}

/// All outputs at `width` positions, `Rows` at a time.
template <typename Vector, std::size_t Rows>
[[gnu::always_inline]] inline void multiply_tile(const FloatProduct& m, const float* tile,
                                                 std::size_t position, std::size_t width) {
  std::size_t n = 0;
  for (; n + Rows <= m.outputs; n += Rows) multiply_rows<Vector, Rows>(m, n, tile, position, width);
  for (; n < m.outputs; ++n) multiply_rows<Vector, 1>(m, n, tile, position, width);
}

using Tile = void (*)(const FloatProduct&, const float*, std::size_t, std::size_t);

/// 12 of the 16 registers hold sums.
void tile_of_fours(const FloatProduct& m, const float* tile, std::size_t position, std::size_t width) {
  multiply_tile<Four, 3>(m, tile, position, width);
}

#if defined(__x86_64__)
[[gnu::target("avx2")]] void tile_of_eights(const FloatProduct& m, const float* tile, std::size_t position,
                                            std::size_t width) {
  multiply_tile<Eight, 6>(m, tile, position, width);
}
Tile fastest_tile() {
  return __builtin_cpu_supports("avx2") ? tile_of_eights : tile_of_fours;
}
#else
Tile fastest_tile() {
  return tile_of_fours;
}
#endif

void multiply(const FloatProduct& m, Tile multiply_one) {
  std::vector<float> tile(kTogether * m.depth, 0.0F);
  for (std::size_t p = 0; p < m.positions; p += kTogether) {
    const std::size_t width = std::min(kTogether, m.positions - p);
    for (std::size_t k = 0; k < m.depth; ++k) {
      std::memcpy(&tile[k * kTogether], m.columns + k * m.positions + p, width * sizeof(float));
    }
    multiply_one(m, tile.data(), p, width);
  }
}

}  // namespace

void multiply(const FloatProduct& product) {
  multiply(product, fastest_tile());
}

void multiply_by_fours(const FloatProduct& product) {
  multiply(product, tile_of_fours);
}

}  // namespace offramp::net
