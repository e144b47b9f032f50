#pragma once
// Ports by name: of a Verilated model, or of a test that plays one.
#include <functional>
#include <map>
#include <string>

#include "base/error.h"
#include "verif/verilated_model.h"

namespace offramp::verif {

class Ports {
 public:
  /// The model must outlive the signals.
  Ports(const VerilatedModel& model)  // NOLINT(google-explicit-constructor): a model is where ports are
      : find_([&model](const std::string& name) {
          return model.has_port(name) ? model.port(name) : Signal();
        }) {}
  explicit Ports(std::map<std::string, Signal> signals)
      : find_([signals = std::move(signals)](const std::string& name) {
          const auto at = signals.find(name);
          return at == signals.end() ? Signal() : at->second;
        }) {}

  /// A signal that tests false where there is no such port.
  [[nodiscard]] Signal find(const std::string& name) const { return find_(name); }
  /// Throws offramp::Error where there is none.
  [[nodiscard]] Signal port(const std::string& name) const {
    Signal s = find_(name);
    if (!s) throw Error("the top module has no port '" + name + "', which its bus monitor watches");
    return s;
  }

 private:
  std::function<Signal(const std::string&)> find_;
};

}  // namespace offramp::verif
