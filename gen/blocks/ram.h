#pragma once
#include <string>

#include "hw/hw.h"

namespace offramp::blocks {

/// One write port, one registered read port; a read of the word being written gives the old word.
struct Ram {
  bool operator==(const Ram&) const = default;
  struct Ports {
    hw::Clocking ck;
    hw::In write, write_address, write_data, read_address;
    hw::Out read_data;
  };
  [[nodiscard]] std::string name() const { return "ram_1r1w"; }
  [[nodiscard]] Ports build(hw::ModuleBuilder& m) const;
};

/// The same with a second read, at the write port's address: both ports of a block RAM.
struct RamReadBack {
  bool operator==(const RamReadBack&) const = default;
  struct Ports {
    hw::Clocking ck;
    hw::In write, write_address, write_data, read_address;
    hw::Out read_data, read_back;
  };
  [[nodiscard]] std::string name() const { return "ram_1r1rw"; }
  [[nodiscard]] Ports build(hw::ModuleBuilder& m) const;
};

/// A table filled from a file at start, with a registered read port and a write port to fill it anew.
struct Table {
  bool operator==(const Table&) const = default;
  struct Ports {
    hw::Clocking ck;
    hw::In write, write_address, write_data, address;
    hw::Out data;
  };
  [[nodiscard]] std::string name() const { return "table_ram"; }
  [[nodiscard]] Ports build(hw::ModuleBuilder& m) const;
};

/// A table filled from a file at start; one registered read port.
struct Rom {
  bool operator==(const Rom&) const = default;
  struct Ports {
    hw::Clocking ck;
    hw::In address;
    hw::Out data;
  };
  [[nodiscard]] std::string name() const { return "rom"; }
  [[nodiscard]] Ports build(hw::ModuleBuilder& m) const;
};

}  // namespace offramp::blocks
