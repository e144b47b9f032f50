#pragma once
// The activation memory: elements lie one after the other over `banks` memories of one element's width,
// element e in bank e mod banks. Any run of up to `banks` elements is written or read in one cycle by turning
// it to its banks.
#include <string>

#include "blocks/copies.h"
#include "hw/hw.h"

namespace offramp::blocks {

/// Turns a write of `width` elements a lane (lane l at address + l * lane_step) to banks: a register between.
/// The address comes a cycle before the data, so that it can be held in as many copies as the data needs.
/// Lanes must not meet in a bank.
struct WriteTurn {
  int banks = 8;
  int lanes = 1;
  int width = 4;  // elements a lane
  int data_bits = 8;
  int word_bits = 6;   // bits of a word address inside a bank
  bool reads = false;  // has read_i: the banks' words are addressed, and nothing is written
  bool operator==(const WriteTurn&) const = default;
  struct Ports {
    hw::Clocking ck;
    hw::In valid, read, address, lane_step, lane_mask, element_mask, data;
    hw::Out write, write_word, write_data;  // a bit, a word address and an element a bank
  };
  [[nodiscard]] std::string name() const;
  [[nodiscard]] Ports build(hw::ModuleBuilder& m) const;
};

/// One lane's read path with its own copy of the memory: from a pixel's address and the tile's element
/// offsets to the operands of all rows, six cycles later.
///   0 address, rows       1 + lane offset, bounds   2 offsets turned to banks   3 bank words   4 read   5
///   turned back 6 operands masked
struct OperandFeed {
  int banks = 8;
  int rows = 8;
  int data_bits = 8;
  int word_bits = 6;
  int words = 64;
  int coordinate_bits = 7;  // signed
  int kernel_bits = 3;      // of dy and dx, unsigned
  bool reads_back = false;  // has read_back_o: the words at the write port's addresses
  bool operator==(const OperandFeed&) const = default;
  /// Rows that share a copy of what all rows are compared with: two loads a row and bit.
  [[nodiscard]] static constexpr int row_groups(int rows) { return copies_for(2 * rows, kMaxLoads - 4); }
  struct Ports {
    hw::Clocking ck;
    hw::In address, y, x;                         // of this lane's pixel
    hw::In row_used, row_dy, row_dx, row_offset;  // a field a row, of the tile
    hw::In height, width, pad_value, is_signed;   // of the input map
    hw::In write, write_word, write_data;         // from WriteTurn
    hw::Out act;                                  // rows * data_bits, signed operands
    hw::Out read_back;
  };
  [[nodiscard]] std::string name() const;
  [[nodiscard]] Ports build(hw::ModuleBuilder& m) const;
};

}  // namespace offramp::blocks
