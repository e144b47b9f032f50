#include "quant/quantize.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "base/error.h"
#include "quant/calibrate.h"
#include "quant/check_network.h"
#include "quant/fold.h"
#include "quant/quantize_weights.h"

namespace offramp::quant {
namespace {

constexpr double kLogitMargin = 1.25;  // room above the largest logit seen in calibration
/// About as strict as each other among ten classes.
double default_level(fixed::Criterion criterion) {
  switch (criterion) {
    case fixed::Criterion::max_softmax:
    case fixed::Criterion::base2:
      return 0.9;
    case fixed::Criterion::entropy:
      return 0.3;
    case fixed::Criterion::margin:
      return 3;
    case fixed::Criterion::patience:
      return 1;
  }
  return 0;
}

void check_bits(const std::string& what, int bits) {
  if (bits < 2 || bits > 16) {
    throw Error(
        fmt::format("{} of {} bits: 2 to 16 are supported (--bits NAME=WEIGHTS/ACTIVATIONS)", what, bits));
  }
}

class Quantizer {
 public:
  Quantizer(const net::Network& folded, const Calibration& calibration, const QuantizeOptions& options)
      : net_(folded), calibration_(calibration), options_(options) {}

  QNetwork run() {
    check_options();
    find_layers();
    choose_signs();
    choose_scales();
    out_.name = net_.name;
    out_.calibration = calibration_.description;
    make_tensors();
    for (const Stage& stage : stages_) make_layer(stage);
    for (std::size_t e = 0; e < net_.exits.size(); ++e) make_exit(e);
    out_.decision = fixed::make_decision_tables(net_.classes(), options_.logit_bits, logit_scale_);
    check_network(out_);
    return std::move(out_);
  }

 private:
  /// One layer of the result: a node and the Relu after it, whose value is at `end`.
  struct Stage {
    int node = 0;
    int end = 0;
    LayerBits bits;
    const net::Relu* relu = nullptr;
    bool is_signed = true;
    double scale = 0;
    bool is_pool = false;
    bool is_logits = false;
    int root = 0;  // stage whose scale this one shares
  };

  const net::Node& node(int i) const { return net_.nodes[static_cast<std::size_t>(i)]; }
  Stage& stage(int s) { return stages_[static_cast<std::size_t>(s)]; }
  /// The stage that makes a node's input; -1 is the network's input.
  int input_stage(const Stage& s, std::size_t k = 0) const {
    return stage_of_[static_cast<std::size_t>(node(s.node).inputs[k])];
  }

  void check_options() const {
    check_bits("weights", options_.bits.weights);
    check_bits("activations", options_.bits.activations);
    check_bits("logits", options_.logit_bits);
    for (const auto& [name, bits] : options_.layer_bits) {
      check_bits("layer '" + name + "': weights", bits.weights);
      check_bits("layer '" + name + "': activations", bits.activations);
      std::string known;
      bool found = false;
      for (const net::Node& n : net_.nodes) {
        if (!std::holds_alternative<net::Conv>(n.layer) && !std::holds_alternative<net::Add>(n.layer))
          continue;
        found = found || n.name == name;
        known += (known.empty() ? "" : ", ") + n.name;
      }
      if (!found)
        throw Error(fmt::format("--bits {}: network '{}' has no such layer; its layers are {}", name,
                                net_.name, known));
    }
  }

  void find_layers() {
    stage_of_.assign(net_.nodes.size(), -1);
    for (std::size_t i = 1; i < net_.nodes.size(); ++i) {
      const net::Node& n = net_.nodes[i];
      if (const auto* relu = std::get_if<net::Relu>(&n.layer)) {
        stage_of_[i] = stage_of_[static_cast<std::size_t>(n.inputs[0])];
        stages_.back().relu = relu;
        stages_.back().end = static_cast<int>(i);
        continue;
      }
      Stage s;
      s.node = s.end = static_cast<int>(i);
      const auto own = options_.layer_bits.find(n.name);
      s.bits = own == options_.layer_bits.end() ? options_.bits : own->second;
      s.is_pool = std::holds_alternative<net::MaxPool>(n.layer);
      s.root = static_cast<int>(stages_.size());
      stages_.push_back(s);
      stage_of_[i] = s.root;
    }
    for (const net::Exit& exit : net_.exits)
      stage(stage_of_[static_cast<std::size_t>(exit.logits)]).is_logits = true;
    for (Stage& s : stages_) {
      if (s.is_logits) s.bits.activations = options_.logit_bits;
    }
  }

  /// Unsigned where no value can be negative.
  void choose_signs() {
    const auto positive = [&](int s) { return s < 0 || !stage(s).is_signed; };
    const auto no_negative = [](const std::vector<float>& v) {
      return std::all_of(v.begin(), v.end(), [](float x) { return x >= 0; });
    };
    for (Stage& s : stages_) {
      bool negative = s.relu == nullptr;
      if (const auto* conv = std::get_if<net::Conv>(&node(s.node).layer)) {
        negative =
            negative && !(positive(input_stage(s)) && no_negative(conv->weights) && no_negative(conv->bias));
      } else if (s.is_pool) {
        negative = !positive(input_stage(s));
      } else {
        negative = negative && !(positive(input_stage(s, 0)) && positive(input_stage(s, 1)));
      }
      s.is_signed = negative || s.is_logits;
    }
  }

  std::int64_t top(const Stage& s) const { return fixed::range_of(s.bits.activations, s.is_signed).hi; }
  double scale_of_stage(int s) const {
    return s < 0 ? 1 / net_.input_scale : stages_[static_cast<std::size_t>(s)].scale;
  }

  int root(int s) {
    while (stage(s).root != s) s = stage(s).root;
    return s;
  }

  void choose_scales() {
    for (std::size_t i = 0; i < stages_.size(); ++i) {
      Stage& s = stages_[i];
      if (s.is_pool) {
        // A pool of the raw input has no stage to share with; it keeps the input's scale.
        const int source = input_stage(s);
        if (source >= 0) {
          s.root = root(source);
          s.bits = stage(source).bits;
        } else {
          s.bits.activations = 8;
        }
      } else if (std::holds_alternative<net::Add>(node(s.node).layer)) {
        tie(input_stage(s, 0), input_stage(s, 1));
      }
    }
    for (Stage& s : stages_) {
      if (s.is_pool) continue;
      const Histogram& seen = calibration_.nodes[static_cast<std::size_t>(s.end)];
      if (s.is_logits) {
        logit_scale_ = std::max(logit_scale_, kLogitMargin * seen.largest() / static_cast<double>(top(s)));
        continue;
      }
      Stage& owner = stage(root(static_cast<int>(&s - stages_.data())));
      owner.scale = std::max(owner.scale, seen.best_clip(top(s)) / static_cast<double>(top(s)));
    }
    if (logit_scale_ == 0) logit_scale_ = 1;  // all logits are 0
    for (std::size_t i = 0; i < stages_.size(); ++i) {
      Stage& owner = stage(root(static_cast<int>(i)));
      if (owner.is_pool) owner.scale = 1 / net_.input_scale;
      if (owner.scale == 0) owner.scale = 1;  // nothing but zeros in calibration
      stages_[i].scale = stages_[i].is_logits ? logit_scale_ : owner.scale;
    }
  }

  /// One scale for both, so that an addition needs no multiplier; the raw input's scale is not ours to
  /// choose.
  void tie(int a, int b) {
    if (a < 0 || b < 0) return;
    const int ra = root(a);
    const int rb = root(b);
    if (stage(ra).is_pool || stage(rb).is_pool) return;
    stage(std::max(ra, rb)).root = std::min(ra, rb);
  }

  void make_tensors() {
    out_.tensors.push_back({.name = "input",
                            .shape = net_.nodes[0].shape,
                            .bits = 8,
                            .is_signed = false,
                            .scale = 1 / net_.input_scale});
    for (const Stage& s : stages_) {
      out_.tensors.push_back({.name = node(s.node).name,
                              .shape = node(s.node).shape,
                              .bits = s.bits.activations,
                              .is_signed = s.is_signed,
                              .scale = s.scale});
    }
  }

  void make_layer(const Stage& s) {
    const net::Node& n = node(s.node);
    const QTensor& out = out_.tensors[out_.layers.size() + 1];
    QLayer layer;
    layer.name = n.name;
    layer.output = static_cast<int>(out_.layers.size()) + 1;
    for (std::size_t k = 0; k < n.inputs.size(); ++k) layer.inputs.push_back(input_stage(s, k) + 1);
    layer.clamp = fixed::range_of(out.bits, out.is_signed);
    if (s.relu != nullptr) {
      layer.clamp.lo = 0;
      if (s.relu->limit) {
        const double limit = std::max(0.0, std::round(static_cast<double>(*s.relu->limit) / out.scale));
        layer.clamp.hi = static_cast<std::int64_t>(std::min(limit, static_cast<double>(layer.clamp.hi)));
      }
    }
    if (s.is_pool) {
      layer.op = QMaxPool{std::get<net::MaxPool>(n.layer).window};
      layer.acc_bits = out.bits + (out.is_signed ? 0 : 1);
    } else {
      if (const auto* conv = std::get_if<net::Conv>(&n.layer)) {
        make_conv(layer, *conv, s);
      } else {
        make_add(layer, s);
      }
      layer.acc_bits = fixed::bits_for(accumulator_bounds(out_, layer), true);
      if (layer.acc_bits > kMaxAccumulatorBits) {
        throw Error(fmt::format(
            "layer '{}': its accumulator needs {} bits, {} are supported; give it fewer weight or "
            "activation bits (--bits {}=8/8)",
            n.name, layer.acc_bits, kMaxAccumulatorBits, n.name));
      }
    }
    out_.layers.push_back(std::move(layer));
  }

  fixed::Requant requant(const QLayer& layer, double scale) const {
    try {
      return fixed::requant_for(scale);
    } catch (const Error& e) {
      throw Error(fmt::format("layer '{}': {}", layer.name, e.what()));
    }
  }

  void make_conv(QLayer& layer, const net::Conv& conv, const Stage& s) {
    QConv made{.window = conv.window,
               .groups = conv.groups,
               .weight_bits = s.bits.weights,
               .weights = {},
               .bias = {}};
    const double input_scale = scale_of_stage(input_stage(s));
    const std::size_t terms = conv.weights.size() / conv.bias.size();
    made.weights.reserve(conv.weights.size());
    for (std::size_t n = 0; n < conv.bias.size(); ++n) {
      const auto channel = quantize_channel(std::span(conv.weights).subspan(n * terms, terms), conv.bias[n],
                                            s.bits.weights, input_scale);
      made.weights.insert(made.weights.end(), channel.values.begin(), channel.values.end());
      made.bias.push_back(channel.bias);
      layer.requant.push_back(requant(layer, input_scale * channel.scale / s.scale));
    }
    layer.op = std::move(made);
  }

  void make_add(QLayer& layer, const Stage& s) {
    QAdd add{.weight_bits = s.bits.weights};
    const double a = scale_of_stage(input_stage(s, 0));
    const double b = scale_of_stage(input_stage(s, 1));
    double acc_scale = a;
    if (a != b) {
      acc_scale = std::max(a, b) / static_cast<double>(fixed::range_of(add.weight_bits, true).hi);
      add.weight_a = static_cast<std::int32_t>(std::lround(a / acc_scale));
      add.weight_b = static_cast<std::int32_t>(std::lround(b / acc_scale));
    }
    layer.requant.assign(static_cast<std::size_t>(node(s.node).shape.channels),
                         requant(layer, acc_scale / s.scale));
    layer.op = add;
  }

  void make_exit(std::size_t e) {
    const net::Exit& from = net_.exits[e];
    QExit exit{.name = from.name, .logits = stage_of_[static_cast<std::size_t>(from.logits)] + 1};
    if (e + 1 < net_.exits.size()) {
      exit.criterion = from.criterion.value_or(fixed::Criterion::max_softmax);
      exit.level = from.level.value_or(default_level(exit.criterion));
      exit.threshold = fixed::threshold_register(exit.criterion, exit.level, out_.decision.logit_step);
    }
    out_.exits.push_back(exit);
  }

  const net::Network& net_;
  const Calibration& calibration_;
  const QuantizeOptions& options_;
  std::vector<Stage> stages_;  // stage s makes tensor s + 1
  std::vector<int> stage_of_;  // by node
  double logit_scale_ = 0;
  QNetwork out_;
};

}  // namespace

QNetwork quantize(const net::Network& network, const net::Split* calibration,
                  const QuantizeOptions& options) {
  const net::Network folded = fold(network);
  const Calibration seen = calibrate(folded, calibration, options.calibration_images);
  return Quantizer(folded, seen, options).run();
}

}  // namespace offramp::quant
