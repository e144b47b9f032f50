#include "quant/random_network.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>
#include <string>

#include "quant/check_network.h"

namespace offramp::quant {
namespace {

/// What values of a tensor are expected to look like; only has to be right to a factor of two.
struct Spread {
  double mean = 0;
  double deviation = 1;
};

class Maker {
 public:
  Maker(std::uint64_t seed, const RandomNetworkOptions& options) : options_(options), random_(seed) {
    net_.name = "random_" + std::to_string(seed);
  }

  QNetwork make() {
    net_.tensors.push_back(
        {.name = "input", .shape = {1, 1, 1}, .bits = 8, .is_signed = false, .scale = 1.0 / 255});
    net_.tensors[0].shape = {within(1, std::min(4, options_.max_channels)), map_size(), map_size()};
    spread_.push_back({127.5, 74});

    classes_ = within(2, std::max(2, options_.max_classes));
    logit_bits_ = within(6, 16);
    // The largest logit differences are worth 2 to 16 nats.
    logit_step_ = std::ldexp(static_cast<double>(within(2, 16)), -logit_bits_);

    const int layers = within(1, std::max(1, options_.max_layers));
    std::vector<bool> tapped(static_cast<std::size_t>(layers), false);
    for (int e = within(0, options_.max_early_exits); e > 0; --e) tapped[below(tapped.size())] = true;

    int current = 0;
    for (int i = 0; i < layers; ++i) {
      current = add_backbone_layer(current, i);
      if (tapped[static_cast<std::size_t>(i)]) add_exit(current);
    }
    add_classifier(current, "classifier", "exit" + std::to_string(net_.exits.size()));
    net_.decision = fixed::make_decision_tables(classes_, logit_bits_, logit_step_);
    check_network(net_);
    return std::move(net_);
  }

 private:
  // The distributions of <random> differ between libraries; these do not.
  std::size_t below(std::size_t n) { return static_cast<std::size_t>(random_() % n); }
  int within(int lo, int hi) { return lo + static_cast<int>(below(static_cast<std::size_t>(hi - lo + 1))); }
  bool chance(int percent) { return within(0, 99) < percent; }

  int map_size() {
    return chance(80) ? within(std::min(3, options_.max_map), options_.max_map) : within(1, options_.max_map);
  }
  int weight_bits() {
    return chance(40) ? std::clamp(8, options_.min_weight_bits, options_.max_weight_bits)
                      : within(options_.min_weight_bits, options_.max_weight_bits);
  }

  const QTensor& tensor(int t) const { return net_.tensors[static_cast<std::size_t>(t)]; }

  int new_tensor(const std::string& name, net::Shape shape) {
    const int bits = chance(40) ? std::clamp(8, options_.min_activation_bits, options_.max_activation_bits)
                                : within(options_.min_activation_bits, options_.max_activation_bits);
    net_.tensors.push_back({.name = name, .shape = shape, .bits = bits, .is_signed = chance(40), .scale = 1});
    spread_.push_back({});
    return static_cast<int>(net_.tensors.size()) - 1;
  }

  int add_backbone_layer(int in, int index) {
    const std::string number = std::to_string(index);
    if (options_.max_pools && chance(25)) return add_pool(in, "pool" + number);
    if (options_.adds && chance(30)) return add_addition(in, number);
    return add_conv(in, "conv" + number);
  }

  /// Window along one axis with at least one output, no wider than `size` plus its padding.
  void choose_axis(int size, int& kernel, int& stride, int& before, int& after) {
    kernel = within(1, std::min(5, size + 2));
    stride = chance(60) ? 1 : within(2, 3);
    before = within(0, std::min(2, kernel - 1));
    after = within(0, std::min(2, kernel - 1));
    // Enough padding for one output, shared so that neither side reaches the kernel's size.
    while (size + before + after < kernel) (before <= after ? before : after)++;
  }

  net::Window random_window(net::Shape in) {
    net::Window w;
    choose_axis(in.height, w.kernel_h, w.stride_h, w.pad_top, w.pad_bottom);
    choose_axis(in.width, w.kernel_w, w.stride_w, w.pad_left, w.pad_right);
    if (chance(50) && in.height == in.width) {
      w.kernel_w = w.kernel_h, w.stride_w = w.stride_h, w.pad_left = w.pad_top, w.pad_right = w.pad_bottom;
    }
    return w;
  }

  static net::Shape outputs(net::Shape in, const net::Window& w, int channels) {
    return {channels, window_outputs(in.height, w.kernel_h, w.stride_h, w.pad_top, w.pad_bottom),
            window_outputs(in.width, w.kernel_w, w.stride_w, w.pad_left, w.pad_right)};
  }

  int add_pool(int in, const std::string& name) {
    const net::Window w = random_window(tensor(in).shape);
    QTensor out = tensor(in);
    out.name = name;
    out.shape = outputs(tensor(in).shape, w, tensor(in).shape.channels);
    Spread spread = spread_[static_cast<std::size_t>(in)];
    if (w.kernel_h * w.kernel_w > 1) {
      spread.mean += spread.deviation;  // the largest of several
      spread.deviation *= 0.7;
    }
    net_.tensors.push_back(out);
    spread_.push_back(spread);
    const int output = static_cast<int>(net_.tensors.size()) - 1;
    net_.layers.push_back({.name = name,
                           .op = QMaxPool{w},
                           .inputs = {in},
                           .output = output,
                           .requant = {},
                           .clamp = fixed::range_of(out.bits, out.is_signed),
                           .acc_bits = out.bits + 1});
    return output;
  }

  int add_addition(int in, const std::string& number) {
    const net::Shape shape = tensor(in).shape;
    std::vector<int> partners;
    for (int t = 0; t < in; ++t) {
      // Only the backbone's own tensors: a branch serves its exit alone.
      if (tensor(t).shape == shape && !in_branch(t)) partners.push_back(t);
    }
    int partner = 0;
    if (!partners.empty() && chance(70)) {
      partner = partners[below(partners.size())];
    } else {
      net::Window same;
      if (shape.height >= 3 && shape.width >= 3) same = {3, 3, 1, 1, 1, 1, 1, 1};
      partner = add_conv(in, "side" + number, same, shape.channels, 1);
    }
    QAdd add{.weight_bits = weight_bits()};
    if (chance(50)) {
      const int limit = static_cast<int>(fixed::range_of(add.weight_bits, true).hi);
      add.weight_a = within(1, limit);
      add.weight_b = chance(70) ? within(1, limit) : -within(1, limit);
    }
    const int a = chance(50) ? in : partner;
    const int b = a == in ? partner : in;
    const int output = new_tensor("add" + number, shape);
    const Spread& sa = spread_[static_cast<std::size_t>(a)];
    const Spread& sb = spread_[static_cast<std::size_t>(b)];
    const Spread acc{add.weight_a * sa.mean + add.weight_b * sb.mean,
                     std::hypot(add.weight_a * sa.deviation, add.weight_b * sb.deviation)};
    QLayer layer{
        .name = "add" + number, .op = add, .inputs = {a, b}, .output = output, .requant = {}, .clamp = {}};
    // There is no bias to centre the sum, so its size counts, not its deviation.
    finish(layer, std::vector<double>(static_cast<std::size_t>(shape.channels),
                                      std::hypot(acc.mean, acc.deviation)));
    return output;
  }

  bool in_branch(int t) const {
    return std::find(branch_tensors_.begin(), branch_tensors_.end(), t) != branch_tensors_.end();
  }

  int add_conv(int in, const std::string& name) {
    const net::Shape shape = tensor(in).shape;
    int groups = 1;
    int channels = within(1, options_.max_channels);
    if (options_.groups && shape.channels > 1 && chance(30)) {
      do {
        groups = within(2, shape.channels);
      } while (shape.channels % groups != 0);
      channels = groups * within(1, std::max(1, options_.max_channels / groups));
    }
    return add_conv(in, name, random_window(shape), channels, groups);
  }

  int add_conv(int in, const std::string& name, const net::Window& window, int channels, int groups) {
    const int output = new_tensor(name, outputs(tensor(in).shape, window, channels));
    push_conv(in, output, name, window, groups);
    return output;
  }

  void push_conv(int in, int output, const std::string& name, const net::Window& window, int groups) {
    const int channels = tensor(output).shape.channels;
    QConv conv{.window = window, .groups = groups, .weight_bits = weight_bits(), .weights = {}, .bias = {}};
    const int terms = tensor(in).shape.channels / groups * window.kernel_h * window.kernel_w;
    // Symmetric, as the quantizer makes weights.
    const std::int64_t top = fixed::range_of(conv.weight_bits, true).hi;
    const bool average = groups == tensor(in).shape.channels && channels == groups && chance(50);
    const Spread& x = spread_[static_cast<std::size_t>(in)];
    std::vector<double> deviations;
    for (int n = 0; n < channels; ++n) {
      double sum = 0;
      double squares = 0;
      for (int k = 0; k < terms; ++k) {
        std::int64_t w =
            average ? 1 : static_cast<std::int64_t>(below(static_cast<std::size_t>(2 * top + 1))) - top;
        if (k == 0 && w == 0) w = -top;  // no channel without a weight
        conv.weights.push_back(static_cast<std::int32_t>(w));
        sum += static_cast<double>(w);
        squares += static_cast<double>(w * w);
      }
      const double deviation = std::sqrt(squares) * x.deviation;
      const double jitter = (static_cast<double>(below(2001)) / 1000 - 1) * deviation;
      conv.bias.push_back(average ? 0 : static_cast<std::int64_t>(std::floor(jitter - sum * x.mean)));
      deviations.push_back(average ? std::hypot(deviation, sum * x.mean) : deviation);
    }
    QLayer layer{
        .name = name, .op = std::move(conv), .inputs = {in}, .output = output, .requant = {}, .clamp = {}};
    finish(layer, deviations);
  }

  /// Requantization that puts two typical accumulators at the end of the output's range, clamp, width;
  /// appends.
  void finish(QLayer& layer, const std::vector<double>& deviations) {
    const QTensor& out = tensor(layer.output);
    layer.clamp = fixed::range_of(out.bits, out.is_signed);
    if (chance(20)) layer.clamp.hi -= layer.clamp.hi / within(3, 6);  // as a Clip would
    if (out.is_signed && chance(20)) layer.clamp.lo = 0;
    const double target = std::max(0.7, static_cast<double>(layer.clamp.hi) / 2);
    for (const double d : deviations)
      layer.requant.push_back(fixed::requant_for(std::min(target / std::max(d, 0.5), 30000.0)));
    const bool halved = layer.clamp.lo == 0;
    spread_[static_cast<std::size_t>(layer.output)] = {halved ? 0.4 * target : 0.0,
                                                       halved ? 0.6 * target : target};
    net_.layers.push_back(layer);
    net_.layers.back().acc_bits = fixed::bits_for(accumulator_bounds(net_, layer), true);
  }

  void add_exit(int tap) {
    const std::string name = "exit" + std::to_string(net_.exits.size());
    const std::size_t first = net_.tensors.size();
    int current = tap;
    if (chance(60))
      current = options_.max_pools && chance(30) ? add_pool(current, name + "_pool")
                                                 : add_conv(current, name + "_conv");
    add_classifier(current, name + "_classifier", name);
    for (std::size_t t = first; t < net_.tensors.size(); ++t) branch_tensors_.push_back(static_cast<int>(t));
  }

  void add_classifier(int in, const std::string& layer, const std::string& exit) {
    const net::Shape shape = tensor(in).shape;
    net_.tensors.push_back({.name = layer,
                            .shape = {classes_, 1, 1},
                            .bits = logit_bits_,
                            .is_signed = true,
                            .scale = logit_step_});
    spread_.push_back({});
    const int logits = static_cast<int>(net_.tensors.size()) - 1;
    net::Window whole;
    whole.kernel_h = shape.height;
    whole.kernel_w = shape.width;
    push_conv(in, logits, layer, whole, 1);
    net_.exits.push_back(
        {.name = exit,
         .logits = logits,
         .criterion =
             fixed::kCriteria[static_cast<std::size_t>(within(0, std::size(fixed::kCriteria) - 1))]});
    choose_threshold(net_.exits.back());
  }

  void choose_threshold(QExit& exit) {
    const double part = static_cast<double>(within(1, 99)) / 100;
    const double step = logit_step_;
    switch (exit.criterion) {
      case fixed::Criterion::max_softmax:
      case fixed::Criterion::base2:
        exit.level = part + (1 - part) / classes_;
        break;
      case fixed::Criterion::entropy:
        exit.level = part * std::log(classes_);
        break;
      case fixed::Criterion::margin:
        exit.level = part * std::ldexp(step, logit_bits_ - 2);
        break;
      case fixed::Criterion::patience:
        exit.level = std::floor(3 * part);
        break;
    }
    exit.threshold = fixed::threshold_register(exit.criterion, exit.level, step);
    const bool always = chance(10);
    const bool never = chance(10);
    if (always || never) {
      exit.threshold =
          never ? fixed::never_register(exit.criterion) : fixed::always_register(exit.criterion);
      exit.level = fixed::threshold_level(exit.criterion, exit.threshold, step);
    }
  }

  const RandomNetworkOptions& options_;
  std::mt19937_64 random_;
  QNetwork net_;
  std::vector<Spread> spread_;  // by tensor
  std::vector<int> branch_tensors_;
  int classes_ = 2;
  int logit_bits_ = 12;
  double logit_step_ = 1;
};

}  // namespace

QNetwork random_network(std::uint64_t seed, const RandomNetworkOptions& options) {
  return Maker(seed, options).make();
}

std::vector<std::uint8_t> random_image(const QNetwork& network, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<std::uint8_t> pixels(static_cast<std::size_t>(network.tensors[0].shape.elements()));
  for (auto& p : pixels) p = static_cast<std::uint8_t>(random() >> 56);
  return pixels;
}

}  // namespace offramp::quant
