#include "verif/cycles.h"

#include <optional>

namespace offramp::verif {

LayerCycleCounter::LayerCycleCounter(const VerilatedModel& model, const accel::Accelerator& accelerator)
    : start_(model.probe("sample.start")), stop_(model.probe("sample.stop")) {
  for (const accel::EnginePlan& plan : accelerator.engines) {
    EngineState engine;
    engine.plan = &plan;
    engine.layer_done = model.probe(plan.name + ".layer_done");
    engine.layer = model.probe(plan.name + ".write_layer");
    if (!engines_.empty()) {
      const std::vector<accel::LayerPlan>& layers = accelerator.engines.front().layers;
      for (std::size_t l = 0; l < layers.size(); ++l) {
        if (layers[l].output == plan.tensors.front().tensor) engine.tap_layer = l;
      }
    }
    engines_.push_back(std::move(engine));
  }
}

void LayerCycleCounter::finish(std::uint64_t cycle) {
  Sample sample{.total = static_cast<std::int64_t>(cycle + 1 - began_), .layers = {}};
  const auto tap_end = [&](std::size_t layer) -> std::optional<std::uint64_t> {
    for (const LayerEnd& end : engines_.front().ends) {
      if (end.layer == layer) return end.cycle;
    }
    return std::nullopt;
  };
  for (std::size_t i = 0; i < engines_.size(); ++i) {
    const EngineState& engine = engines_[i];
    if (engine.ends.empty()) continue;
    std::uint64_t before = began_;
    if (i > 0) {
      const auto tapped = tap_end(engine.tap_layer);
      if (!tapped) continue;
      before = *tapped;
    }
    for (const LayerEnd& end : engine.ends) {  // without those of branches that were skipped
      if (end.layer >= engine.plan->layers.size()) continue;
      sample.layers.push_back({.engine = engine.plan->name,
                               .layer = engine.plan->layers[end.layer].name,
                               .cycles = static_cast<std::int64_t>(end.cycle - before)});
      before = end.cycle;
    }
  }
  samples_.push_back(std::move(sample));
}

void LayerCycleCounter::observe(std::uint64_t cycle) {
  for (EngineState& engine : engines_) {
    if (running_ && engine.layer_done.get() != 0)
      engine.ends.push_back({.layer = static_cast<std::size_t>(engine.layer.get()), .cycle = cycle});
  }
  if (running_ && stop_.get() != 0) {
    finish(cycle);
    running_ = false;
  }
  if (start_.get() != 0) {
    began_ = cycle;
    running_ = true;
    for (EngineState& engine : engines_) engine.ends.clear();
  }
}

}  // namespace offramp::verif
