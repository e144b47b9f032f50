#pragma once
// Watches an AXI4-Stream for what a master must keep to, whoever listens.
#include <cstdint>
#include <string>

#include "verif/bench.h"
#include "verif/protocol.h"

namespace offramp::verif {

/// Rules: valid is low in reset; valid stays until ready; data, last and user hold still meanwhile.
class AxisMonitor : public Agent {
 public:
  AxisMonitor(const VerilatedModel& model, std::string prefix, ViolationLog& log);
  void observe_reset() override;
  void observe(std::uint64_t cycle) override;

 private:
  /// The payload as one number: a hash where it is wider than 64 bits.
  [[nodiscard]] std::uint64_t payload() const;

  std::string prefix_;
  ViolationLog& log_;
  Signal data_, valid_, ready_, last_, user_;
  bool stalled_ = false;  // valid was not answered in the cycle before
  std::uint64_t held_data_ = 0, held_last_ = 0, held_user_ = 0;
};

}  // namespace offramp::verif
