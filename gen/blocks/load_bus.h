#pragma once
// The bus over which the control registers fill an accelerator's tables with another network while it rests.
#include "hw/hw.h"

namespace offramp::blocks {

/// Tables of an engine, as load_select names them.
enum class LoadTarget { program = 0, tiles = 1, scales = 2, weights = 3 };

/// What the load port's engine number 15 names where a design runs several networks: no engine, but what else
/// is a network's own.
inline constexpr int kSetupEngine = 15;
enum class SetupTarget { values = 0, exponential = 1 };

/// A word goes to `address` of the table that `select` names, in the cycle in which `write` is high. Weights
/// have the address tile * 2^ceil(log2(rows)) + row.
struct LoadBus {
  hw::In write, select, address, data;
  static constexpr int kSelectBits = 2;
  static constexpr int kAddressBits = 24;
  /// Input ports load_write_i, load_select_i, load_address_i, load_data_i.
  [[nodiscard]] static LoadBus inputs(hw::ModuleBuilder& m, int data_bits) {
    return {
        .write = m.input("load_write_i", hw::bit(), "write a word of a table"),
        .select = m.input("load_select_i", hw::uint(kSelectBits), "0 program, 1 tiles, 2 scales, 3 weights"),
        .address = m.input("load_address_i", hw::uint(kAddressBits), "of the word in its table"),
        .data = m.input("load_data_i", hw::uint(data_bits), "the word, from the least significant bit")};
  }
};

}  // namespace offramp::blocks
