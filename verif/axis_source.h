#pragma once
// Sends samples into an AXI4-Stream slave: one beat of whole bytes a handshake, TLAST on a sample's last
// beat, its ID in TUSER.
#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <vector>

#include "verif/bench.h"
#include "verif/stall_pattern.h"

namespace offramp::verif {

class AxisSource : public Agent {
 public:
  struct Options {
    std::string prefix = "s_axis";
    int beat_bytes = 4;
    StallProfile stalls = StallProfile::none;
    std::uint64_t seed = 1;
  };
  AxisSource(const VerilatedModel& model, Options options);

  /// Queues a sample; its bytes must live until it is sent and be a multiple of the beat. Stalls follow the
  /// sample's seed, so that a sample sent alone meets the stalls that it met among others.
  void send(std::span<const std::uint8_t> bytes, std::uint16_t id, std::uint64_t stall_seed);

  void drive() override;
  void observe(std::uint64_t cycle) override;
  [[nodiscard]] std::string waiting_for() const override;
  [[nodiscard]] std::uint64_t progress() const override { return beats_; }

  /// Samples whose first beat was taken, and the cycle of the first of these beats.
  [[nodiscard]] std::uint64_t started() const { return started_; }
  [[nodiscard]] std::uint64_t first_start() const { return first_start_; }
  /// Samples taken completely.
  [[nodiscard]] std::uint64_t sent() const { return sent_; }
  [[nodiscard]] bool idle() const { return queue_.empty(); }

 private:
  struct Sample {
    std::span<const std::uint8_t> bytes;
    std::uint16_t id = 0;
    std::uint64_t stall_seed = 0;
  };

  Options options_;
  Signal data_, valid_, ready_, last_, user_;
  StallPattern stalls_;
  Random noise_;
  std::vector<std::uint8_t> garbage_;
  std::deque<Sample> queue_;
  std::size_t position_ = 0;  // next byte of the sample at the front
  bool offering_ = false;     // a beat is on the bus and must stay until it is taken
  std::uint64_t beats_ = 0;
  std::uint64_t started_ = 0;
  std::uint64_t first_start_ = 0;
  std::uint64_t sent_ = 0;
};

}  // namespace offramp::verif
