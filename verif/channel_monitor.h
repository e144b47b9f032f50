#pragma once
// One channel of AXI4, AXI4-Lite or AXI4-Stream: what whoever sends on it must keep to, whatever it carries.
#include <cstdint>
#include <string>
#include <vector>

#include "verif/ports.h"
#include "verif/protocol.h"

namespace offramp::verif {

/// Rules, with the names that Arm's protocol assertions (DUI 0534, IHI 0051) give them, where X is the
/// channel: XVALID_RESET valid is low in reset; XVALID_STABLE it stays until ready; <SIGNAL>_STABLE each
/// signal of the payload holds still meanwhile. The X-propagation rules (_X) have no meaning in a simulator
/// of two states.
class ChannelMonitor {
 public:
  struct Options {
    std::string bus;      ///< prefix of the ports: "m_axi"
    std::string channel;  ///< "ar": valid is m_axi_arvalid
    std::vector<std::string>
        payload;        ///< "addr", "len": ports m_axi_araddr, ...; those that exist are watched
    std::string rules;  ///< what the rules' names begin with: "AXI4_ERRM"
  };
  ChannelMonitor(const Ports& ports, ViolationLog& log, Options options);

  /// A handshake is seen: the payload counts in this cycle.
  [[nodiscard]] bool transfers() const { return valid() && ready_.get() != 0; }
  [[nodiscard]] bool valid() const { return valid_.get() != 0; }
  /// Valid, and not the same offer as in the cycle before.
  [[nodiscard]] bool begins() const { return valid() && !stalled_; }
  /// The payload's signal of that name (of Options), at most 64 bits.
  [[nodiscard]] std::uint64_t get(const std::string& name) const;

  void observe_reset();
  /// Call once a cycle, after looking with the functions above.
  void observe(std::uint64_t cycle);
  /// Reports a rule of the bus that only its own monitor knows.
  void report(std::uint64_t cycle, const std::string& rule, const std::string& name,
              const std::string& detail);

 private:
  struct Field {
    std::string name;
    Signal signal;
    std::uint64_t held = 0;
  };
  /// As one number: a hash where it is wider than 64 bits.
  static std::uint64_t value_of(const Signal& signal);
  [[nodiscard]] std::string rule_name(const std::string& signal, const char* what) const;

  Options options_;
  ViolationLog& log_;
  Signal valid_, ready_;
  std::vector<Field> payload_;
  bool stalled_ = false;  // valid was not answered in the cycle before
};

}  // namespace offramp::verif
