// Maps of bytes, [image][row][column][channel], and the kernels of byte_kernels.h on them. Each convolution
// first copies its input into a frame of padding, signed operands made unsigned by adding 128 (the sums are
// put right in the bias); a window's rows then are runs of bytes.
#include <algorithm>
#include <array>
#include <cstring>
#include <numeric>
#include <variant>

#include "golden/byte_kernels.h"
#include "golden/engine.h"
#include "quant/qnetwork.h"

namespace offramp::golden {
namespace {

using quant::QConv;
using quant::QLayer;
using quant::QNetwork;
using quant::QTensor;

constexpr int kMostImages = 16;
constexpr std::int64_t kBlockBytes = 1 << 20;   // of the largest tensor
constexpr std::int64_t kFrameBytes = 64 << 10;  // with weights and results, in a core's second-level cache
constexpr int kSignedOffset = 128;              // added to signed operands

template <typename Integer>
std::size_t idx(Integer i) {
  return static_cast<std::size_t>(i);
}

int blocks_of(int channels) {
  return (channels + kLanes - 1) / kLanes;
}

/// Memory that starts at a cache line, as the kernels' weights do.
template <typename T>
class Aligned {
 public:
  void resize(std::size_t count) { memory_.assign(count * sizeof(T) / sizeof(Line) + 1, Line{}); }
  T* data() { return reinterpret_cast<T*>(memory_.data()); }
  const T* data() const { return reinterpret_cast<const T*>(memory_.data()); }

 private:
  struct alignas(64) Line {
    std::array<std::byte, 64> bytes;
  };
  std::vector<Line> memory_;
};

std::vector<LaneRequants> lane_requants(const std::vector<fixed::Requant>& requants, int first,
                                        int channels) {
  std::vector<LaneRequants> made(idx(blocks_of(channels)));
  for (int n = 0; n < channels; ++n) {
    LaneRequants& block = made[idx(n / kLanes)];
    const fixed::Requant& r = requants[idx(first + n)];
    const int lane = n % kLanes;
    block.multiplier[lane % 2][lane / 2] = r.multiplier;
    block.half[lane % 2][lane / 2] = std::int64_t{1} << (r.shift - 1);
    block.shift[lane % 2][lane / 2] = r.shift;
  }
  return made;
}

/// The frame that a convolution's input is copied into.
struct Frame {
  int height = 0, width = 0, channels = 0;
  bool needed = true;  // else the map is its own frame
  [[nodiscard]] std::int64_t row() const { return std::int64_t{width} * channels; }
  [[nodiscard]] std::int64_t image() const { return height * row(); }
};

/// One group of a convolution, ready for `convolve`.
struct Group {
  std::int64_t first_operand = 0;  // channel of the frame
  int first_channel = 0;           // of the output
  Aligned<std::int8_t> weights;    // kMostBlocks blocks after the other, each set as `convolve` reads it
  std::vector<LaneRequants> requants;
};

struct ByteConv {
  net::Window window;
  Frame frame;
  int step = 1;  // images that are framed and worked on together
  std::vector<Segment> segments;
  int steps = 0;              // of all segments
  std::vector<Group> groups;  // empty where depthwise
  // Depthwise:
  std::vector<std::int32_t> offsets;
  std::vector<std::int32_t> weights;  // [block][tap][lane]
  std::vector<LaneRequants> requants;
};

struct ByteAdd {
  quant::QAdd add;
  std::vector<LaneRequants> requants;
};

struct ByteLayer {
  std::variant<ByteConv, ByteAdd, quant::QMaxPool> op;
  std::vector<int> inputs;
  int output = 0;
  fixed::Range clamp;
};

std::int64_t operand_offset(const QTensor& in) {
  return in.is_signed ? kSignedOffset : 0;
}

/// Puts the weights of output channels [first, first + rows) into the order in which `convolve` reads them.
/// `sources` names, by byte of the segments, the index among a channel's weights, -1 for none.
Group make_group(const QLayer& layer, const QConv& conv, int first, int rows,
                 const std::vector<std::int32_t>& sources, std::int64_t offset) {
  Group group;
  group.first_channel = first;
  const std::size_t depth = conv.weights.size() / conv.bias.size();
  group.weights.resize(sources.size() * idx(blocks_of(rows)) * kLanes);
  group.requants = lane_requants(layer.requant, first, rows);
  for (int n = 0; n < rows; ++n) {
    const std::int32_t* const from = conv.weights.data() + idx(first + n) * depth;
    const int set = n / kLanes / kMostBlocks;
    const int blocks = std::min(kMostBlocks, blocks_of(rows) - set * kMostBlocks);
    std::int8_t* const to = group.weights.data() + idx(set) * kMostBlocks * kLanes * sources.size() +
                            idx(n / kLanes % kMostBlocks) * kLanes * 4 + idx(n % kLanes) * 4;
    for (std::size_t k = 0; k < sources.size(); ++k) {
      if (sources[k] < 0) continue;
      to[k / 4 * idx(blocks) * kLanes * 4 + k % 4] = static_cast<std::int8_t>(from[sources[k]]);
    }
    const std::int64_t sum = std::accumulate(from, from + depth, std::int64_t{0});
    // The end of the sum fits 32 bits, so it does no harm that this may not, nor what is on the way there.
    group.requants[idx(n / kLanes)].bias[n % kLanes] =
        static_cast<std::int32_t>(conv.bias[idx(first + n)] - offset * sum);
  }
  return group;
}

ByteConv make_conv(const QLayer& layer, const QConv& conv, const QTensor& in, const QTensor& out) {
  ByteConv made;
  const net::Window& w = made.window = conv.window;
  const int channels = in.shape.channels;
  made.frame = {
      .height = std::max(in.shape.height + w.pad_top, (out.shape.height - 1) * w.stride_h + w.kernel_h),
      .width = std::max(in.shape.width + w.pad_left, (out.shape.width - 1) * w.stride_w + w.kernel_w),
      .channels = channels};
  made.frame.needed =
      in.is_signed || made.frame.height != in.shape.height || made.frame.width != in.shape.width;
  made.step = static_cast<int>(std::clamp<std::int64_t>(kFrameBytes / made.frame.image(), 1, kMostImages));
  const std::int64_t offset = operand_offset(in);
  const int kernel = w.kernel_h * w.kernel_w;
  const int read = channels / conv.groups;  // by one output channel
  const int rows = out.shape.channels / conv.groups;
  if (read == 1 && rows == 1 && conv.groups > 1) {
    made.requants = lane_requants(layer.requant, 0, out.shape.channels);
    made.weights.assign(idx(blocks_of(channels) * kernel * kLanes), 0);
    for (int k = 0; k < kernel; ++k) {
      made.offsets.push_back(
          static_cast<std::int32_t>(k / w.kernel_w * made.frame.row() + k % w.kernel_w * channels));
    }
    for (int n = 0; n < channels; ++n) {
      std::int64_t sum = 0;
      for (int k = 0; k < kernel; ++k) {
        const std::int32_t weight = conv.weights[idx(n * kernel + k)];
        made.weights[idx((n / kLanes * kernel + k) * kLanes + n % kLanes)] = weight;
        sum += weight;
      }
      made.requants[idx(n / kLanes)].bias[n % kLanes] =
          static_cast<std::int32_t>(conv.bias[idx(n)] - offset * sum);
    }
    return made;
  }
  // Without groups, a window's row is one run of bytes; with groups, each of its pixels is.
  const int pixels = conv.groups == 1 ? w.kernel_w : 1;  // in a run
  std::vector<std::int32_t> sources;
  for (int ky = 0; ky < w.kernel_h; ++ky) {
    for (int kx = 0; kx < w.kernel_w; kx += pixels) {
      const int steps = (pixels * read + 3) / 4;
      made.segments.push_back(
          {static_cast<std::int32_t>(ky * made.frame.row() + std::int64_t{kx} * channels), steps});
      made.steps += steps;
      for (int i = 0; i < steps * 4; ++i) {
        const int c = i % read;
        const int x = kx + i / read;
        sources.push_back(i < pixels * read ? c * kernel + ky * w.kernel_w + x : -1);
      }
    }
  }
  for (int g = 0; g < conv.groups; ++g) {
    made.groups.push_back(make_group(layer, conv, g * rows, rows, sources, offset));
    made.groups.back().first_operand = std::int64_t{g} * read;
  }
  return made;
}

ByteLayer make_layer(const QLayer& layer, const std::vector<QTensor>& tensors) {
  ByteLayer made{
      .op = quant::QMaxPool{}, .inputs = layer.inputs, .output = layer.output, .clamp = layer.clamp};
  const QTensor& out = tensors[idx(layer.output)];
  if (const auto* conv = std::get_if<QConv>(&layer.op)) {
    made.op = make_conv(layer, *conv, tensors[idx(layer.inputs[0])], out);
  } else if (const auto* add_op = std::get_if<quant::QAdd>(&layer.op)) {
    made.op = ByteAdd{*add_op, lane_requants(layer.requant, 0, out.shape.channels)};
  } else {
    made.op = std::get<quant::QMaxPool>(layer.op);
  }
  return made;
}

bool is_wide(const QTensor& t) {
  return t.bits > 8;
}

class ByteEngine final : public Engine {
 public:
  explicit ByteEngine(const QNetwork& network) : tensors_(network.tensors) {
    std::int64_t largest = 1;
    for (const QTensor& t : tensors_) largest = std::max(largest, t.shape.elements());
    block_ = static_cast<int>(std::clamp<std::int64_t>(kBlockBytes / largest, 1, kMostImages));
    for (const QLayer& layer : network.layers) layers_.push_back(make_layer(layer, tensors_));
  }

  int block() const override { return block_; }

  std::unique_ptr<Values> make_values() const override {
    auto made = std::make_unique<Maps>();
    for (const QTensor& t : tensors_) {
      const auto bytes = idx(t.shape.elements() * block_) * (is_wide(t) ? sizeof(std::int32_t) : 1);
      made->tensors.emplace_back().resize(bytes + kSlack);
    }
    for (const ByteLayer& layer : layers_) {
      Aligned<std::uint8_t>& frame = made->frames.emplace_back();
      const auto* conv = std::get_if<ByteConv>(&layer.op);
      if (conv == nullptr || !conv->frame.needed) continue;
      const std::size_t bytes = idx(conv->frame.image() * conv->step);
      frame.resize(bytes + kSlack);
      std::fill_n(frame.data(), bytes, static_cast<std::uint8_t>(operand_offset(tensor(layer.inputs[0]))));
    }
    return made;
  }

  void run(const std::uint8_t* pixels, int images, Values& values) const override {
    Maps& maps = static_cast<Maps&>(values);
    std::copy_n(pixels, tensor(0).shape.elements() * images, maps.tensors[0].data());
    for (std::size_t l = 0; l < layers_.size(); ++l) {
      if (const auto* conv = std::get_if<ByteConv>(&layers_[l].op)) {
        run_conv(layers_[l], *conv, maps, l, images);
      } else if (const auto* add_op = std::get_if<ByteAdd>(&layers_[l].op)) {
        run_add(layers_[l], *add_op, maps, images);
      } else {
        run_pool(layers_[l], std::get<quant::QMaxPool>(layers_[l].op).window, maps, images);
      }
    }
  }

  Tensor read(const Values& values, int t, int image) const override {
    const auto& memory = static_cast<const Maps&>(values).tensors[idx(t)];
    const std::int64_t count = tensor(t).shape.elements();
    const auto copy = [&](const auto* from) {
      return Tensor(from + image * count, from + (image + 1) * count);
    };
    if (is_wide(tensor(t))) return copy(reinterpret_cast<const std::int32_t*>(memory.data()));
    if (tensor(t).is_signed) return copy(reinterpret_cast<const std::int8_t*>(memory.data()));
    return copy(memory.data());
  }

 private:
  struct Maps final : Values {
    std::vector<Aligned<std::uint8_t>> tensors;
    std::vector<Aligned<std::uint8_t>> frames;  // by layer; their padding is never written again
  };

  const QTensor& tensor(int t) const { return tensors_[idx(t)]; }

  /// Results of a layer, from `image` and output channel `first` on.
  Results results(const ByteLayer& layer, Maps& maps, int image, int first, int channels) const {
    const QTensor& out = tensor(layer.output);
    const std::int64_t at = (image * out.shape.elements() + first) * (is_wide(out) ? 4 : 1);
    return {.first = maps.tensors[idx(layer.output)].data() + at,
            .pixel = out.shape.channels,
            .wide = is_wide(out),
            .channels = channels,
            .lo = layer.clamp.lo,
            .hi = layer.clamp.hi};
  }

  const std::uint8_t* fill_frame(const ByteLayer& layer, const ByteConv& conv, Maps& maps, std::size_t l,
                                 int image, int images) const {
    const QTensor& in = tensor(layer.inputs[0]);
    const std::uint8_t* from = maps.tensors[idx(layer.inputs[0])].data() + image * in.shape.elements();
    const Frame& frame = conv.frame;
    if (!frame.needed) return from;
    const std::int64_t row = std::int64_t{in.shape.width} * in.shape.channels;
    const auto flip = static_cast<std::uint8_t>(operand_offset(in));
    for (int i = 0; i < images; ++i) {
      std::uint8_t* to = maps.frames[l].data() + i * frame.image() + conv.window.pad_top * frame.row() +
                         std::int64_t{conv.window.pad_left} * in.shape.channels;
      for (int y = 0; y < in.shape.height; ++y, to += frame.row(), from += row) {
        if (flip == 0) {
          std::memcpy(to, from, idx(row));
        } else {
          for (std::int64_t k = 0; k < row; ++k) to[k] = static_cast<std::uint8_t>(from[k] + flip);
        }
      }
    }
    return maps.frames[l].data();
  }

  void run_conv(const ByteLayer& layer, const ByteConv& conv, Maps& maps, std::size_t l, int images) const {
    for (int image = 0; image < images; image += conv.step) {
      const int count = std::min(conv.step, images - image);
      run_conv(layer, conv, fill_frame(layer, conv, maps, l, image, count), maps, image, count);
    }
  }

  void run_conv(const ByteLayer& layer, const ByteConv& conv, const std::uint8_t* frame, Maps& maps,
                int image, int images) const {
    const net::Shape out = tensor(layer.output).shape;
    Windows windows{.first = frame,
                    .images = images,
                    .rows = out.height,
                    .columns = out.width,
                    .image = conv.frame.image(),
                    .row = conv.window.stride_h * conv.frame.row(),
                    .column = std::int64_t{conv.window.stride_w} * conv.frame.channels};
    if (conv.groups.empty()) {
      const auto taps = static_cast<int>(conv.offsets.size());
      for (int b = 0; b < blocks_of(out.channels); ++b, windows.first += kLanes) {
        convolve_depthwise({.windows = windows,
                            .offsets = conv.offsets.data(),
                            .taps = taps,
                            .weights = conv.weights.data() + std::int64_t{b} * taps * kLanes,
                            .requants = &conv.requants[idx(b)],
                            .results = results(layer, maps, image, b * kLanes, out.channels - b * kLanes)});
      }
      return;
    }
    const int rows = out.channels / static_cast<int>(conv.groups.size());
    for (const Group& group : conv.groups) {
      windows.first = frame + group.first_operand;
      for (int b = 0; b < blocks_of(rows); b += kMostBlocks) {
        convolve(
            {.windows = windows,
             .segments = conv.segments.data(),
             .segment_count = static_cast<int>(conv.segments.size()),
             .weights = group.weights.data() + std::int64_t{b} * conv.steps * kLanes * 4,
             .blocks = std::min(kMostBlocks, blocks_of(rows) - b),
             .requants = &group.requants[idx(b)],
             .results = results(layer, maps, image, group.first_channel + b * kLanes, rows - b * kLanes)});
      }
    }
  }

  void run_add(const ByteLayer& layer, const ByteAdd& op, Maps& maps, int images) const {
    const net::Shape shape = tensor(layer.output).shape;
    const int a = layer.inputs[0];
    const int b = layer.inputs[1];
    const std::int64_t pixels = std::int64_t{shape.height} * shape.width;
    // Image by image, so that the blocks of channels meet in the first cache.
    for (int i = 0; i < images; ++i) {
      const std::int64_t image = i * shape.elements();
      for (int first = 0; first < shape.channels; first += kLanes) {
        golden::add({.a = maps.tensors[idx(a)].data() + image + first,
                     .b = maps.tensors[idx(b)].data() + image + first,
                     .a_signed = tensor(a).is_signed,
                     .b_signed = tensor(b).is_signed,
                     .weight_a = op.add.weight_a,
                     .weight_b = op.add.weight_b,
                     .pixels = pixels,
                     .requants = &op.requants[idx(first / kLanes)],
                     .results = results(layer, maps, i, first, shape.channels - first)});
      }
    }
  }

  void run_pool(const ByteLayer& layer, const net::Window& w, Maps& maps, int images) const {
    const QTensor& in = tensor(layer.inputs[0]);
    const net::Shape s = in.shape;
    const net::Shape o = tensor(layer.output).shape;
    std::uint8_t* out = maps.tensors[idx(layer.output)].data();
    for (int i = 0; i < images; ++i) {
      const std::uint8_t* const map = maps.tensors[idx(layer.inputs[0])].data() + i * s.elements();
      for (int y = 0; y < o.height; ++y) {
        const int y0 = std::max(0, y * w.stride_h - w.pad_top);
        const int y1 = std::min(s.height, y * w.stride_h - w.pad_top + w.kernel_h);
        for (int x = 0; x < o.width; ++x, out += o.channels) {
          const int x0 = std::max(0, x * w.stride_w - w.pad_left);
          const int x1 = std::min(s.width, x * w.stride_w - w.pad_left + w.kernel_w);
          const auto pixel = [&](int yy, int xx) {
            return map + (std::int64_t{yy} * s.width + xx) * s.channels;
          };
          std::memcpy(out, pixel(y0, x0), idx(o.channels));
          for (int yy = y0; yy < y1; ++yy) {
            for (int xx = x0; xx < x1; ++xx) take_larger(out, pixel(yy, xx), o.channels, in.is_signed);
          }
        }
      }
    }
  }

  std::vector<QTensor> tensors_;
  std::vector<ByteLayer> layers_;
  int block_ = 1;
};

}  // namespace

bool runs_on_bytes(const QNetwork& network) {
  if (!byte_kernels_available()) return false;
  for (const QLayer& layer : network.layers) {
    for (const int t : layer.inputs) {
      // Logits may be wider, as long as no layer reads them.
      if (is_wide(network.tensors[idx(t)])) return false;
    }
    if (std::holds_alternative<quant::QMaxPool>(layer.op)) continue;
    if (layer.acc_bits > 32) return false;
    const auto* conv = std::get_if<QConv>(&layer.op);
    if (conv != nullptr && conv->weight_bits > 8) return false;
  }
  return true;
}

std::unique_ptr<Engine> make_byte_engine(const QNetwork& network) {
  return std::make_unique<ByteEngine>(network);
}

}  // namespace offramp::golden
