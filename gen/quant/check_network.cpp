#include "quant/check_network.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <set>

#include "base/error.h"

namespace offramp::quant {
namespace {

/// The running checks of one network; `fail` names the object.
class Checker {
 public:
  explicit Checker(const QNetwork& network) : net_(network) {}

  void run() {
    check_tensors();
    std::vector<bool> made(net_.tensors.size(), false);
    made[0] = true;
    std::set<std::string> names;
    for (const QLayer& layer : net_.layers) {
      check_layer(layer, made);
      if (!names.insert(layer.name).second) fail("layer '" + layer.name + "'", "there are two of that name");
    }
    for (std::size_t t = 0; t < made.size(); ++t) {
      if (!made[t]) fail("tensor '" + net_.tensors[t].name + "'", "no layer makes it");
    }
    check_exits();
    check_order();
  }

 private:
  [[noreturn]] void fail(const std::string& object, const std::string& what) const {
    throw Error(fmt::format("quantized network '{}': {}: {}; write it again with `offramp quantize`",
                            net_.name, object, what));
  }

  const QTensor& tensor(int index) const { return net_.tensors[static_cast<std::size_t>(index)]; }

  void check_tensors() const {
    if (net_.tensors.empty()) fail("tensors", "there is no input tensor");
    for (const QTensor& t : net_.tensors) {
      const std::string object = "tensor '" + t.name + "'";
      if (t.shape.channels < 1 || t.shape.height < 1 || t.shape.width < 1)
        fail(object, "its shape has no elements");
      if (t.bits < 2 || t.bits > 16) fail(object, fmt::format("{} bits, 2 to 16 are supported", t.bits));
      if (!(t.scale > 0) || !std::isfinite(t.scale))
        fail(object, fmt::format("scale {} is not positive", t.scale));
    }
    if (tensor(0).bits != 8 || tensor(0).is_signed) fail("tensor 'input'", "raw pixels are unsigned, 8 bits");
  }

  void check_layer(const QLayer& layer, std::vector<bool>& made) const {
    const std::string object = "layer '" + layer.name + "'";
    const bool is_add = std::holds_alternative<QAdd>(layer.op);
    if (layer.inputs.size() != (is_add ? 2U : 1U)) fail(object, "wrong number of inputs");
    const auto count = static_cast<int>(net_.tensors.size());
    for (const int t : layer.inputs) {
      if (t < 0 || t >= count || !made[static_cast<std::size_t>(t)])
        fail(object, "it reads a tensor that no earlier layer makes");
    }
    if (layer.output < 1 || layer.output >= count || made[static_cast<std::size_t>(layer.output)]) {
      fail(object, "its output tensor does not exist or is made twice");
    }
    made[static_cast<std::size_t>(layer.output)] = true;
    const QTensor& in = tensor(layer.inputs[0]);
    const QTensor& out = tensor(layer.output);
    if (const auto* conv = std::get_if<QConv>(&layer.op)) {
      check_window(object, conv->window, in.shape, out.shape);
      check_conv(object, *conv, in.shape, out.shape);
    } else if (const auto* pool = std::get_if<QMaxPool>(&layer.op)) {
      check_pool(object, layer, *pool, in, out);
      return;
    } else {
      const auto& add = std::get<QAdd>(layer.op);
      if (tensor(layer.inputs[0]).shape != out.shape || tensor(layer.inputs[1]).shape != out.shape) {
        fail(object, "an addition's tensors differ in shape");
      }
      check_weights(object, std::array{add.weight_a, add.weight_b}, add.weight_bits);
    }
    check_output(object, layer, out);
  }

  void check_window(const std::string& object, const net::Window& w, net::Shape in, net::Shape out) const {
    if (w.kernel_h < 1 || w.kernel_w < 1 || w.stride_h < 1 || w.stride_w < 1)
      fail(object, "kernel and stride must be positive");
    if (std::min({w.pad_top, w.pad_left, w.pad_bottom, w.pad_right}) < 0) fail(object, "padding is negative");
    if (window_outputs(in.height, w.kernel_h, w.stride_h, w.pad_top, w.pad_bottom) != out.height ||
        window_outputs(in.width, w.kernel_w, w.stride_w, w.pad_left, w.pad_right) != out.width) {
      fail(object, fmt::format("its window over {}x{} does not give {}x{}", in.height, in.width, out.height,
                               out.width));
    }
  }

  void check_conv(const std::string& object, const QConv& conv, net::Shape in, net::Shape out) const {
    if (conv.groups < 1 || in.channels % conv.groups != 0 || out.channels % conv.groups != 0) {
      fail(object, fmt::format("{} groups do not divide {} input and {} output channels", conv.groups,
                               in.channels, out.channels));
    }
    const std::int64_t expected = std::int64_t{out.channels} * (in.channels / conv.groups) *
                                  conv.window.kernel_h * conv.window.kernel_w;
    if (static_cast<std::int64_t>(conv.weights.size()) != expected) {
      fail(object, fmt::format("{} weights where {} belong", conv.weights.size(), expected));
    }
    if (conv.bias.size() != static_cast<std::size_t>(out.channels)) {
      fail(object, fmt::format("{} biases for {} output channels", conv.bias.size(), out.channels));
    }
    const fixed::Range bias_range = fixed::range_of(kMaxAccumulatorBits, true);
    for (const std::int64_t b : conv.bias) {
      if (b < bias_range.lo || b > bias_range.hi) fail(object, fmt::format("bias {} is too large", b));
    }
    check_weights(object, conv.weights, conv.weight_bits);
  }

  template <typename Weights>
  void check_weights(const std::string& object, const Weights& weights, int bits) const {
    if (bits < 2 || bits > 16) fail(object, fmt::format("weights of {} bits, 2 to 16 are supported", bits));
    const fixed::Range range = fixed::range_of(bits, true);
    for (const std::int64_t w : weights) {
      if (w < range.lo || w > range.hi) fail(object, fmt::format("weight {} does not fit {} bits", w, bits));
    }
  }

  void check_pool(const std::string& object, const QLayer& layer, const QMaxPool& pool, const QTensor& in,
                  const QTensor& out) const {
    check_window(object, pool.window, in.shape, out.shape);
    const net::Window& w = pool.window;
    if (w.pad_top >= w.kernel_h || w.pad_bottom >= w.kernel_h || w.pad_left >= w.kernel_w ||
        w.pad_right >= w.kernel_w) {
      fail(object, "a window of padding alone has no largest value");
    }
    if (in.shape.channels != out.shape.channels || in.bits != out.bits || in.is_signed != out.is_signed ||
        in.scale != out.scale) {
      fail(object, "max pooling keeps channels and number format");
    }
    if (!layer.requant.empty()) fail(object, "max pooling has no requantization");
  }

  void check_output(const std::string& object, const QLayer& layer, const QTensor& out) const {
    if (layer.requant.size() != static_cast<std::size_t>(out.shape.channels)) {
      fail(object, fmt::format("{} requantizations for {} output channels", layer.requant.size(),
                               out.shape.channels));
    }
    for (const fixed::Requant& r : layer.requant) {
      if (r.multiplier < 0 || r.multiplier >> fixed::kMultiplierBits != 0 || r.shift < 1 ||
          r.shift > fixed::kMaxShift) {
        fail(object, fmt::format("requantization {} >> {} is out of range", r.multiplier, r.shift));
      }
    }
    const fixed::Range range = fixed::range_of(out.bits, out.is_signed);
    if (layer.clamp.lo > layer.clamp.hi || layer.clamp.lo < range.lo || layer.clamp.hi > range.hi) {
      fail(object,
           fmt::format("clamp [{}, {}] does not fit {} bits", layer.clamp.lo, layer.clamp.hi, out.bits));
    }
    const int needed = fixed::bits_for(accumulator_bounds(net_, layer), true);
    if (needed > layer.acc_bits || layer.acc_bits > kMaxAccumulatorBits) {
      fail(object, fmt::format("its accumulator needs {} bits, has {} (at most {})", needed, layer.acc_bits,
                               kMaxAccumulatorBits));
    }
  }

  void check_exits() const {
    if (net_.exits.empty()) fail("exits", "there are none");
    for (const QExit& e : net_.exits) {
      const std::string object = "exit '" + e.name + "'";
      if (e.logits < 1 || e.logits >= static_cast<int>(net_.tensors.size()))
        fail(object, "its logits tensor does not exist");
      const QTensor& t = tensor(e.logits);
      if (t.shape != net::Shape{net_.classes(), 1, 1})
        fail(object, fmt::format("its logits are not a vector of {}", net_.classes()));
      if (!t.is_signed || t.bits != net_.decision.logit_bits || t.scale != net_.decision.logit_step) {
        fail(object, "its logits differ in number format from the decision tables");
      }
    }
  }

  // Each branch is one run of layers, directly behind the last backbone layer that it reads, so that hardware
  // can start it there.
  void check_order() const {
    int current = -1;   // branch that the layer before belongs to
    int backbone = 0;   // tensor that the last backbone layer made
    bool reads = true;  // whether the current branch reads it
    std::vector<bool> left(net_.exits.size(), false);
    const auto leave = [&] {
      if (current < 0) return;
      const std::string object = "exit '" + net_.exits[static_cast<std::size_t>(current)].name + "'";
      if (left[static_cast<std::size_t>(current)]) fail(object, "its branch is not in one piece");
      if (!reads) fail(object, "its branch does not come directly after the layer that it taps");
      left[static_cast<std::size_t>(current)] = true;
    };
    for (std::size_t i = 0; i < net_.layers.size(); ++i) {
      const QLayer& layer = net_.layers[i];
      const int branch = branch_of(net_, static_cast<int>(i));
      if (branch != current) {
        leave();
        current = branch;
        reads = false;
      }
      if (branch < 0) backbone = layer.output;
      reads = reads || std::find(layer.inputs.begin(), layer.inputs.end(), backbone) != layer.inputs.end();
    }
    leave();
  }

  const QNetwork& net_;
};

}  // namespace

int window_outputs(int size, int kernel, int stride, int pad_before, int pad_after) {
  const std::int64_t room = std::int64_t{size} + pad_before + pad_after - kernel;
  return room < 0 ? 0 : static_cast<int>(room / stride) + 1;
}

fixed::Range accumulator_bounds(const QNetwork& network, const QLayer& layer) {
  fixed::Range widest{0, 0};
  if (std::holds_alternative<QMaxPool>(layer.op)) return widest;
  const auto input_range = [&](std::size_t i) {
    const QTensor& t = network.tensors[static_cast<std::size_t>(layer.inputs[i])];
    return fixed::range_of(t.bits, t.is_signed);
  };
  const auto add_product = [](fixed::Range& sum, std::int64_t w, fixed::Range x) {
    sum.hi += std::max(w * x.lo, w * x.hi);  // never negative: the range holds 0
    sum.lo += std::min(w * x.lo, w * x.hi);
  };
  if (const auto* add = std::get_if<QAdd>(&layer.op)) {
    add_product(widest, add->weight_a, input_range(0));
    add_product(widest, add->weight_b, input_range(1));
    return widest;
  }
  const auto& conv = std::get<QConv>(layer.op);
  const fixed::Range x = input_range(0);
  const std::size_t terms = conv.weights.size() / conv.bias.size();
  for (std::size_t n = 0; n < conv.bias.size(); ++n) {
    fixed::Range sum{std::min<std::int64_t>(conv.bias[n], 0), std::max<std::int64_t>(conv.bias[n], 0)};
    // All weights of one sign reach their end at the same operand, so their sum does.
    std::int64_t all = 0;
    std::int64_t magnitudes = 0;  // not split by sign here: no branch foresees the sign of a weight
    for (std::size_t k = n * terms; k < (n + 1) * terms; ++k) {
      all += conv.weights[k];
      magnitudes += std::abs(std::int64_t{conv.weights[k]});
    }
    add_product(sum, (all + magnitudes) / 2, x);
    add_product(sum, (all - magnitudes) / 2, x);
    widest = {std::min(widest.lo, sum.lo), std::max(widest.hi, sum.hi)};
  }
  return widest;
}

void check_network(const QNetwork& network) {
  Checker(network).run();
}

}  // namespace offramp::quant
