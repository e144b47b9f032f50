#include "verif/channel_monitor.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <stdexcept>

namespace offramp::verif {

ChannelMonitor::ChannelMonitor(const Ports& ports, ViolationLog& log, Options options)
    : options_(std::move(options)), log_(log) {
  const std::string prefix = options_.bus + "_" + options_.channel;
  valid_ = ports.port(prefix + "valid");
  ready_ = ports.port(prefix + "ready");
  for (const std::string& name : options_.payload) {
    if (const Signal s = ports.find(prefix + name)) payload_.push_back({name, s});
  }
}

std::uint64_t ChannelMonitor::value_of(const Signal& signal) {
  if (signal.bits() <= 64) return signal.get();
  std::uint64_t value = 0;
  for (int lsb = 0; lsb < signal.bits(); lsb += 64) {
    value = value * 0x9E3779B97F4A7C15u + signal.part(lsb, std::min(64, signal.bits() - lsb));
  }
  return value;
}

std::uint64_t ChannelMonitor::get(const std::string& name) const {
  for (const Field& f : payload_) {
    if (f.name == name) return value_of(f.signal);
  }
  throw std::logic_error("channel " + options_.channel + " of " + options_.bus + " has no signal '" + name +
                         "'");
}

std::string ChannelMonitor::rule_name(const std::string& signal, const char* what) const {
  std::string name = options_.channel + signal;
  std::transform(name.begin(), name.end(), name.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return fmt::format("{}_{}", name, what);
}

void ChannelMonitor::report(std::uint64_t cycle, const std::string& rule, const std::string& name,
                            const std::string& detail) {
  log_.add(cycle, fmt::format("{}: {} [{}_{}]", options_.bus, rule, options_.rules, name), detail);
}

void ChannelMonitor::observe_reset() {
  stalled_ = false;
  if (valid()) {
    report(0, "valid must be low in reset", rule_name("valid", "RESET"), options_.channel + "valid is 1");
  }
}

void ChannelMonitor::observe(std::uint64_t cycle) {
  const bool is_valid = valid();
  if (stalled_ && !is_valid) {
    report(cycle, "valid must stay until ready", rule_name("valid", "STABLE"),
           options_.channel + "valid fell without a handshake");
  }
  if (!is_valid) {
    stalled_ = false;
    return;
  }
  const bool now_stalled = ready_.get() == 0;
  if (stalled_ || now_stalled) {
    for (Field& f : payload_) {
      const std::uint64_t now = value_of(f.signal);
      if (stalled_ && now != f.held) {
        const std::string signal = options_.channel + f.name;
        report(cycle, signal + " must hold still while stalled", rule_name(f.name, "STABLE"),
               fmt::format("{} changed from {:#x} to {:#x}", signal, f.held, now));
      }
      f.held = now;
    }
  }
  stalled_ = now_stalled;
}

}  // namespace offramp::verif
