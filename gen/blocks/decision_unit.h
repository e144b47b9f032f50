#pragma once
// Turns the logits of an exit into class and confidence, with tables instead of divider and logarithm. The
// arithmetic is that of fixed/decision.h, bit for bit.
#include <string>

#include "fixed/decision.h"
#include "hw/hw.h"

namespace offramp::blocks {

/// Logits come in beats of COLUMNS, in class order. One pass finds the largest while they arrive, a second
/// adds up the tables, one logit a cycle each. The last exit needs the class alone and is done after the
/// first pass.
struct DecisionUnit {
  std::string prefix;                  // of the module's name
  std::string files = "mem/decision";  // of the tables: <files>_exp.hex, <files>_line.hex
  int classes = 10;
  int logit_bits = 12;
  int columns = 2;
  int table_words = 280;  // of the exponential's table
  int octaves = 4;        // of the line table
  int exit_bits = 1;
  bool with_sums = true;  // false: for the last exit only
  bool loaded =
      false;  // the number of the last class comes in, and the exponential's table can be filled anew
  bool operator==(const DecisionUnit&) const = default;

  struct Ports {
    hw::Clocking ck;
    hw::In flush, valid, exit, last_exit, logits, criterion, threshold;
    hw::In last_class, table_write, table_address, table_data;  // with `loaded`
    hw::Out busy, done, done_exit, done_class, confident;
  };
  [[nodiscard]] std::string name() const { return prefix + "_unit"; }
  [[nodiscard]] Ports build(hw::ModuleBuilder& m) const;

  static constexpr int kThresholdW = fixed::DecisionTables::kThresholdBits;
  static constexpr int kSumW = 40;
  /// Cycles from the one that finds the largest logit to done_o: without and with sums.
  static constexpr int kClassLatency = 1;
  [[nodiscard]] int sums_latency() const;
  /// Bits of a word of the exponential's table.
  static constexpr int kTableW = 2 * (fixed::DecisionTables::kFraction + 1);
};

}  // namespace offramp::blocks
