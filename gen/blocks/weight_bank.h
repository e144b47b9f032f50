#pragma once
#include <string>

#include "hw/hw.h"

namespace offramp::blocks {

/// The weights of one array row, a word of all columns for every tile. A request is read here and handed on
/// to the next row's bank a cycle later, so that loads run down the array with the partial sums.
struct WeightBank {
  bool operator==(const WeightBank&) const = default;
  struct Ports {
    hw::Clocking ck;
    hw::In load, address, write, write_address, write_data;
    hw::Out load_o, address_o, weight;
  };
  [[nodiscard]] std::string name() const { return "weight_bank"; }
  [[nodiscard]] Ports build(hw::ModuleBuilder& m) const;
};

/// A bank a row and so many columns that a request has few loads, each with its own image file.
struct WeightStore {
  std::string engine;       // names the module
  std::string file_prefix;  // "mem/backbone_weights"
  int rows = 4;
  int columns = 2;
  int weight_bits = 8;
  int tiles = 16;
  bool operator==(const WeightStore&) const = default;
  struct Ports {
    hw::Clocking ck;
    hw::In load, address, write, write_address, write_data;
    hw::Out weight_load, weight;
  };
  [[nodiscard]] int part_columns() const;
  [[nodiscard]] int parts() const { return (columns + part_columns() - 1) / part_columns(); }
  /// Image of a bank: <prefix>_00.hex, <prefix>_01.hex, ...; <prefix>_00_0.hex and so on with several parts.
  [[nodiscard]] std::string file(int row, int part) const;
  [[nodiscard]] std::string name() const { return engine + "_weight_store"; }
  [[nodiscard]] Ports build(hw::ModuleBuilder& m) const;
};

/// Bits of an index into `entries` things, at least one.
[[nodiscard]] int index_bits(int entries);

}  // namespace offramp::blocks
