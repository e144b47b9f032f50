#include "net/float_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <span>

#include "base/interrupt.h"
#include "base/text.h"
#include "net/float_multiply.h"
#include "net/refused.h"
#include "net/shapes.h"

namespace offramp::net {
namespace {

std::size_t size(int value) {
  return static_cast<std::size_t>(value);
}

/// Input rows and columns of a window position that are not padding, as kernel indices [first, last).
struct Taps {
  int first;
  int last;
  int start;  // input coordinate of kernel index 0
};

Taps taps(int output, int stride, int pad, int kernel, int input) {
  const int start = output * stride - pad;
  return {std::max(0, -start), std::min(kernel, input - start), start};
}

/// One row of the matrix that turns a convolution into a product: what one weight meets at every output
/// position.
void gather(const float* plane, const Shape& in, const Shape& out, const Window& w, int ky, int kx,
            float* row) {
  for (int y = 0; y < out.height; ++y, row += out.width) {
    const int iy = y * w.stride_h - w.pad_top + ky;
    if (iy < 0 || iy >= in.height) {
      std::fill_n(row, out.width, 0.0F);
      continue;
    }
    const float* line = plane + std::ptrdiff_t{iy} * in.width;
    const int offset = kx - w.pad_left;
    if (w.stride_w == 1) {
      const int first = std::clamp(-offset, 0, out.width);
      const int last = std::clamp(in.width - offset, first, out.width);
      std::fill(row, row + first, 0.0F);
      std::copy(line + first + offset, line + last + offset, row + first);
      std::fill(row + last, row + out.width, 0.0F);
      continue;
    }
    for (int x = 0; x < out.width; ++x) {
      const int ix = x * w.stride_w + offset;
      row[x] = ix >= 0 && ix < in.width ? line[ix] : 0.0F;
    }
  }
}

}  // namespace

struct FloatRunner::Impl {
  const Network& network;
  FloatOutputs outputs;
  std::vector<std::vector<float>> transposed;  // Dense weights as [k][n], by node
  std::vector<float> columns;
  std::size_t at = 0;
  const std::uint8_t* pixels = nullptr;

  explicit Impl(const Network& n) : network(n) {
    std::size_t most = 0;
    transposed.resize(network.nodes.size());
    for (std::size_t i = 0; i < network.nodes.size(); ++i) {
      const Node& node = network.nodes[i];
      check(i);
      outputs.emplace_back(static_cast<std::size_t>(node.shape.elements()));
      if (const auto* conv = std::get_if<Conv>(&node.layer)) {
        const std::size_t depth = conv->weights.size() / size(conv->out_channels);
        most = std::max(most, depth * size(node.shape.height) * size(node.shape.width));
      }
      if (const auto* dense = std::get_if<Dense>(&node.layer)) {
        const std::size_t count = size(dense->out_features);
        const std::size_t depth = dense->weights.size() / count;
        transposed[i].resize(dense->weights.size());
        for (std::size_t o = 0; o < count; ++o) {
          for (std::size_t k = 0; k < depth; ++k)
            transposed[i][k * count + o] = dense->weights[o * depth + k];
        }
      }
    }
    columns.resize(most);
  }

  void check(std::size_t i) const {
    const Node& node = network.nodes[i];
    std::vector<Shape> shapes;
    if (std::holds_alternative<Input>(node.layer)) shapes.push_back(node.shape);
    for (const int input : node.inputs) {
      if (input < 0 || size(input) >= i)
        throw Error(in_quotes(node.name) + " reads a node that is not before it");
      shapes.push_back(network.nodes[size(input)].shape);
    }
    try {
      if (output_shape(node.layer, shapes) != node.shape)
        throw Refused("its shape is not what its layer makes");
    } catch (const Refused& refused) {
      throw Error(
          fmt::format("layer {} ({}): {}", in_quotes(node.name), layer_type(node.layer), refused.what()));
    }
  }

  const Shape& in_shape() const { return network.nodes[size(network.nodes[at].inputs[0])].shape; }
  const Shape& out_shape() const { return network.nodes[at].shape; }
  const std::vector<float>& in(std::size_t which = 0) const {
    return outputs[size(network.nodes[at].inputs[which])];
  }
  std::vector<float>& out() { return outputs[at]; }

  void operator()(const Input&) {
    const Shape& s = out_shape();
    const std::size_t plane = size(s.height) * size(s.width);
    const std::size_t channels = size(s.channels);
    float values[256];
    for (int v = 0; v < 256; ++v) values[v] = static_cast<float>(v / network.input_scale);
    for (std::size_t p = 0; p < plane; ++p) {
      for (std::size_t c = 0; c < channels; ++c) out()[c * plane + p] = values[pixels[p * channels + c]];
    }
  }
  void operator()(const Conv& conv) {
    const Shape& is = in_shape();
    const Shape& os = out_shape();
    const std::size_t positions = size(os.height) * size(os.width);
    const int group_in = is.channels / conv.groups;
    const std::size_t group_out = size(conv.out_channels / conv.groups);
    const std::size_t depth = conv.weights.size() / size(conv.out_channels);
    for (int g = 0; g < conv.groups; ++g) {
      float* row = columns.data();
      for (int c = g * group_in; c < (g + 1) * group_in; ++c) {
        const float* plane = in().data() + size(c) * size(is.height) * size(is.width);
        for (int ky = 0; ky < conv.window.kernel_h; ++ky) {
          for (int kx = 0; kx < conv.window.kernel_w; ++kx, row += positions) {
            gather(plane, is, os, conv.window, ky, kx, row);
          }
        }
      }
      const std::size_t first = size(g) * group_out;
      multiply({.weights = conv.weights.data() + first * depth,
                .bias = conv.bias.data() + first,
                .columns = columns.data(),
                .result = out().data() + first * positions,
                .outputs = group_out,
                .depth = depth,
                .positions = positions});
    }
  }
  void operator()(const Dense& dense) {
    const std::size_t count = size(dense.out_features);
    float* __restrict result = out().data();
    std::copy(dense.bias.begin(), dense.bias.end(), result);
    const float* __restrict weights = transposed[at].data();
    for (const float x : in()) {
      if (x != 0) {  // half of all activations after a Relu; adding 0 changes nothing
        for (std::size_t n = 0; n < count; ++n) result[n] += x * weights[n];
      }
      weights += count;
    }
  }
  void operator()(const MaxPool& pool) {
    each_window(pool.window, [](const float* plane, int width, const Taps& ys, const Taps& xs) {
      float best = -std::numeric_limits<float>::infinity();
      for (int ky = ys.first; ky < ys.last; ++ky) {
        for (int kx = xs.first; kx < xs.last; ++kx) {
          best = std::max(best, plane[std::ptrdiff_t{ys.start + ky} * width + xs.start + kx]);
        }
      }
      return best;
    });
  }
  void operator()(const AveragePool& pool) {
    const Window& w = pool.window;
    each_window(w, [&](const float* plane, int width, const Taps& ys, const Taps& xs) {
      float sum = 0;
      for (int ky = ys.first; ky < ys.last; ++ky) {
        for (int kx = xs.first; kx < xs.last; ++kx) {
          sum += plane[std::ptrdiff_t{ys.start + ky} * width + xs.start + kx];
        }
      }
      const int count =
          pool.count_include_pad ? w.kernel_h * w.kernel_w : (ys.last - ys.first) * (xs.last - xs.first);
      return sum / static_cast<float>(count);
    });
  }
  /// Sets every output of a pooling layer to what `reduce` makes of its window.
  template <typename Reduce>
  void each_window(const Window& w, Reduce reduce) {
    const Shape& is = in_shape();
    const Shape& os = out_shape();
    float* result = out().data();
    for (int c = 0; c < os.channels; ++c) {
      const float* plane = in().data() + size(c) * size(is.height) * size(is.width);
      for (int y = 0; y < os.height; ++y) {
        const Taps ys = taps(y, w.stride_h, w.pad_top, w.kernel_h, is.height);
        for (int x = 0; x < os.width; ++x) {
          *result++ = reduce(plane, is.width, ys, taps(x, w.stride_w, w.pad_left, w.kernel_w, is.width));
        }
      }
    }
  }
  void operator()(const BatchNorm& norm) {
    const std::size_t plane = size(out_shape().height) * size(out_shape().width);
    for (std::size_t i = 0; i < out().size(); ++i) {
      out()[i] = in()[i] * norm.scale[i / plane] + norm.shift[i / plane];
    }
  }
  void operator()(const Relu& relu) {
    const float limit = relu.limit.value_or(std::numeric_limits<float>::infinity());
    for (std::size_t i = 0; i < out().size(); ++i) out()[i] = std::min(std::max(in()[i], 0.0F), limit);
  }
  void operator()(const Add&) {
    for (std::size_t i = 0; i < out().size(); ++i) out()[i] = in(0)[i] + in(1)[i];
  }
  void operator()(const Flatten&) { out() = in(); }
};

FloatRunner::FloatRunner(const Network& network) : impl_(std::make_unique<Impl>(network)) {}

FloatRunner::~FloatRunner() = default;

const FloatOutputs& FloatRunner::run(const std::uint8_t* pixels) {
  impl_->pixels = pixels;
  for (impl_->at = 0; impl_->at < impl_->network.nodes.size(); ++impl_->at) {
    std::visit(*impl_, impl_->network.nodes[impl_->at].layer);
  }
  return impl_->outputs;
}

FloatOutputs run_float(const Network& network, const std::uint8_t* pixels) {
  return FloatRunner(network).run(pixels);
}

void run_float_batch(const Network& network, const std::uint8_t* pixels, std::size_t count,
                     const std::function<void(std::size_t, const FloatOutputs&)>& visit) {
  FloatRunner runner(network);
  const auto image = static_cast<std::size_t>(network.nodes[0].shape.elements());
  for (std::size_t i = 0; i < count; ++i) {
    check_interrupted();
    visit(i, runner.run(pixels + i * image));
  }
}

}  // namespace offramp::net
