#pragma once
// Random numbers that are the same on every machine and compiler: a seed printed today reproduces a failure
// tomorrow. (SplitMix64: a counter with a mixing function, so that any seed, 0 included, is as good as
// another.)
#include <cstdint>

namespace offramp::verif {

class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}

  std::uint64_t next() {
    state_ += 0x9E3779B97F4A7C15u;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
  }
  /// Uniform in 0 .. n-1, n > 0.
  std::uint64_t below(std::uint64_t n) { return next() % n; }
  /// True once in `n` times on average.
  bool one_in(std::uint64_t n) { return below(n) == 0; }

 private:
  std::uint64_t state_;
};

/// A seed for one of several independent streams of one seed.
[[nodiscard]] inline std::uint64_t mix_seed(std::uint64_t seed, std::uint64_t stream) {
  Random r(seed ^ (stream * 0xD1342543DE82EF95u));
  return r.next();
}

}  // namespace offramp::verif
