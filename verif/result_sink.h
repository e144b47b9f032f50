#pragma once
// Takes results from the design's output stream and holds it to the promise that matters most: every accepted
// sample gives exactly one result, with its own ID, in the order of the samples.
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "verif/axis_source.h"
#include "verif/protocol.h"

namespace offramp::verif {

/// What one beat of the output stream says.
struct Result {
  std::uint64_t cycle = 0;
  std::uint16_t id = 0;
  int exit = 0;
  int predicted = 0;
};

class ResultSink : public Agent {
 public:
  struct Options {
    std::string prefix = "m_axis";
    StallProfile stalls = StallProfile::none;
    std::uint64_t seed = 1;
    /// ID of the n-th sample that the source sends.
    std::function<std::uint16_t(std::uint64_t n)> id = {};
    /// Number since reset of the source's first sample, where results carry numbers.
    std::optional<std::uint64_t> first_number = {};
    bool in_order = true;  // else a result may overtake others: it belongs to the first open sample of its ID
    /// Called for each result that answers a sample, with the sample's number.
    std::function<void(std::uint64_t n, const Result&)> on_result = {};
    /// Stall seed for the wait after the n-th result.
    std::function<std::uint64_t(std::uint64_t n)> stall_seed = {};
  };
  /// `source` says how many samples were accepted so far.
  ResultSink(const VerilatedModel& model, const AxisSource& source, ViolationLog& log, Options options);

  void drive() override;
  void observe(std::uint64_t cycle) override;
  [[nodiscard]] std::string waiting_for() const override;
  [[nodiscard]] std::uint64_t progress() const override { return beats_; }

  /// Results that answered a sample.
  [[nodiscard]] std::uint64_t received() const { return received_; }
  /// Called at the end: samples that were sent and got no result.
  void check_finished(std::uint64_t cycle);

 private:
  /// The sample that a result with this ID answers.
  [[nodiscard]] std::uint64_t sample_of(std::uint16_t id);
  Options options_;
  const AxisSource& source_;
  ViolationLog& log_;
  Signal data_, valid_, ready_, user_;
  StallPattern stalls_;
  std::uint64_t beats_ = 0;
  std::uint64_t received_ = 0;
  std::vector<bool> answered_;  // by sample, where results may come out of order
  bool taking_ = false;
};

}  // namespace offramp::verif
