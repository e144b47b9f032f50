// Blocks of images, each layer one matrix product (golden/gemm.h) over gathered windows. Activations are
// planes, [channel][image][row][column], so that gathering copies whole rows.
#include <algorithm>

#include "golden/engine.h"
#include "golden/gemm.h"

namespace offramp::golden {
namespace {

using quant::QLayer;
using quant::QNetwork;
using quant::QTensor;

constexpr std::int64_t kBlockElements = 1 << 20;  // of the largest tensor
constexpr std::int64_t kGatherBytes = 192 << 10;  // stays in a core's second-level cache
constexpr int kMostImages = 64;

/// A tensor of a block of images.
using Planes = std::vector<std::int32_t>;

std::size_t idx(std::int64_t i) {
  return static_cast<std::size_t>(i);
}

/// First and end of the outputs whose tap `k` lies inside an input of `size`: position = o * stride + k -
/// pad.
std::pair<int, int> inside(int size, int outputs, int stride, int k, int pad) {
  const int offset = k - pad;
  const int first = offset >= 0 ? 0 : (-offset + stride - 1) / stride;
  const int end = offset >= size ? 0 : (size - 1 - offset) / stride + 1;
  return {std::min(first, outputs), std::clamp(end, std::min(first, outputs), outputs)};
}

/// Writes operand rows [k][m], `offset` added, for channels first .. first + channels - 1 of images image ..
/// image + count
/// - 1.
template <typename T>
void gather(const Planes& in, const QTensor& from, const QTensor& to, const net::Window& w, int images,
            int image, int count, int first, int channels, int offset, T* out) {
  const T zero = static_cast<T>(offset);
  const net::Shape& s = from.shape;
  const net::Shape& o = to.shape;
  for (int c = first; c < first + channels; ++c) {
    for (int ky = 0; ky < w.kernel_h; ++ky) {
      const auto [y0, y1] = inside(s.height, o.height, w.stride_h, ky, w.pad_top);
      for (int kx = 0; kx < w.kernel_w; ++kx) {
        const auto [x0, x1] = inside(s.width, o.width, w.stride_w, kx, w.pad_left);
        for (int b = 0; b < count; ++b) {
          const std::int32_t* const plane =
              in.data() + (std::int64_t{c} * images + image + b) * s.height * s.width;
          for (int y = 0; y < o.height; ++y, out += o.width) {
            if (y < y0 || y >= y1) {
              std::fill(out, out + o.width, zero);
              continue;
            }
            const std::int32_t* const row =
                plane + std::int64_t{y * w.stride_h + ky - w.pad_top} * s.width + kx - w.pad_left;
            for (int x = 0; x < x0; ++x) out[x] = zero;
            if (w.stride_w == 1) {
              for (int x = x0; x < x1; ++x) out[x] = static_cast<T>(row[x] + offset);
            } else {
              for (int x = x0; x < x1; ++x) out[x] = static_cast<T>(row[x * w.stride_w] + offset);
            }
            for (int x = x1; x < o.width; ++x) out[x] = zero;
          }
        }
      }
    }
  }
}

void requantize_row(const std::int64_t* acc, std::int64_t bias, fixed::Requant r, fixed::Range clamp,
                    std::int64_t count, std::int32_t* out) {
  for (std::int64_t i = 0; i < count; ++i) {
    out[i] = static_cast<std::int32_t>(fixed::saturate(fixed::requantize(acc[i] + bias, r), clamp));
  }
}

class PlaneEngine final : public Engine {
 public:
  explicit PlaneEngine(const QNetwork& network) : network_(network) {
    std::int64_t largest = 1;
    for (const QTensor& t : network_.tensors) largest = std::max(largest, t.shape.elements());
    block_ = static_cast<int>(std::clamp<std::int64_t>(kBlockElements / largest, 1, kMostImages));
    for (const QLayer& layer : network_.layers) gemms_.push_back(make_gemms(layer));
  }

  int block() const override { return block_; }

  std::unique_ptr<Values> make_values() const override {
    auto made = std::make_unique<Block>();
    made->tensors.resize(network_.tensors.size());
    return made;
  }

  void run(const std::uint8_t* pixels, int images, Values& values) const override {
    const OneThread one_thread;
    auto& block = static_cast<Block&>(values);
    block.images = images;
    std::vector<Planes>& tensors = block.tensors;
    for (std::size_t t = 0; t < tensors.size(); ++t)
      tensors[t].resize(idx(network_.tensors[t].shape.elements() * images));
    const net::Shape s = tensor(0).shape;
    const int area = s.height * s.width;
    for (int c = 0; c < s.channels; ++c) {
      for (int b = 0; b < images; ++b) {
        for (int p = 0; p < area; ++p) {
          tensors[0][idx((std::int64_t{c} * images + b) * area + p)] =
              pixels[(std::int64_t{b} * area + p) * s.channels + c];
        }
      }
    }
    for (std::size_t l = 0; l < network_.layers.size(); ++l) {
      const QLayer& layer = network_.layers[l];
      Planes& out = tensors[idx(layer.output)];
      if (const auto* conv = std::get_if<quant::QConv>(&layer.op)) {
        run_conv(layer, *conv, gemms_[l], tensors[idx(layer.inputs[0])], images, out);
      } else if (const auto* pool = std::get_if<quant::QMaxPool>(&layer.op)) {
        run_pool(layer, pool->window, tensors[idx(layer.inputs[0])], images, out);
      } else {
        run_add(layer, std::get<quant::QAdd>(layer.op), tensors[idx(layer.inputs[0])],
                tensors[idx(layer.inputs[1])], images, out);
      }
    }
  }

  Tensor read(const Values& values, int t, int image) const override {
    const auto& from = static_cast<const Block&>(values);
    const Planes& planes = from.tensors[idx(t)];
    const net::Shape s = tensor(t).shape;
    const int area = s.height * s.width;
    Tensor result(idx(s.elements()));
    for (int c = 0; c < s.channels; ++c) {
      for (int p = 0; p < area; ++p) {
        result[idx(std::int64_t{p} * s.channels + c)] =
            planes[idx((std::int64_t{c} * from.images + image) * area + p)];
      }
    }
    return result;
  }

 private:
  struct Block final : Values {
    std::vector<Planes> tensors;
    int images = 0;
  };

  /// Gathered operands, by the kernel's type.
  struct Scratch {
    std::vector<std::uint8_t> bytes;
    std::vector<float> floats;
    std::vector<std::int32_t> integers;
  };

  const QTensor& tensor(int t) const { return network_.tensors[idx(t)]; }

  /// One product a group of the convolution.
  std::vector<Gemm> make_gemms(const QLayer& layer) const {
    std::vector<Gemm> made;
    const auto* conv = std::get_if<quant::QConv>(&layer.op);
    if (conv == nullptr) return made;
    const QTensor& in = tensor(layer.inputs[0]);
    const int rows = tensor(layer.output).shape.channels / conv->groups;
    const int depth = static_cast<int>(conv->weights.size() / conv->bias.size());
    for (int g = 0; g < conv->groups; ++g) {
      const auto weights = std::span(conv->weights)
                               .subspan(idx(std::int64_t{g} * rows * depth), idx(std::int64_t{rows} * depth));
      made.emplace_back(weights, rows, depth, fixed::range_of(in.bits, in.is_signed));
    }
    return made;
  }

  void run_conv(const QLayer& layer, const quant::QConv& conv, const std::vector<Gemm>& groups,
                const Planes& in, int images, Planes& out) const {
    const net::Shape o = tensor(layer.output).shape;
    const std::int64_t area = std::int64_t{o.height} * o.width;
    const int depth = groups[0].depth();
    const int rows = groups[0].rows();
    const int step = static_cast<int>(std::clamp<std::int64_t>(kGatherBytes / (area * depth * 4), 1, images));
    std::vector<std::int64_t> acc(idx(rows * area * step));
    Scratch scratch;
    for (std::size_t g = 0; g < groups.size(); ++g) {
      for (int image = 0; image < images; image += step) {
        const int count = std::min(step, images - image);
        const auto columns = static_cast<int>(area * count);
        const auto product = [&](auto& operands) {
          operands.resize(idx(std::int64_t{depth} * columns));
          const int channels = tensor(layer.inputs[0]).shape.channels / conv.groups;
          gather(in, tensor(layer.inputs[0]), tensor(layer.output), conv.window, images, image, count,
                 static_cast<int>(g) * channels, channels, groups[g].offset(), operands.data());
          groups[g].multiply(operands.data(), columns, acc.data());
        };
        switch (groups[g].kernel()) {
          case Kernel::int8:
            product(scratch.bytes);
            break;
          case Kernel::float32:
            product(scratch.floats);
            break;
          case Kernel::integer:
            product(scratch.integers);
            break;
        }
        for (int r = 0; r < rows; ++r) {
          const std::int64_t n = static_cast<std::int64_t>(g) * rows + r;
          requantize_row(acc.data() + std::int64_t{r} * columns, conv.bias[idx(n)], layer.requant[idx(n)],
                         layer.clamp, columns, out.data() + (n * images + image) * area);
        }
      }
    }
  }

  void run_pool(const QLayer& layer, const net::Window& w, const Planes& in, int images, Planes& out) const {
    const net::Shape s = tensor(layer.inputs[0]).shape;
    const net::Shape o = tensor(layer.output).shape;
    std::int32_t* to = out.data();
    for (std::int64_t plane = 0; plane < std::int64_t{s.channels} * images; ++plane) {
      const std::int32_t* const from = in.data() + plane * s.height * s.width;
      for (int y = 0; y < o.height; ++y) {
        const int y0 = std::max(0, y * w.stride_h - w.pad_top);
        const int y1 = std::min(s.height, y * w.stride_h - w.pad_top + w.kernel_h);
        for (int x = 0; x < o.width; ++x) {
          const int x0 = std::max(0, x * w.stride_w - w.pad_left);
          const int x1 = std::min(s.width, x * w.stride_w - w.pad_left + w.kernel_w);
          std::int32_t largest = from[y0 * s.width + x0];
          for (int yy = y0; yy < y1; ++yy) {
            for (int xx = x0; xx < x1; ++xx) largest = std::max(largest, from[yy * s.width + xx]);
          }
          *to++ = largest;
        }
      }
    }
  }

  void run_add(const QLayer& layer, const quant::QAdd& add, const Planes& a, const Planes& b, int images,
               Planes& out) const {
    const net::Shape o = tensor(layer.output).shape;
    const std::int64_t per_channel = std::int64_t{o.height} * o.width * images;
    for (int n = 0; n < o.channels; ++n) {
      for (std::int64_t i = n * per_channel; i < (n + 1) * per_channel; ++i) {
        const std::int64_t sum =
            std::int64_t{add.weight_a} * a[idx(i)] + std::int64_t{add.weight_b} * b[idx(i)];
        out[idx(i)] = static_cast<std::int32_t>(
            fixed::saturate(fixed::requantize(sum, layer.requant[idx(n)]), layer.clamp));
      }
    }
  }

  QNetwork network_;
  int block_ = 1;
  std::vector<std::vector<Gemm>> gemms_;  // by layer, by group
};

}  // namespace

std::unique_ptr<Engine> make_plane_engine(const QNetwork& network) {
  return std::make_unique<PlaneEngine>(network);
}

}  // namespace offramp::golden
