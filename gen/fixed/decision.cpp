#include "fixed/decision.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <stdexcept>
#include <string>

#include "base/error.h"

namespace offramp::fixed {
namespace {

using T = DecisionTables;
__extension__ using uint128 = unsigned __int128;
constexpr std::uint64_t kOne = std::uint64_t{1} << T::kFraction;

/// h(S) ~ S ln S; the header has the formula.
std::uint64_t s_ln_s(std::uint64_t s, const T& tables) {
  const int e = static_cast<int>(std::bit_width(s)) - 1 - T::kFraction;
  const int low_bits = T::kFraction + e - T::kSegmentBits;
  const std::uint64_t m = (s >> low_bits) & ((1U << T::kSegmentBits) - 1);
  const auto i = static_cast<std::size_t>((static_cast<std::uint64_t>(e) << T::kSegmentBits) + m);
  const std::uint64_t beyond = s & ((std::uint64_t{1} << low_bits) - 1);
  return tables.line_base[i] + ((beyond * tables.line_slope[i]) >> T::kSlopeFraction);
}

std::uint64_t saturated_register(long double value) {
  constexpr std::uint64_t kMost = (std::uint64_t{1} << T::kThresholdBits) - 1;
  return value >= static_cast<long double>(kMost) ? kMost : static_cast<std::uint64_t>(value);
}

}  // namespace

DecisionTables make_decision_tables(int classes, int logit_bits, double logit_step) {
  if (classes < 2 || classes > 1000) {
    throw Error("a decision over " + std::to_string(classes) + " classes: 2 to 1000 are supported");
  }
  if (logit_bits < 2 || logit_bits > 16) {
    throw Error("logits of " + std::to_string(logit_bits) + " bits: 2 to 16 are supported (--logit-bits)");
  }
  if (!(logit_step > 0) || !std::isfinite(logit_step)) {
    throw Error("a logit step of " + std::to_string(logit_step) + ": it must be positive and finite");
  }
  T tables;
  tables.classes = classes;
  tables.logit_bits = logit_bits;
  tables.logit_step = logit_step;

  // No difference of two logits reaches 2^logit_bits, so no table is longer.
  const long double one = static_cast<long double>(kOne);
  for (std::uint32_t d = 0; d < (1U << logit_bits); ++d) {
    const long double x = static_cast<long double>(logit_step) * d;
    const long double e = one * std::exp(-x);
    const auto exp_value = static_cast<std::uint32_t>(std::llround(e));
    const auto wexp_value = static_cast<std::uint32_t>(std::llround(x * e));
    if (exp_value == 0 && wexp_value == 0) break;
    tables.exp_table.push_back(exp_value);
    tables.wexp_table.push_back(wexp_value);
  }

  const int octaves = static_cast<int>(std::bit_width(static_cast<unsigned>(classes)));
  const auto f = [](long double x) { return x * std::log(x); };
  for (int e = 0; e < octaves; ++e) {
    for (int m = 0; m < (1 << T::kSegmentBits); ++m) {
      const long double width = std::ldexp(1.0L, e - T::kSegmentBits);
      const long double x0 = std::ldexp(1.0L, e) + m * width;
      tables.line_base.push_back(static_cast<std::uint64_t>(std::llround(one * f(x0))));
      const long double slope = (f(x0 + width) - f(x0)) / width;
      tables.line_slope.push_back(
          static_cast<std::uint32_t>(std::llround(std::ldexp(slope, T::kSlopeFraction))));
    }
  }
  return tables;
}

std::uint64_t threshold_register(Criterion criterion, double level) {
  if (!(level >= 0)) {
    throw Error("a threshold level of " + std::to_string(level) +
                (criterion == Criterion::max_softmax
                     ? ": give a probability, 0 (always exit) to 1; above 1 never exits"
                     : ": give an entropy in nats; 0 never exits, ln(classes) and more nearly always"));
  }
  if (criterion == Criterion::max_softmax) {
    return level == 0 ? saturated_register(HUGE_VALL)
                      : saturated_register(std::floor(static_cast<long double>(kOne) / level));
  }
  return saturated_register(std::round(std::ldexp(static_cast<long double>(level), T::kThresholdFraction)));
}

double threshold_level(Criterion criterion, std::uint64_t threshold) {
  // Half a unit up, so that the floor of threshold_register leads back to the same value.
  if (criterion == Criterion::max_softmax) {
    return static_cast<double>(kOne) / (static_cast<double>(threshold) + 0.5);
  }
  return std::ldexp(static_cast<double>(threshold), -T::kThresholdFraction);
}

Decision decide(std::span<const std::int32_t> logits, const DecisionTables& tables, Criterion criterion,
                std::uint64_t threshold) {
  if (logits.size() != static_cast<std::size_t>(tables.classes)) {
    throw std::logic_error("decide: " + std::to_string(logits.size()) + " logits for " +
                           std::to_string(tables.classes) + " classes");
  }
  const auto top = std::max_element(logits.begin(), logits.end());  // the first of the largest
  Decision decision;
  decision.top_class = static_cast<int>(top - logits.begin());
  for (const std::int32_t z : logits) {
    const auto d = static_cast<std::size_t>(std::int64_t{*top} - z);
    if (d >= tables.exp_table.size()) continue;
    decision.sum_exp += tables.exp_table[d];
    decision.sum_weighted += tables.wexp_table[d];
  }
  const std::uint64_t s = decision.sum_exp;
  if (criterion == Criterion::max_softmax) {
    decision.confident = s <= threshold;
  } else {
    const std::uint64_t entropy_times_s = decision.sum_weighted + s_ln_s(s, tables);  // below 2^37
    decision.confident = entropy_times_s << T::kThresholdFraction < uint128{threshold} * s;
  }
  return decision;
}

std::uint64_t least_threshold(const Decision& decision, const DecisionTables& tables, Criterion criterion) {
  const std::uint64_t s = decision.sum_exp;
  if (criterion == Criterion::max_softmax) return s;
  // (W + h) << k < threshold * S  <=>  threshold > floor(((W + h) << k) / S).
  return ((decision.sum_weighted + s_ln_s(s, tables)) << T::kThresholdFraction) / s + 1;
}

}  // namespace offramp::fixed
