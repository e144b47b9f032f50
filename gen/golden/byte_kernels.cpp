#include "golden/byte_kernels.h"

#include <algorithm>
#include <cstring>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace offramp::golden {

#if defined(__x86_64__)

// Every function below that holds such instructions says so by itself; the rest of the program runs anywhere.
#define OFFRAMP_VNNI gnu::target("avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")

namespace {

/// One block's requantization in registers.
struct Lanes {
  __m512i multiplier[2], half[2], shift[2], lo, hi;
};

[[OFFRAMP_VNNI, gnu::always_inline]] inline Lanes load_lanes(const LaneRequants& r, const Results& to) {
  return {{_mm512_load_si512(r.multiplier[0]), _mm512_load_si512(r.multiplier[1])},
          {_mm512_load_si512(r.half[0]), _mm512_load_si512(r.half[1])},
          {_mm512_load_si512(r.shift[0]), _mm512_load_si512(r.shift[1])},
          _mm512_set1_epi64(to.lo),
          _mm512_set1_epi64(to.hi)};
}

[[OFFRAMP_VNNI, gnu::always_inline]] inline __m512i requantize_half(__m512i acc, const Lanes& r, int odd) {
  const __m512i product = _mm512_mul_epi32(acc, r.multiplier[odd]);  // of the low halves of 64 bits
  const __m512i scaled = _mm512_srav_epi64(_mm512_add_epi64(product, r.half[odd]), r.shift[odd]);
  return _mm512_min_epi64(_mm512_max_epi64(scaled, r.lo), r.hi);
}

[[OFFRAMP_VNNI, gnu::always_inline]] inline __m512i requantize(__m512i acc, const Lanes& r) {
  const __m512i even = requantize_half(acc, r, 0);
  const __m512i odd = requantize_half(_mm512_srli_epi64(acc, 32), r, 1);
  return _mm512_mask_blend_epi32(0xaaaa, even, _mm512_slli_epi64(odd, 32));
}

/// Lanes that a block writes.
[[OFFRAMP_VNNI, gnu::always_inline]] inline __mmask16 lane_mask(const Results& to, int block) {
  const int left = to.channels - block * kLanes;
  return static_cast<__mmask16>(left >= kLanes ? 0xffff : (1 << left) - 1);
}

[[OFFRAMP_VNNI, gnu::always_inline]] inline void store(const Results& to, std::int64_t pixel, int block,
                                                       __mmask16 mask, __m512i values) {
  const std::ptrdiff_t at = pixel * to.pixel + block * kLanes;
  if (to.wide) {
    _mm512_mask_storeu_epi32(static_cast<std::int32_t*>(to.first) + at, mask, values);
  } else {
    _mm_mask_storeu_epi8(static_cast<std::int8_t*>(to.first) + at, mask, _mm512_cvtepi32_epi8(values));
  }
}

/// Walks over windows in the order of the result.
class WindowWalk {
 public:
  explicit WindowWalk(const Windows& w) : w_(w) {}
  [[gnu::always_inline]] inline const std::uint8_t* next() {
    const std::uint8_t* const here = at_;
    at_ += w_.column;
    if (++x_ == w_.columns) {
      x_ = 0;
      if (++y_ == w_.rows) {
        y_ = 0;
        ++image_;
      }
      at_ = w_.first + image_ * w_.image + y_ * w_.row;
    }
    return here;
  }

 private:
  const Windows& w_;
  const std::uint8_t* at_ = w_.first;
  int x_ = 0, y_ = 0, image_ = 0;
};

/// Blocks * Pixels accumulators stay in registers while a window is walked through.
template <int Blocks, int Pixels>
[[OFFRAMP_VNNI]] void convolve_tiles(const Convolution& job) {
  const std::int64_t pixels = std::int64_t{job.windows.images} * job.windows.rows * job.windows.columns;
  WindowWalk walk(job.windows);
  for (std::int64_t first = 0; first < pixels; first += Pixels) {
    const auto count = static_cast<int>(std::min<std::int64_t>(Pixels, pixels - first));
    const std::uint8_t* x[Pixels];
    for (int p = 0; p < Pixels; ++p) x[p] = p < count ? walk.next() : x[0];

    __m512i acc[Blocks][Pixels];
#pragma GCC unroll 16
    for (int b = 0; b < Blocks; ++b) {
      const __m512i bias = _mm512_load_si512(job.requants[b].bias);
#pragma GCC unroll 16
      for (int p = 0; p < Pixels; ++p) acc[b][p] = bias;
    }
    const std::int8_t* w = job.weights;
    for (int s = 0; s < job.segment_count; ++s) {
      const std::ptrdiff_t end = job.segments[s].offset + std::ptrdiff_t{4} * job.segments[s].steps;
      for (std::ptrdiff_t at = job.segments[s].offset; at < end; at += 4, w += Blocks * kLanes * 4) {
        __m512i weights[Blocks];
#pragma GCC unroll 16
        for (int b = 0; b < Blocks; ++b) weights[b] = _mm512_load_si512(w + b * kLanes * 4);
#pragma GCC unroll 16
        for (int p = 0; p < Pixels; ++p) {
          std::int32_t four;
          std::memcpy(&four, x[p] + at, sizeof four);
          const __m512i operands = _mm512_set1_epi32(four);
#pragma GCC unroll 16
          for (int b = 0; b < Blocks; ++b) acc[b][p] = _mm512_dpbusd_epi32(acc[b][p], operands, weights[b]);
        }
      }
    }
#pragma GCC unroll 16
    for (int b = 0; b < Blocks; ++b) {
      const Lanes lanes = load_lanes(job.requants[b], job.results);
      const __mmask16 mask = lane_mask(job.results, b);
#pragma GCC unroll 16
      for (int p = 0; p < Pixels; ++p) {
        if (p < count) store(job.results, first + p, b, mask, requantize(acc[b][p], lanes));
      }
    }
  }
}

[[OFFRAMP_VNNI, gnu::always_inline]] inline __m512i load_bytes(const std::uint8_t* from, __mmask16 mask,
                                                               bool is_signed) {
  const __m128i bytes = _mm_maskz_loadu_epi8(mask, from);
  return is_signed ? _mm512_cvtepi8_epi32(bytes) : _mm512_cvtepu8_epi32(bytes);
}

}  // namespace

bool byte_kernels_available() {
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
         __builtin_cpu_supports("avx512vnni");
}

void convolve(const Convolution& job) {
  switch (job.blocks) {
    case 1:
      return convolve_tiles<1, 8>(job);
    case 2:
      return convolve_tiles<2, 8>(job);
    case 3:
      return convolve_tiles<3, 8>(job);
    default:
      return convolve_tiles<4, 6>(job);
  }
}

[[OFFRAMP_VNNI]] void convolve_depthwise(const Depthwise& job) {
  const Lanes lanes = load_lanes(*job.requants, job.results);
  const __mmask16 mask = lane_mask(job.results, 0);
  const __m512i bias = _mm512_load_si512(job.requants->bias);
  const std::int64_t pixels = std::int64_t{job.windows.images} * job.windows.rows * job.windows.columns;
  WindowWalk walk(job.windows);
  for (std::int64_t p = 0; p < pixels; ++p) {
    const std::uint8_t* const x = walk.next();
    __m512i acc = bias;
    for (int t = 0; t < job.taps; ++t) {
      const __m512i weights = _mm512_loadu_si512(job.weights + std::ptrdiff_t{t} * kLanes);
      acc = _mm512_add_epi32(acc, _mm512_mullo_epi32(load_bytes(x + job.offsets[t], mask, false), weights));
    }
    store(job.results, p, 0, mask, requantize(acc, lanes));
  }
}

[[OFFRAMP_VNNI]] void add(const Addition& job) {
  const Lanes lanes = load_lanes(*job.requants, job.results);
  const __mmask16 mask = lane_mask(job.results, 0);
  const __m512i weight_a = _mm512_set1_epi32(job.weight_a);
  const __m512i weight_b = _mm512_set1_epi32(job.weight_b);
  for (std::int64_t p = 0; p < job.pixels; ++p) {
    const __m512i a = load_bytes(job.a + p * job.results.pixel, mask, job.a_signed);
    const __m512i b = load_bytes(job.b + p * job.results.pixel, mask, job.b_signed);
    const __m512i acc = _mm512_add_epi32(_mm512_mullo_epi32(a, weight_a), _mm512_mullo_epi32(b, weight_b));
    store(job.results, p, 0, mask, requantize(acc, lanes));
  }
}

[[OFFRAMP_VNNI]] void take_larger(std::uint8_t* out, const std::uint8_t* in, std::int64_t count,
                                  bool is_signed) {
  constexpr std::int64_t kBytes = 64;
  for (std::int64_t i = 0; i < count; i += kBytes) {
    const __mmask64 mask = count - i >= kBytes ? ~__mmask64{0} : (__mmask64{1} << (count - i)) - 1;
    const __m512i a = _mm512_maskz_loadu_epi8(mask, out + i);
    const __m512i b = _mm512_maskz_loadu_epi8(mask, in + i);
    _mm512_mask_storeu_epi8(out + i, mask, is_signed ? _mm512_max_epi8(a, b) : _mm512_max_epu8(a, b));
  }
}

#else

bool byte_kernels_available() {
  return false;
}
void convolve(const Convolution&) {}
void convolve_depthwise(const Depthwise&) {}
void add(const Addition&) {}
void take_larger(std::uint8_t*, const std::uint8_t*, std::int64_t, bool) {}

#endif

}  // namespace offramp::golden
