#include "verif/axis_monitor.h"

#include <fmt/format.h>

#include <algorithm>

namespace offramp::verif {

AxisMonitor::AxisMonitor(const VerilatedModel& model, std::string prefix, ViolationLog& log)
    : prefix_(std::move(prefix)),
      log_(log),
      data_(model.port(prefix_ + "_tdata")),
      valid_(model.port(prefix_ + "_tvalid")),
      ready_(model.port(prefix_ + "_tready")),
      last_(model.port(prefix_ + "_tlast")),
      user_(model.port(prefix_ + "_tuser")) {}

std::uint64_t AxisMonitor::payload() const {
  std::uint64_t value = 0;
  for (int lsb = 0; lsb < data_.bits(); lsb += 64) {
    value = value * 0x9E3779B97F4A7C15u + data_.part(lsb, std::min(64, data_.bits() - lsb));
  }
  return value;
}

void AxisMonitor::observe_reset() {
  if (valid_.get() != 0) log_.add(0, prefix_ + ": valid must be low in reset", "tvalid is 1");
}

void AxisMonitor::observe(std::uint64_t cycle) {
  const bool valid = valid_.get() != 0;
  if (stalled_) {
    if (!valid) {
      log_.add(cycle, prefix_ + ": valid must stay until ready", "tvalid fell without a handshake");
    } else {
      const auto still = [&](const char* name, std::uint64_t was, std::uint64_t is) {
        if (was == is) return;
        log_.add(cycle, fmt::format("{}: {} must hold still while stalled", prefix_, name),
                 fmt::format("{} changed from {:#x} to {:#x}", name, was, is));
      };
      still("tdata", held_data_, payload());
      still("tlast", held_last_, last_.get());
      still("tuser", held_user_, user_.get());
    }
  }
  stalled_ = valid && ready_.get() == 0;
  if (stalled_) {
    held_data_ = payload();
    held_last_ = last_.get();
    held_user_ = user_.get();
  }
}

}  // namespace offramp::verif
