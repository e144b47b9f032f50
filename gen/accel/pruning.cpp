#include "accel/pruning.h"

#include <fmt/format.h>

#include <algorithm>

#include "accel/timing.h"
#include "base/error.h"

namespace offramp::accel {

blocks::ActivityMeter activity_meter(const ArrayShape& shape, int data_bits, int layer_bits) {
  return {.lanes = shape.lanes,
          .columns = shape.columns,
          .data_bits = data_bits,
          .layer_bits = layer_bits,
          .sum_bits = fixed::SkipRule::kLevelBits};
}

int skip_verdict_cycles(const ArrayShape& shape) {
  return activity_meter(shape, 8, 1).latency() + 1;
}

void mark_branches(const quant::QNetwork& network, bool prunes, EnginePlan& engine) {
  for (LayerPlan& l : engine.layers) l.branch = quant::branch_of(network, l.qlayer);
  if (!prunes) return;
  for (auto l = engine.layers.begin(); l != engine.layers.end();) {
    const auto end =
        std::find_if(l, engine.layers.end(), [&](const LayerPlan& o) { return o.branch != l->branch; });
    if (l->branch >= 0) {
      l->branch_layers = static_cast<int>(end - l);
      engine.skip_after = result_cycle(PipelineShape::of(engine)) + skip_verdict_cycles(engine.shape);
    }
    l = end;
  }
}

void check_activities(const quant::QNetwork& n) {
  for (int e = 0; e + 1 < static_cast<int>(n.exits.size()); ++e) {
    const quant::QTensor& tap = n.tensors[static_cast<std::size_t>(quant::tap_of(n, e))];
    const fixed::Range range = fixed::range_of(tap.bits, tap.is_signed);
    const std::int64_t most = tap.shape.elements() * std::max(range.hi, -range.lo);
    if (most <= fixed::SkipRule::kMostLevel) continue;
    throw Error(fmt::format(
        "{}: exit {} ('{}') reads map '{}', whose magnitudes may add up to {}, and a skip register holds {}; "
        "generate without --prune",
        n.name, e, n.exits[static_cast<std::size_t>(e)].name, tap.name, most, fixed::SkipRule::kMostLevel));
  }
}

}  // namespace offramp::accel
