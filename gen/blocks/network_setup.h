#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "hw/hw.h"

namespace offramp::blocks {

/// Numbers that a network brings besides its tables: registers that come up with one network's values and are
/// written, while the design rests, with another's.
struct NetworkSetup {
  struct Field {
    std::string name;
    int bits = 1;
    std::int64_t reset = 0;
    std::string doc;
    bool operator==(const Field&) const = default;
  };
  std::string prefix;         // of the module's name
  std::vector<Field> fields;  // by address
  int address_bits = 24, data_bits = 64;
  bool operator==(const NetworkSetup&) const = default;
  struct Ports {
    hw::Clocking ck;
    hw::In write, address, data;
    hw::Out changed;                       // a cycle after each write, with the value that it brought
    std::map<std::string, hw::Out> value;  // by name
  };
  [[nodiscard]] std::string name() const { return prefix + "_network_setup"; }
  [[nodiscard]] Ports build(hw::ModuleBuilder& m) const;
};

}  // namespace offramp::blocks
