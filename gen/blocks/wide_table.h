#pragma once
#include <string>
#include <vector>

#include "hw/hw.h"

namespace offramp::blocks {

/// A table filled from files at start, as wide as a word needs: Tables side by side, each with an address
/// register of its own, so that no address drives more than one of them.
struct WideTable {
  std::string module_name;
  std::string file_prefix;  // "mem/backbone_tiles": see file()
  int width = 8;
  int depth = 64;
  bool operator==(const WideTable&) const = default;
  struct Ports {
    hw::Clocking ck;
    hw::In write, write_address, write_data;  // data: a cycle after the rest, too
    hw::In next_address;
    hw::Out data;
  };
  static constexpr int kPartBits = 60;  // a part's at most: an address drives a load a bit in the worst case
  [[nodiscard]] int parts() const { return (width + kPartBits - 1) / kPartBits; }
  /// Image of a part: <prefix>.hex if there is one, else <prefix>_0.hex, <prefix>_1.hex, ...
  [[nodiscard]] std::string file(int part) const;
  [[nodiscard]] std::string name() const { return module_name; }
  [[nodiscard]] Ports build(hw::ModuleBuilder& m) const;
};

}  // namespace offramp::blocks
