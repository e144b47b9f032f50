// The plain reference. Clear first: every loop is written out, every number is an int64.
#include "golden/golden.h"

#include <algorithm>
#include <stdexcept>
#include <string>

#include "golden/exits.h"

namespace offramp::golden {
namespace {

using quant::QLayer;
using quant::QNetwork;

/// A tensor's values with its shape: at(y, x, c).
struct View {
  net::Shape shape;
  const Tensor& values;
  [[nodiscard]] bool inside(int y, int x) const {
    return y >= 0 && y < shape.height && x >= 0 && x < shape.width;
  }
  [[nodiscard]] std::int64_t at(int y, int x, int c) const {
    return values[(static_cast<std::size_t>(y) * static_cast<std::size_t>(shape.width) +
                   static_cast<std::size_t>(x)) *
                      static_cast<std::size_t>(shape.channels) +
                  static_cast<std::size_t>(c)];
  }
};

std::int64_t conv_sum(const quant::QConv& conv, const View& in, int n, int out_channels, int y, int x) {
  const int channels = in.shape.channels / conv.groups;  // read by one output channel
  const int first = n / (out_channels / conv.groups) * channels;
  std::int64_t acc = conv.bias[static_cast<std::size_t>(n)];
  for (int c = 0; c < channels; ++c) {
    for (int ky = 0; ky < conv.window.kernel_h; ++ky) {
      for (int kx = 0; kx < conv.window.kernel_w; ++kx) {
        const int in_y = y * conv.window.stride_h + ky - conv.window.pad_top;
        const int in_x = x * conv.window.stride_w + kx - conv.window.pad_left;
        if (!in.inside(in_y, in_x)) continue;
        const int index = ((n * channels + c) * conv.window.kernel_h + ky) * conv.window.kernel_w + kx;
        acc += conv.weights[static_cast<std::size_t>(index)] * in.at(in_y, in_x, first + c);
      }
    }
  }
  return acc;
}

std::int64_t pool_max(const net::Window& window, const View& in, int n, int y, int x) {
  bool any = false;
  std::int64_t largest = 0;
  for (int ky = 0; ky < window.kernel_h; ++ky) {
    for (int kx = 0; kx < window.kernel_w; ++kx) {
      const int in_y = y * window.stride_h + ky - window.pad_top;
      const int in_x = x * window.stride_w + kx - window.pad_left;
      if (!in.inside(in_y, in_x)) continue;
      const std::int64_t value = in.at(in_y, in_x, n);
      if (!any || value > largest) largest = value;
      any = true;
    }
  }
  if (!any) throw std::logic_error("a max pool's window covers padding alone");
  return largest;
}

Tensor run_layer(const QNetwork& network, const QLayer& layer, const std::vector<Tensor>& tensors) {
  const auto view = [&](std::size_t i) {
    const auto t = static_cast<std::size_t>(layer.inputs[i]);
    return View{network.tensors[t].shape, tensors[t]};
  };
  const net::Shape shape = network.tensors[static_cast<std::size_t>(layer.output)].shape;
  const View in = view(0);
  Tensor out;
  out.reserve(static_cast<std::size_t>(shape.elements()));
  for (int y = 0; y < shape.height; ++y) {
    for (int x = 0; x < shape.width; ++x) {
      for (int n = 0; n < shape.channels; ++n) {
        if (const auto* pool = std::get_if<quant::QMaxPool>(&layer.op)) {
          out.push_back(static_cast<std::int32_t>(pool_max(pool->window, in, n, y, x)));
          continue;
        }
        std::int64_t acc = 0;
        if (const auto* conv = std::get_if<quant::QConv>(&layer.op)) {
          acc = conv_sum(*conv, in, n, shape.channels, y, x);
        } else {
          const auto& add = std::get<quant::QAdd>(layer.op);
          acc = add.weight_a * in.at(y, x, n) + add.weight_b * view(1).at(y, x, n);
        }
        const std::int64_t scaled = fixed::requantize(acc, layer.requant[static_cast<std::size_t>(n)]);
        out.push_back(static_cast<std::int32_t>(fixed::saturate(scaled, layer.clamp)));
      }
    }
  }
  return out;
}

}  // namespace

Trace run_simple(const QNetwork& network, std::span<const std::uint8_t> pixels) {
  const std::int64_t expected = network.tensors[0].shape.elements();
  if (static_cast<std::int64_t>(pixels.size()) != expected) {
    throw std::logic_error("run_simple: " + std::to_string(pixels.size()) + " pixels for an input of " +
                           std::to_string(expected));
  }
  Trace trace;
  trace.tensors.resize(network.tensors.size());
  trace.tensors[0].assign(pixels.begin(), pixels.end());
  for (const QLayer& layer : network.layers) {
    trace.tensors[static_cast<std::size_t>(layer.output)] = run_layer(network, layer, trace.tensors);
  }
  trace.decisions = decide_exits(network.exits, taps_of(network), network.decision,
                                 [&](int t) { return trace.tensors[static_cast<std::size_t>(t)]; });
  trace.exit = exit_taken(trace.decisions);
  trace.predicted = trace.decisions[static_cast<std::size_t>(trace.exit)].top_class;
  return trace;
}

}  // namespace offramp::golden
