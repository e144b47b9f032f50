#pragma once
// Compares everything that the engines and decision units compute with the golden reference, write by write:
// each element of each layer that a sample has to execute must be seen exactly once and be equal.
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "verif/bench.h"
#include "verif/golden_feed.h"
#include "verif/verify.h"
#include "verif/watch_check.h"

namespace offramp::verif {

class Scoreboard : public Agent {
 public:
  /// `watch`: of a design that watches its exits, else null.
  Scoreboard(const VerilatedModel& model, const accel::Accelerator& accelerator, GoldenFeed& golden,
             WatchCheck* watch = nullptr);

  void observe(std::uint64_t cycle) override;
  [[nodiscard]] std::uint64_t progress() const override { return events_; }
  [[nodiscard]] std::string waiting_for() const override;

  /// The n-th sample's result came out.
  void check_result(std::uint64_t n, int exit, int predicted);
  /// Ends the last sample.
  void finish();

  [[nodiscard]] const std::optional<Mismatch>& first_mismatch() const { return mismatch_; }
  [[nodiscard]] std::uint64_t values_compared() const { return compared_; }
  /// Samples that entered the engine.
  [[nodiscard]] std::uint64_t started() const { return started_; }

 private:
  /// A layer of an engine and how far the present sample's output has been seen.
  struct LayerState {
    const accel::LayerPlan* plan = nullptr;
    std::string label;  // in messages
    int tensor = -1;    // output tensor; of logits as well
    int height = 1, width = 1, channels = 1;
    bool is_signed = false;
    std::vector<std::uint8_t> seen;  // one an element; of grouped layers, of each slot
    std::size_t count = 0;
  };
  struct EngineState {
    const accel::EnginePlan* plan = nullptr;
    int serves_exit = -1;  // an exit-classifier's exit, or -1 for the backbone
    Signal write_valid, write_layer, write_address, write_lane_mask, write_lane_step, write_column_mask,
        write_data;
    Signal logit_valid, logit_exit, logit_first, logit_data;
    std::vector<LayerState> layers;
    std::size_t current = 0;  // layers before it are complete
  };
  struct DecisionState {
    Signal done, exit, top_class, margin, sum_exp, sum_weighted, confident;
    bool has_sums = false;
    int only_exit = -1;  // parallel: the exit it decides
  };

  void begin_sample();
  void end_sample();
  /// An engine runs its layers in turn: when one writes, those before it must be complete. Said here, a lost
  /// write is reported where it was lost and not by what was computed without it.
  void enter_layer(EngineState& engine, std::size_t index);
  void check_complete(const LayerState& layer);
  /// Whether the sample in hand has this exit's branch skipped; false for -1, the backbone.
  [[nodiscard]] bool is_skipped(int exit) const;
  void check_activity();
  void check_write(EngineState& engine);
  void check_logits(EngineState& engine);
  void check_decision(const DecisionState& unit);
  /// The sample that an element belongs to, and where its flags begin.
  struct Target {
    const ExpectedSample* sample = nullptr;
    std::size_t first_seen = 0;
  };
  void check_element(const Target& target, LayerState& layer, int y, int x, int channel, std::int64_t got);
  /// Whether every element of the layer has to be there when the sample ends.
  [[nodiscard]] bool required(const EngineState& engine, std::size_t layer, int exit) const;
  void compare(const std::string& what, const std::string& where, std::int64_t expected, std::int64_t got);
  void fail(const std::string& what, const std::string& where, std::int64_t expected, std::int64_t got);

  const accel::Accelerator& accelerator_;
  GoldenFeed& golden_;
  WatchCheck* watch_;
  /// Where images are grouped: what happens to samples between their start and their result.
  void observe_group();
  void check_group_complete();

  Signal sample_start_, sample_stop_;
  Signal park_, group_start_, final_start_;
  Signal activity_known_, activity_sum_, activity_layer_;
  std::vector<int> taps_;  // by early exit, where branches can be skipped: the tensor that its branch reads
  std::vector<const ExpectedSample*> parked_;  // in the order of their slots
  std::size_t final_ = 0;                      // parked samples that came to the last phase
  std::vector<EngineState> engines_;
  std::vector<DecisionState> decisions_;
  std::vector<int> decided_;  // by exit: decisions seen for the present sample
  const ExpectedSample* sample_ = nullptr;
  std::uint64_t started_ = 0;
  std::uint64_t events_ = 0;
  std::uint64_t compared_ = 0;
  std::uint64_t cycle_ = 0;
  bool stopped_ = false;
  bool ports_only_ = false;  // a netlist: nothing inside has a name, results are compared alone
  std::optional<Mismatch> mismatch_;
};

}  // namespace offramp::verif
