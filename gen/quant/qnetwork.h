#pragma once
// The quantized network: an integer graph and the only source of truth for golden reference, RTL, models and
// reports. Every tensor is integer with zero point 0; real value = integer * scale.
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "fixed/decision.h"
#include "fixed/requant.h"
#include "fixed/skip.h"
#include "net/network.h"

namespace offramp::quant {

struct QTensor {
  std::string name;  // of the layer that makes it; "input" for tensor 0
  net::Shape shape;
  int bits = 8;
  bool is_signed = false;
  double scale = 1;
  bool operator==(const QTensor&) const = default;
};

/// A sum of products over a window, exactly: acc[n] = bias[n] + sum w * x, padding counts as 0. Dense layers
/// are a Conv whose kernel is the whole input map (1x1 output); average pooling is a Conv with groups =
/// channels.
struct QConv {
  net::Window window;
  int groups = 1;
  int weight_bits = 8;
  std::vector<std::int32_t> weights;  // [n][c][ky][kx], c < in_channels / groups
  std::vector<std::int64_t> bias;     // [n]
};
/// acc[n] = weight_a * a[n] + weight_b * b[n], elementwise over two tensors of the same shape.
struct QAdd {
  int weight_bits = 8;
  std::int32_t weight_a = 1;
  std::int32_t weight_b = 1;
};
/// acc[n] = the largest x in the window (padding never wins); no requantization, output type = input type.
struct QMaxPool {
  net::Window window;
};

struct QLayer {
  std::string name;
  std::variant<QConv, QAdd, QMaxPool> op;
  std::vector<int> inputs;              // tensor indices
  int output = 0;                       // tensor index
  std::vector<fixed::Requant> requant;  // [n]; empty for QMaxPool
  fixed::Range clamp;                   // after requantization: saturation and activation in one
  int acc_bits = 32;                    // signed width proved to hold every partial sum in any order
};

struct QExit {
  std::string name;
  int logits = 0;  // tensor index; signed, all exits share one scale
  fixed::Criterion criterion = fixed::Criterion::max_softmax;
  std::uint64_t threshold = 0;  // register value (fixed::threshold_register); unused for the last exit
  double level = 0;             // the same in the criterion's unit
  fixed::SkipRule skip = {};    // when the branch is not computed; early exits only
};

struct QNetwork {
  std::string name;
  std::vector<QTensor> tensors;  // [0] is the input: raw pixels, uint8
  std::vector<QLayer> layers;    // in execution order, exits where a sample meets them: each exit's branch
                                 // comes directly after the layer it taps
  std::vector<QExit> exits;
  fixed::DecisionTables decision;
  std::string calibration;  // where the activation ranges come from, in words for a report
  [[nodiscard]] int classes() const { return decision.classes; }
};

/// Multiply-accumulates of one layer for one sample (0 for max pooling).
[[nodiscard]] std::int64_t macs(const QNetwork& network, const QLayer& layer);
/// Layer indices on the path to exit `e`: everything a sample that leaves there needs, its branch included
/// and earlier branches excluded.
[[nodiscard]] std::vector<int> layers_for_exit(const QNetwork& network, int e);
/// Which exit's branch a layer belongs to, or -1 for the backbone. A branch's layer serves that exit alone.
[[nodiscard]] int branch_of(const QNetwork& network, int layer);
/// Whether an early exit's branch may be skipped.
[[nodiscard]] bool has_skip_rules(const QNetwork& network);
/// The backbone's tensor that early exit `e`'s branch reads.
[[nodiscard]] int tap_of(const QNetwork& network, int e);

}  // namespace offramp::quant
