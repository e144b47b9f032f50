#include "model/estimate.h"

#include <algorithm>
#include <limits>
#include <numeric>
#include <stdexcept>

#include "accel/engine.h"
#include "accel/pruning.h"
#include "accel/registers.h"
#include "accel/share.h"
#include "accel/timing.h"
#include "accel/top.h"
#include "blocks/sample_control.h"
#include "model/weight_stream.h"

namespace offramp::model {
namespace {

using accel::EnginePlan;
using accel::LayerPlan;
using accel::Strategy;
using blocks::DecisionUnit;
using blocks::SampleControl;

/// When an engine's events happen, in cycles after its start pulse.
struct EngineTimes {
  std::vector<std::int64_t> layer_end;  // the cycle in which layer i's last result stands at the write port
  std::vector<std::int64_t> decided;    // by layer: its decision unit's done, or -1 for layers without logits
};

/// The cycle in which the largest of a layer's logits is found: one logit a cycle, from the cycle after its
/// beat. A channel tile's logits stand at the decision unit `latency` cycles after its last issue.
std::int64_t found(const LayerPlan& l, const std::vector<std::int64_t>& last_issues, std::int64_t latency,
                   int columns) {
  std::int64_t next = 0;
  for (int ct = 0; ct < l.channel_tiles; ++ct) {
    const int logits = std::min(columns, l.channels - ct * columns);
    next = std::max(next, last_issues[static_cast<std::size_t>(ct)] + latency + 1) + logits;
  }
  return next - 1;
}

/// The last issue of each of a layer's channel tiles. `stream` moves on where its weights come from there, up
/// to the cycle `until` of the stream's time; what comes after that does not happen.
std::vector<std::int64_t> last_issues_of(const LayerPlan& l, int images, std::int64_t first_issue,
                                         std::int64_t begin, WeightStream* stream, std::int64_t until) {
  const std::int64_t pass = l.issue_cycles * images / l.tile_passes();
  const bool streamed = l.streamed && stream != nullptr;
  std::vector<std::int64_t> last;
  std::int64_t next = first_issue;
  for (int ct = 0; ct < l.channel_tiles; ++ct) {
    for (int k = 0; k < l.k_tiles; ++k) {
      if (streamed && begin + next <= until) next = stream->take(begin + next) - begin;
      next += pass;
    }
    last.push_back(next - 1);
  }
  return last;
}

/// Layers of an engine's program that run after one start pulse.
struct Phase {
  std::size_t first = 0, end = 0;
  int images = 1;                // of grouped layers
  const std::set<int>& skipped;  // exits whose branches are passed over
};

const quant::QExit& exit_of(const accel::Accelerator& a, const LayerPlan& layer) {
  return a.network.exits[static_cast<std::size_t>(layer.exit)];
}

/// For a phase whose start pulse is in cycle `begin` of the stream's time.
EngineTimes phase_times(const accel::Accelerator& a, std::size_t index, const Phase& phase,
                        std::int64_t begin, WeightStream* stream,
                        std::int64_t until = std::numeric_limits<std::int64_t>::max()) {
  const EnginePlan& engine = a.engines[index];
  const DecisionUnit unit = accel::decision_unit(a, static_cast<int>(index));
  const auto pipeline = accel::PipelineShape::of(engine);
  const int last_exit = static_cast<int>(a.network.exits.size()) - 1;
  EngineTimes t;
  std::int64_t last_issue = (engine.images > 1 ? accel::kPhaseStartLatency : accel::kStartLatency) - 1;
  std::int64_t decision_free = 0;
  std::int64_t word_ready = last_issue;  // the next layer's word is at hand
  for (std::size_t i = phase.first; i < phase.end; ++i) {
    const LayerPlan& l = engine.layers[i];
    if (l.branch_layers > 0 && phase.skipped.contains(l.branch)) {
      const std::int64_t passed = std::max(last_issue + l.wait, word_ready);
      word_ready = passed + accel::kFetchCycles;
      for (int n = 0; n < l.branch_layers; ++n, ++i) {
        t.layer_end.push_back(t.layer_end.back());
        t.decided.push_back(engine.layers[i].exit < 0 ? -1 : passed);
      }
      --i;
      continue;
    }
    std::int64_t first_issue = std::max(last_issue + l.wait, word_ready) + 1;
    // A layer that makes logits does not begin while the decision unit works on the exit before.
    if (l.exit >= 0) first_issue = std::max(first_issue, decision_free + 1);
    const std::vector<std::int64_t> last_issues =
        last_issues_of(l, l.grouped ? phase.images : 1, first_issue, begin, stream, until);
    last_issue = last_issues.back();
    t.layer_end.push_back(last_issue + accel::result_cycle(pipeline));
    t.decided.push_back(-1);
    if (l.exit < 0) continue;
    const bool class_only = l.exit == last_exit || !unit.with_sums;
    t.decided.back() = found(l, last_issues, accel::result_cycle(pipeline), engine.shape.columns) +
                       (class_only ? DecisionUnit::kClassLatency
                                   : DecisionUnit::latency(exit_of(a, l).criterion, a.network.classes()));
    decision_free = t.decided.back() + 1;
  }
  return t;
}

/// For an engine that runs its whole program for a sample.
EngineTimes engine_times(const accel::Accelerator& a, std::size_t index, const std::set<int>& skipped,
                         std::int64_t begin = 0, WeightStream* stream = nullptr) {
  return phase_times(a, index, {.first = 0, .end = a.engines[index].layers.size(), .skipped = skipped}, begin,
                     stream);
}

/// When every exit is decided, in cycles after the backbone's start; -1 for exits that the hardware lacks.
std::vector<std::int64_t> decided_times(const accel::Accelerator& a, const EngineTimes& backbone,
                                        const std::set<int>& skipped) {
  std::vector<std::int64_t> decided(a.network.exits.size(), -1);
  for (std::size_t i = 0; i < a.engines.size(); ++i) {
    const EnginePlan& engine = a.engines[i];
    std::int64_t start = 0;
    for (std::size_t l = 0; i > 0 && l < a.engines[0].layers.size(); ++l) {
      if (a.engines[0].layers[l].output == engine.tensors.front().tensor) start = backbone.layer_end[l];
    }
    if (i > 0 && a.options.prune) start += accel::skip_verdict_cycles(a.engines.front().shape);
    const EngineTimes times = i == 0 ? backbone : engine_times(a, i, skipped);
    for (std::size_t l = 0; l < times.decided.size(); ++l) {
      const int exit = engine.layers[l].exit;
      if (exit < 0) continue;
      const bool passed_over = i > 0 && skipped.contains(exit);
      decided[static_cast<std::size_t>(exit)] = passed_over ? start : start + times.decided[l];
    }
  }
  return decided;
}

/// Cycles from a sample's start to the next one's, when it leaves at exit x: it waits for every decision up
/// to there.
std::int64_t sample_cycles(const std::vector<std::int64_t>& decided, int x) {
  const auto last = decided.begin() + x + 1;
  return *std::max_element(decided.begin(), last) + SampleControl::kStopLatency +
         SampleControl::kRestartLatency;
}

/// Cycles a sample of full groups whose samples all leave at the last exit.
std::int64_t grouped_sample_cycles(const accel::Accelerator& a, const std::set<int>& skipped) {
  const EnginePlan& engine = a.engines.front();
  const auto first = static_cast<std::size_t>(engine.group_first);
  const auto last = static_cast<std::size_t>(engine.final_first);
  const auto pipeline = accel::PipelineShape::of(engine);
  WeightStream stream(engine, a.options.weights);
  std::int64_t now = 0;
  std::int64_t cycles = 0;
  // When the control sees a phase's end: its last issue, a cycle for the sequencer to say so, the drain.
  const auto over = [&](const EngineTimes& t) {
    return t.layer_end.back() - accel::result_cycle(pipeline) + 1 + accel::phase_drain(pipeline);
  };
  for (int n = 0; n < 2; ++n) {  // the first begins with an empty ring
    const std::int64_t begin = now;
    for (int image = 0; image < engine.images; ++image) {
      const EngineTimes t = phase_times(a, 0, {.first = 0, .end = first, .skipped = skipped}, now, &stream);
      std::int64_t parked = over(t);
      for (const std::int64_t decided : t.decided) parked = std::max(parked, decided + 1);
      now += parked + 1;
    }
    now += over(phase_times(a, 0, {.first = first, .end = last, .images = engine.images, .skipped = skipped},
                            now, &stream));
    for (int image = 0; image < engine.images; ++image) {
      const EngineTimes t =
          phase_times(a, 0, {.first = last, .end = engine.layers.size(), .skipped = skipped}, now, &stream);
      now += t.decided.back() + SampleControl::kStopLatency + SampleControl::kRestartLatency;
    }
    cycles = now - begin;
  }
  return (cycles + engine.images / 2) / engine.images;
}

/// The same in a steady stream of such samples, whose weights come from memory while they run.
std::int64_t streamed_sample_cycles(const accel::Accelerator& a, int x, const std::set<int>& skipped) {
  if (a.engines.front().images > 1 && x + 1 == static_cast<int>(a.network.exits.size()))
    return grouped_sample_cycles(a, skipped);
  constexpr int kSamples = 3;  // the first begins with an empty ring
  WeightStream stream(a.engines.front(), a.options.weights);
  std::int64_t begin = 0;
  std::int64_t cycles = 0;
  for (int n = 0; n < kSamples; ++n) {
    const std::size_t layers = a.engines.front().images > 1
                                   ? static_cast<std::size_t>(a.engines.front().group_first)
                                   : a.engines.front().layers.size();
    const WeightStream before = stream;
    const EngineTimes times =
        phase_times(a, 0, {.first = 0, .end = layers, .skipped = skipped}, begin, &stream);
    cycles = sample_cycles(decided_times(a, times, skipped), x);
    const std::int64_t program =
        times.layer_end.back() - accel::result_cycle(accel::PipelineShape::of(a.engines.front()));
    const std::int64_t stop = cycles - SampleControl::kRestartLatency;
    if (program >= stop || a.engines.front().images > 1) {
      // What is on its way for layers that were not reached is dropped.
      stream = before;
      (void)phase_times(a, 0, {.first = 0, .end = layers, .skipped = skipped}, begin, &stream, begin + stop);
      stream.restart(static_cast<double>(begin + stop));
    }
    begin += cycles;
  }
  return cycles;
}

}  // namespace

Estimate estimate(const accel::Accelerator& a, const std::set<int>& skipped) {
  if (!skipped.empty() && !a.options.prune)
    throw std::logic_error("estimate: the design cannot skip branches");
  Estimate e;
  e.multipliers = a.multipliers();
  e.dsps = a.array_dsps();
  const int last_exit = static_cast<int>(a.network.exits.size()) - 1;
  const bool streams = a.engines.front().beat_bits > 0;
  const EngineTimes backbone = engine_times(a, 0, skipped);
  for (std::size_t i = 0; i < a.engines.size(); ++i) {
    const EnginePlan& engine = a.engines[i];
    const EngineTimes times = i == 0 ? backbone : engine_times(a, i, skipped);
    std::int64_t tiles = 0;
    for (std::size_t l = 0; l < engine.layers.size(); ++l) {
      const LayerPlan& layer = engine.layers[l];
      // A classifier's first layer counts from the end of the map that it reads.
      const std::int64_t map_end =
          i > 0 && a.options.prune ? -accel::skip_verdict_cycles(a.engines.front().shape) : 0;
      const std::int64_t before = l == 0 ? map_end : times.layer_end[l - 1];
      e.layers.push_back({.engine = engine.name,
                          .layer = layer.name,
                          .cycles = times.layer_end[l] - before,
                          .macs = layer.macs});
    }
    // Room for the network that has the most of them.
    for (const accel::Accelerator* n : accel::networks_of(a)) {
      std::int64_t its = 0;
      for (const LayerPlan& layer : n->engines[i].layers) its += layer.tile_passes();
      tiles = std::max(tiles, its);
    }
    if (i == 0 && streams) tiles = engine.resident_tiles + engine.ring_tiles;
    e.weight_bits += tiles * engine.shape.rows * engine.shape.columns * engine.weight_bits;
    e.activation_bits += std::int64_t{engine.words} * engine.banks * engine.data_bits * engine.shape.lanes;
  }

  const std::vector<std::int64_t> decided = decided_times(a, backbone, skipped);
  for (int x = 0; x <= last_exit; ++x) {
    if (decided[static_cast<std::size_t>(x)] < 0) {  // a static design has the last exit alone
      e.cycles_by_exit.push_back(0);
      e.macs_by_exit.push_back(0);
      continue;
    }
    e.cycles_by_exit.push_back(streams ? streamed_sample_cycles(a, x, skipped) : sample_cycles(decided, x));
    std::int64_t macs = 0;
    for (const int layer : quant::layers_for_exit(a.network, x)) {
      macs += quant::macs(a.network, a.network.layers[static_cast<std::size_t>(layer)]);
    }
    // Branches of the exits passed on the way were computed as well.
    for (std::size_t layer = 0; accel::hardware_exits(a) > 1 && layer < a.network.layers.size(); ++layer) {
      const int branch = quant::branch_of(a.network, static_cast<int>(layer));
      if (branch >= 0 && branch < x && branch != last_exit && !skipped.contains(branch))
        macs += quant::macs(a.network, a.network.layers[layer]);
    }
    e.macs_by_exit.push_back(macs);
  }
  return e;
}

}  // namespace offramp::model
