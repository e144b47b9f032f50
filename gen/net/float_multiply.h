#pragma once
// The float reference's matrix product. Every product and every sum is rounded, and each sum is taken in the
// order of k, so that all machines give the same bits, however many elements they work on at once.
#include <cstddef>

namespace offramp::net {

/// result[n][p] = bias[n] + sum over k of weights[n][k] * columns[k][p].
struct FloatProduct {
  const float* weights = nullptr;
  const float* bias = nullptr;
  const float* columns = nullptr;
  float* result = nullptr;
  std::size_t outputs = 0, depth = 0, positions = 0;
};

/// With the widest registers that this CPU has.
void multiply(const FloatProduct& product);
/// With registers of four floats, as any CPU has them. Gives the same bits; for tests.
void multiply_by_fours(const FloatProduct& product);

}  // namespace offramp::net
