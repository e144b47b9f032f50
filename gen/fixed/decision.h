#pragma once
// The arithmetic of an exit's decision, without divider or logarithm at run time. Golden reference and RTL
// use the tables made here, so decisions are equal bit for bit.
//
// Logits are integers z_j of `logit_bits` bits (signed) with step s. With d_j = max z - z_j >= 0 and F =
// kFraction:
//   exp_table[d]  = round(2^F exp(-s d))           (unsigned, exp_table[0] = 2^F; 0 beyond the table's end)
//   wexp_table[d] = round(2^F s d exp(-s d))       (unsigned; 0 beyond the end)
//   S = sum exp_table[d_j],  W = sum wexp_table[d_j]
// max-softmax: p_max >= theta   <=>  S <= threshold,                  threshold = floor(2^F / theta)
// entropy:     H < T (nats)     <=>  (W + h(S)) << kThresholdFraction < threshold * S,  threshold = round(T
// 2^kThresholdFraction) with h(S) ~ S ln S in F fraction bits by a table of straight lines: e = floor(log2(S
// / 2^F)) (S >= 2^F always), m = the kSegmentBits bits of S below its leading one, segment i = e *
// 2^kSegmentBits + m, S0 = S with the bits below m cleared:
//   h(S) = line_base[i] + (((S - S0) * line_slope[i]) >> kSlopeFraction)
// line_base[i] = round(2^F (S0/2^F) ln(S0/2^F)), line_slope[i] = round of the chord's slope with
// kSlopeFraction bits.
#include <cstdint>
#include <span>
#include <vector>

namespace offramp::fixed {

/// What confidence is measured by; the values are those of the hardware's criterion register.
enum class Criterion : std::uint8_t { max_softmax = 0, entropy = 1 };

struct DecisionTables {
  static constexpr int kFraction = 24;
  static constexpr int kThresholdFraction = 16;
  static constexpr int kSegmentBits = 6;
  static constexpr int kSlopeFraction = 12;
  /// Fields of a line in the hardware's table.
  static constexpr int kLineBaseBits = 40;
  static constexpr int kLineSlopeBits = 16;
  /// Width of the threshold register: enough for "always" at 1000 classes (S <= 1000 * 2^F < 2^34).
  static constexpr int kThresholdBits = 34;

  int classes = 0;
  int logit_bits = 0;
  double logit_step = 0;
  std::vector<std::uint32_t>
      exp_table;  // both tables have the same length: the first d where both round to 0
  std::vector<std::uint32_t> wexp_table;
  std::vector<std::uint64_t> line_base;
  std::vector<std::uint32_t> line_slope;
};

/// Builds the tables; classes 2..1000, logit_bits 2..16. Throws offramp::Error outside.
[[nodiscard]] DecisionTables make_decision_tables(int classes, int logit_bits, double logit_step);

/// The register value for a level in the criterion's own unit (probability, or nats). A probability of 0
/// always exits, one above 1 never; an entropy of 0 never exits. Values saturate at kThresholdBits bits.
/// Throws offramp::Error for a negative level or NaN.
[[nodiscard]] std::uint64_t threshold_register(Criterion criterion, double level);
/// A level whose threshold_register is `threshold`.
[[nodiscard]] double threshold_level(Criterion criterion, std::uint64_t threshold);

/// Everything the hardware computes for one exit; class ties go to the lowest index.
struct Decision {
  int top_class = 0;
  std::uint64_t sum_exp = 0;       // S
  std::uint64_t sum_weighted = 0;  // W
  bool confident = false;
  bool operator==(const Decision&) const = default;
};
[[nodiscard]] Decision decide(std::span<const std::int32_t> logits, const DecisionTables& tables,
                              Criterion criterion, std::uint64_t threshold);

/// The lowest register value at which this decision is confident: confident <=> threshold >= least_threshold.
/// What a sweep over thresholds sorts by.
[[nodiscard]] std::uint64_t least_threshold(const Decision& decision, const DecisionTables& tables,
                                            Criterion criterion);

}  // namespace offramp::fixed
