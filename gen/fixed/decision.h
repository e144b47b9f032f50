#pragma once
// The arithmetic of an exit's decision, without divider or logarithm at run time. Golden reference and RTL
// use the tables made here, so decisions are equal bit for bit.
//
// Logits are integers z_j of `logit_bits` bits (signed) with step s. With d_j = max z - z_j >= 0 and F =
// kFraction:
//   exp_table[d]  = round(2^F exp(-s d))           (unsigned, exp_table[0] = 2^F; 0 beyond the table's end)
//   wexp_table[d] = round(2^F s d exp(-s d))       (unsigned; 0 beyond the end)
//   S = sum exp_table[d_j],  W = sum wexp_table[d_j]
//   S2 = sum 2^F >> ((d_j + 2^(k-1)) >> k),  k = base2_shift       (the half only where k > 0)
// max:      p_max >= theta   <=>  S <= threshold,                  threshold = floor(2^F / theta)
// entropy:  H < T (nats)     <=>  (W + h(S)) << kThresholdFraction < threshold * S,  threshold = round(T
//           2^kThresholdFraction) with h(S) ~ S ln S in F fraction bits by a table of straight lines: e =
//           floor(log2(S / 2^F)) (S >= 2^F always), m = the kSegmentBits bits of S below its leading one,
//           segment i = e * 2^kSegmentBits + m, S0 = S with the bits below m cleared:
//             h(S) = line_base[i] + (((S - S0) * line_slope[i]) >> kSlopeFraction)
//           line_base[i] = round(2^F (S0/2^F) ln(S0/2^F)), line_slope[i] = round of the chord's slope with
//           kSlopeFraction bits.
// margin:   z_(1) - z_(2) >= delta  <=>  max z - second z >= threshold,  threshold = ceil(delta / s)
// base2:    softmax maximum in base 2, p = 2^F / S2 >= theta  <=>  S2 <= threshold, as for max. One power of
//           two is 2^k steps, the power nearest to a factor of e (k = round(-log2(s log2 e)), at least 0): so
//           neither table nor multiplier, at a base between e^0.7 and e^1.42 that the threshold makes good.
// patience: the exit names the same class as the `threshold` exits before it (PABEE, Zhou et al., NeurIPS
//           2020). An exit that was skipped breaks the row.
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace offramp::fixed {

/// What confidence is measured by; the values are those of the hardware's criterion register.
enum class Criterion : std::uint8_t { max_softmax = 0, entropy = 1, margin = 2, base2 = 3, patience = 4 };
inline constexpr Criterion kCriteria[] = {Criterion::max_softmax, Criterion::entropy, Criterion::margin,
                                          Criterion::base2, Criterion::patience};
/// Bits of the criterion register for each exit.
inline constexpr int kCriterionBits = 4;

/// "max", "entropy", "margin", "base2", "patience"
[[nodiscard]] const char* name_of(Criterion criterion);
[[nodiscard]] std::optional<Criterion> criterion_named(std::string_view name);
/// What its level is, in words: "softmax maximum", "entropy in nats", ...
[[nodiscard]] const char* measure_of(Criterion criterion);

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
  int base2_shift = 0;  // k above
  std::vector<std::uint32_t>
      exp_table;  // both tables have the same length: the first d where both round to 0
  std::vector<std::uint32_t> wexp_table;
  std::vector<std::uint64_t> line_base;
  std::vector<std::uint32_t> line_slope;
};

/// Builds the tables; classes 2..1000, logit_bits 2..16. Throws offramp::Error outside.
[[nodiscard]] DecisionTables make_decision_tables(int classes, int logit_bits, double logit_step);

/// The register value for a level in the criterion's own unit (probability, nats, difference of real logits,
/// exits that agree). A probability of 0 always exits, one above 1 never; an entropy of 0 never exits. Values
/// saturate at kThresholdBits bits. Throws offramp::Error for a negative level or NaN, and for a patience
/// that is no whole number. `logit_step` is of use for margins alone.
[[nodiscard]] std::uint64_t threshold_register(Criterion criterion, double level, double logit_step);
/// A level whose threshold_register is `threshold`.
[[nodiscard]] double threshold_level(Criterion criterion, std::uint64_t threshold, double logit_step);

/// Whether a higher threshold register lets more samples leave; else a lower one does.
[[nodiscard]] bool laxer_upwards(Criterion criterion);
/// Register values at which no sample leaves, and at which each does.
[[nodiscard]] std::uint64_t never_register(Criterion criterion);
[[nodiscard]] std::uint64_t always_register(Criterion criterion);

/// Everything the hardware computes for one exit; class ties go to the lowest index.
struct Decision {
  int top_class = 0;
  int margin = 0;                  // the largest logit less the second
  std::uint64_t sum_exp = 0;       // S
  std::uint64_t sum_weighted = 0;  // W
  std::uint64_t sum_base2 = 0;     // S2
  int agreements = 0;              // exits in a row before this one that name its class
  std::uint64_t activity = 0;      // sum of magnitudes of the map that the branch reads (fixed/skip.h)
  bool skipped = false;            // the branch is not computed; the figures are what it would have said
  bool confident = false;          // never where skipped
  bool operator==(const Decision&) const = default;
};
/// S times the entropy, W + h(S), with kFraction bits.
[[nodiscard]] std::uint64_t entropy_times_s(const Decision& decision, const DecisionTables& tables);
/// Of an exit alone: no agreements.
[[nodiscard]] Decision decide(std::span<const std::int32_t> logits, const DecisionTables& tables,
                              Criterion criterion, std::uint64_t threshold);
/// Whether the decision's figures pass the threshold.
[[nodiscard]] bool confident(const Decision& decision, const DecisionTables& tables, Criterion criterion,
                             std::uint64_t threshold);
/// Agreements of an exit that comes after `before` (null: it is the first).
[[nodiscard]] int agreements_after(const Decision* before, int top_class);

/// The strictest register value at which this decision is confident: the lowest where laxer_upwards, else the
/// highest. What a sweep over thresholds sorts by.
[[nodiscard]] std::uint64_t strictest_threshold(const Decision& decision, const DecisionTables& tables,
                                                Criterion criterion);

/// The bin of the hardware's confidence histogram, 0 to kConfidenceBins - 1. By powers of four of S - 2^F
/// (max; S2 for base2) and of W + h(S) (entropy): bin 0 is certainty. By powers of two of the margin: bin 0
/// is a tie; for patience, too.
inline constexpr int kConfidenceBins = 16;
[[nodiscard]] int confidence_bin(const Decision& decision, const DecisionTables& tables, Criterion criterion);

}  // namespace offramp::fixed
