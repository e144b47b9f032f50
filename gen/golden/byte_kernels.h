#pragma once
// The inner loops of the golden reference over bytes, for CPUs with AVX-512 VNNI. One instruction (vpdpbusd)
// multiplies four unsigned bytes by four signed ones and adds the products to 32 bits. It wraps around and
// never saturates, so a sum is exact in whatever order it is taken, as long as its end fits 32 bits.
//
// Maps are [image][row][column][channel] without gaps. Kernels work on blocks of kLanes output channels.
// Reads may run up to kSlack bytes beyond the end of a map; what lies there meets weights of 0.
#include <cstddef>
#include <cstdint>

namespace offramp::golden {

inline constexpr int kLanes = 16;
/// Blocks of output channels that one call of `convolve` can make.
inline constexpr int kMostBlocks = 4;
inline constexpr std::size_t kSlack = 64;

/// Whether this CPU has the instructions; calling a kernel elsewhere is the end of the program.
[[nodiscard]] bool byte_kernels_available();

/// Requantization of one block: out = clamp((acc * multiplier + half) >> shift) with fixed/requant.h's
/// meaning. The products have 64 bits, so channels 0, 2, .. and 1, 3, .. are worked on apart: [0] is the even
/// half.
struct alignas(64) LaneRequants {
  std::int64_t multiplier[2][kLanes / 2];
  std::int64_t half[2][kLanes / 2];
  std::int64_t shift[2][kLanes / 2];
  std::int32_t bias[kLanes];
};

/// Operands that lie one after the other: `steps` times four bytes at `offset` from a window's first byte.
struct Segment {
  std::int32_t offset = 0;
  std::int32_t steps = 0;
};

/// Where results go. They are bytes, or int32 where `wide`.
struct Results {
  void* first = nullptr;
  std::ptrdiff_t pixel = 0;  // from one pixel to the next, in elements
  bool wide = false;
  int channels = 0;  // to write, at most kLanes a block
  std::int64_t lo = 0, hi = 0;
};

/// Windows over a map that has its padding; output pixels in the order of the result.
struct Windows {
  const std::uint8_t* first = nullptr;
  int images = 0, rows = 0, columns = 0;          // of the output
  std::ptrdiff_t image = 0, row = 0, column = 0;  // from one window to the next, in bytes
};

struct Convolution {
  Windows windows;
  const Segment* segments = nullptr;
  int segment_count = 0;
  const std::int8_t* weights = nullptr;  // [step][block][lane][four bytes]
  int blocks = 1;
  const LaneRequants* requants = nullptr;  // [block]
  Results results;
};
void convolve(const Convolution& job);

/// A convolution in which output channel c sees input channel c alone: the channels of one block.
struct Depthwise {
  Windows windows;
  const std::int32_t* offsets = nullptr;  // of the taps
  int taps = 0;
  const std::int32_t* weights = nullptr;  // [tap][lane]
  const LaneRequants* requants = nullptr;
  Results results;
};
void convolve_depthwise(const Depthwise& job);

/// weight_a * a + weight_b * b for the channels of one block; `a` and `b` have the result's shape.
struct Addition {
  const std::uint8_t* a = nullptr;
  const std::uint8_t* b = nullptr;
  bool a_signed = false, b_signed = false;
  std::int32_t weight_a = 1, weight_b = 1;
  std::int64_t pixels = 0;
  const LaneRequants* requants = nullptr;
  Results results;
};
void add(const Addition& job);

/// out[c] = max(out[c], in[c]) over bytes.
void take_larger(std::uint8_t* out, const std::uint8_t* in, std::int64_t count, bool is_signed);

}  // namespace offramp::golden
