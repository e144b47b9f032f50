#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/text.h"
#include "net/draft.h"
#include "net/refused.h"

namespace offramp::net {
namespace {

/// y = scale * x + shift per channel, x being the model's input.
struct Affine {
  std::vector<double> scale;
  std::vector<double> shift;
};

/// Per node, the nodes that read it.
using Readers = std::vector<std::vector<std::size_t>>;

Readers find_readers(const Draft& draft) {
  Readers result(draft.nodes.size());
  for (std::size_t i = 0; i < draft.nodes.size(); ++i) {
    for (const int input : draft.nodes[i].node.inputs) {
      auto& list = result[static_cast<std::size_t>(input)];
      if (list.empty() || list.back() != i) list.push_back(i);
    }
  }
  return result;
}

/// 1 / scale; an exporter that multiplies by float(1 / 255) means 255.
double divisor_of(double scale) {
  const double nearest = std::round(1 / scale);
  return nearest >= 1 && static_cast<float>(1 / nearest) == static_cast<float>(scale) ? nearest : 1 / scale;
}

/// The pixel value that the model's input 1.0 stands for (import.h says the rule).
double input_unit(const Draft& draft, double divisor, double mean, const std::string& where) {
  if (draft.input_scale) return *draft.input_scale;
  if (divisor >= 2 || (divisor <= 1 && mean > 1)) return 1;
  if (divisor <= 1) return 255;
  throw Refused(
      fmt::format("{}: the input normalization divides by {}, which leaves open whether the input is raw "
                  "pixels or 0 to 1; set the model's metadata property 'offramp.input_scale' to the "
                  "pixel value that the input 1.0 stands for (1 or 255)",
                  where, divisor));
}

bool has_padding(const Window& w) {
  return w.pad_top != 0 || w.pad_left != 0 || w.pad_bottom != 0 || w.pad_right != 0;
}

/// Whether `reader`, or the Dense layers behind it where it is a Flatten, can take scale and shift into
/// weights and bias; these are added to `layers`.
bool can_absorb(const Draft& draft, const Readers& readers, std::size_t reader,
                std::vector<std::size_t>& layers) {
  const Layer& layer = draft.nodes[reader].node.layer;
  if (std::holds_alternative<Conv>(layer) || std::holds_alternative<Dense>(layer)) {
    layers.push_back(reader);
    return true;
  }
  if (!std::holds_alternative<Flatten>(layer)) return false;
  for (const std::size_t next : readers[reader]) {
    if (!std::holds_alternative<Dense>(draft.nodes[next].node.layer)) return false;
    layers.push_back(next);
  }
  return std::none_of(draft.exits.begin(), draft.exits.end(),
                      [&](const Exit& e) { return e.logits == static_cast<int>(reader); });
}

void absorb(std::vector<float>& weights, std::vector<float>& bias, const Affine& affine,
            std::size_t per_output, std::size_t per_channel, auto channel_base) {
  for (std::size_t n = 0; n < bias.size(); ++n) {
    double sum = bias[n];
    for (std::size_t k = 0; k < per_output; ++k) {
      const std::size_t channel = channel_base(n) + k / per_channel;
      float& weight = weights[n * per_output + k];
      sum += weight * affine.shift[channel];
      weight = static_cast<float>(weight * affine.scale[channel]);
    }
    bias[n] = static_cast<float>(sum);
  }
}

void absorb(Layer& layer, const Affine& affine, std::int64_t map) {
  if (auto* conv = std::get_if<Conv>(&layer)) {
    const std::size_t outputs = conv->bias.size();
    const std::size_t per_group = outputs / static_cast<std::size_t>(conv->groups);
    const std::size_t channels = affine.scale.size() / static_cast<std::size_t>(conv->groups);
    const std::size_t per_output = conv->weights.size() / outputs;
    absorb(conv->weights, conv->bias, affine, per_output, per_output / channels,
           [&](std::size_t n) { return n / per_group * channels; });
  } else {
    auto& dense = std::get<Dense>(layer);
    absorb(dense.weights, dense.bias, affine, dense.weights.size() / dense.bias.size(),
           static_cast<std::size_t>(map), [](std::size_t) { return std::size_t{0}; });
  }
}

}  // namespace

double fold_normalization(Draft& draft) {
  const Shape shape = draft.nodes[0].node.shape;
  const auto is_logits = [&](int node) {
    return std::any_of(draft.exits.begin(), draft.exits.end(),
                       [&](const Exit& e) { return e.logits == node; });
  };

  // Follow the chain of arithmetic from the input, as far as nothing else reads what is between.
  int end = 0;
  int first = 0;
  const Readers readers = find_readers(draft);
  Affine affine;
  std::size_t channels = 0;
  while (true) {
    const auto& next = readers[static_cast<std::size_t>(end)];
    if (next.size() != 1 || !draft.nodes[next[0]].affine || is_logits(end)) break;
    const DraftNode& step = draft.nodes[next[0]];
    if (first == 0) {
      channels = step.scale.size();
      affine = {std::vector<double>(channels, 1.0), std::vector<double>(channels, 0.0)};
    }
    for (std::size_t c = 0; c < channels; ++c) {
      affine.scale[c] *= step.scale[c];
      affine.shift[c] = affine.shift[c] * step.scale[c] + step.shift[c];
    }
    end = static_cast<int>(next[0]);
    if (first == 0) first = end;
  }
  if (end == 0) return draft.input_scale.value_or(255.0);

  const DraftNode& node = draft.nodes[static_cast<std::size_t>(first)];
  const std::string where = fmt::format("node {} ({})", in_quotes(node.node.name), node.op);
  for (const double scale : affine.scale) {
    if (!(scale > 0) || !std::isfinite(scale)) {
      throw Refused(
          fmt::format("{}: the input normalization multiplies by {}, which must be above 0", where, scale));
    }
  }
  const double largest = *std::max_element(affine.scale.begin(), affine.scale.end());
  const double divisor = divisor_of(largest);
  double mean = 0;
  for (std::size_t c = 0; c < channels; ++c)
    mean = std::max(mean, std::abs(affine.shift[c] / affine.scale[c]));
  const double input_scale = input_unit(draft, divisor, mean, where) * divisor;

  // What a common scale does not express stays per channel.
  Affine rest = affine;
  bool scaled = false;
  bool shifted = false;
  for (std::size_t c = 0; c < channels; ++c) {
    rest.scale[c] /= largest;
    scaled = scaled || rest.scale[c] != 1;
    shifted = shifted || rest.shift[c] != 0;
  }
  const std::vector<std::size_t>& next = readers[static_cast<std::size_t>(end)];
  std::vector<std::size_t> layers;
  bool absorbed = true;
  for (const std::size_t reader : next) {
    const DraftNode& d = draft.nodes[reader];
    const auto* conv = std::get_if<Conv>(&d.node.layer);
    if (shifted && conv != nullptr && has_padding(conv->window)) {
      throw Refused(fmt::format(
          "{}: the input normalization subtracts a mean and node {} (Conv) pads its result with zeros, which "
          "raw "
          "pixels cannot express; train without the mean, or without padding in the first convolution",
          where, in_quotes(d.node.name)));
    }
    absorbed = can_absorb(draft, readers, reader, layers) && absorbed;
  }
  int replacement = 0;
  if (scaled || shifted) {
    if (absorbed && !is_logits(end)) {
      for (const std::size_t layer : layers) {
        absorb(draft.nodes[layer].node.layer, rest, std::int64_t{shape.height} * shape.width);
      }
    } else {  // keep it, as the batch normalization that it is
      BatchNorm norm;
      norm.scale.assign(rest.scale.begin(), rest.scale.end());
      norm.shift.assign(rest.shift.begin(), rest.shift.end());
      draft.nodes[static_cast<std::size_t>(first)].node.layer = std::move(norm);
      replacement = first;
    }
  }
  for (const std::size_t reader : next) {
    auto& inputs = draft.nodes[reader].node.inputs;
    std::replace(inputs.begin(), inputs.end(), end, replacement);
  }
  for (Exit& exit : draft.exits) {
    if (exit.logits == end) exit.logits = replacement;
  }
  return input_scale;
}

}  // namespace offramp::net
