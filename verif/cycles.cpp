#include "verif/cycles.h"

namespace offramp::verif {

LayerCycleCounter::LayerCycleCounter(const VerilatedModel& model, const accel::Accelerator& accelerator)
    : start_(model.probe("sample.start")), stop_(model.probe("sample.stop")) {
  for (const accel::EnginePlan& plan : accelerator.engines) {
    EngineState engine;
    engine.plan = &plan;
    engine.layer_done = model.probe(plan.name + ".layer_done");
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
  const std::vector<std::uint64_t>& backbone = engines_.front().ends;
  for (std::size_t i = 0; i < engines_.size(); ++i) {
    const EngineState& engine = engines_[i];
    if (engine.ends.empty()) continue;
    std::uint64_t before = began_;
    if (i > 0) {
      if (engine.tap_layer >= backbone.size()) continue;
      before = backbone[engine.tap_layer];
    }
    for (std::size_t l = 0; l < engine.ends.size() && l < engine.plan->layers.size(); ++l) {
      sample.layers.push_back({.engine = engine.plan->name,
                               .layer = engine.plan->layers[l].name,
                               .cycles = static_cast<std::int64_t>(engine.ends[l] - before)});
      before = engine.ends[l];
    }
  }
  samples_.push_back(std::move(sample));
}

void LayerCycleCounter::observe(std::uint64_t cycle) {
  for (EngineState& engine : engines_) {
    if (running_ && engine.layer_done.get() != 0) engine.ends.push_back(cycle);
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
