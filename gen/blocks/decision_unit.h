#pragma once
// Turns the logits of an exit into class and confidence, with tables instead of divider and logarithm, and
// without a DSP slice. The arithmetic is that of fixed/decision.h, bit for bit.
#include <cstdint>
#include <string>

#include "fixed/decision.h"
#include "hw/hw.h"

namespace offramp::blocks {

/// Logits come in beats of COLUMNS, in class order. One pass finds the two largest while they arrive: that is
/// all that the class, the margin and patience need, and all that the last exit is asked for. A second pass
/// adds up the sums of max, base2 or entropy, one logit a cycle.
struct DecisionUnit {
  std::string prefix;                  // of the module's name
  std::string files = "mem/decision";  // of the tables: <files>_exp.hex, <files>_line.hex
  int classes = 10;
  int logit_bits = 12;
  int columns = 2;
  int table_words = 280;  // of the exponential's table
  int base2_shift = 5;    // a power of two is 2^base2_shift steps of a logit
  int exit_bits = 1;
  bool with_sums = true;  // false: for the last exit only
  bool with_bin = false;  // bin_o tells the bin of the confidence histogram
  bool loaded = false;    // numbers come in (last class, base2_shift), the exponential's table is filled anew
  bool operator==(const DecisionUnit&) const = default;

  struct Ports {
    hw::Clocking ck;
    hw::In flush, valid, exit, last_exit, logits, criterion, threshold;
    hw::In last_class, base2_shift_i, table_write, table_address, table_data;  // with `loaded`
    hw::Out busy, done, done_exit, done_class, confident;
    hw::Out bin;  // with_bin
  };
  [[nodiscard]] std::string name() const { return prefix + "_unit"; }
  [[nodiscard]] Ports build(hw::ModuleBuilder& m) const;

  static constexpr int kThresholdW = fixed::DecisionTables::kThresholdBits;
  /// Bits of a word of the exponential's table.
  static constexpr int kTableW = 2 * (fixed::DecisionTables::kFraction + 1);
  /// Cycles from the one that finds the largest logit to done_o. The class alone:
  static constexpr int kClassLatency = 2;
  /// The verdict of a criterion, over `of_classes` classes.
  [[nodiscard]] static int latency(fixed::Criterion criterion, int of_classes);
  /// Octaves that a sum over the classes can reach: lines in the table, extra bits of the sums.
  [[nodiscard]] int octaves() const;
  [[nodiscard]] int sum_bits() const { return fixed::DecisionTables::kFraction + octaves(); }
  /// Bits of S times the entropy, which S H <= C ln C bounds.
  [[nodiscard]] int entropy_bits() const;
};

}  // namespace offramp::blocks
