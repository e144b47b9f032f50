#pragma once
// Measures how long every layer takes in the RTL, to be held against model::estimate.
#include <cstdint>
#include <string>
#include <vector>

#include "verif/bench.h"

namespace offramp::verif {

/// Counts cycles from a sample's start to the end of each layer, engine by engine, with the probes
/// "sample.start", "sample.stop" and "<engine>.layer_done".
class LayerCycleCounter : public Agent {
 public:
  struct Layer {
    std::string engine;
    std::string layer;
    std::int64_t cycles = 0;  // from the end of the engine's layer before, or from the engine's start
  };
  struct Sample {
    std::int64_t total = 0;     // from its start to the next sample's possible start
    std::vector<Layer> layers;  // those that ended before the sample stopped, engine by engine
  };
  LayerCycleCounter(const VerilatedModel& model, const accel::Accelerator& accelerator);

  void observe(std::uint64_t cycle) override;
  /// One for each sample that has stopped.
  [[nodiscard]] const std::vector<Sample>& samples() const { return samples_; }

 private:
  struct LayerEnd {
    std::size_t layer = 0;
    std::uint64_t cycle = 0;
  };
  struct EngineState {
    const accel::EnginePlan* plan = nullptr;
    std::size_t tap_layer = 0;  // of an exit classifier: the backbone's layer whose end starts it
    Signal layer_done, layer;
    std::vector<LayerEnd> ends;  // of the present sample
  };
  void finish(std::uint64_t cycle);

  Signal start_, stop_;
  std::vector<EngineState> engines_;
  std::uint64_t began_ = 0;
  bool running_ = false;
  std::vector<Sample> samples_;
};

}  // namespace offramp::verif
