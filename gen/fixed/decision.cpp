#include "fixed/decision.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <iterator>
#include <numbers>
#include <stdexcept>
#include <string>

#include "base/error.h"

namespace offramp::fixed {
namespace {

using T = DecisionTables;
__extension__ using uint128 = unsigned __int128;
constexpr std::uint64_t kOne = std::uint64_t{1} << T::kFraction;

struct Words {
  Criterion criterion;
  const char* name;
  const char* measure;
  const char* advice;
};
constexpr Words kWords[] = {
    {Criterion::max_softmax, "max", "softmax maximum",
     "give a probability, 0 (always exit) to 1; above 1 never exits"},
    {Criterion::entropy, "entropy", "entropy in nats",
     "give an entropy in nats; 0 never exits, ln(classes) and more nearly always"},
    {Criterion::margin, "margin", "margin of the largest logit",
     "give a difference of logits; 0 always exits"},
    {Criterion::base2, "base2", "softmax maximum in base 2",
     "give a probability, 0 (always exit) to 1; above 1 never exits"},
    {Criterion::patience, "patience", "exits that agree",
     "give a whole number of exits before this one that must name the same class; 0 always exits"},
};
static_assert(std::size(kWords) == std::size(kCriteria));

const Words& words_of(Criterion criterion) {
  return kWords[static_cast<std::size_t>(criterion)];
}

/// h(S) ~ S ln S; the header has the formula.
std::uint64_t s_ln_s(std::uint64_t s, const T& tables) {
  const int e = static_cast<int>(std::bit_width(s)) - 1 - T::kFraction;
  const int low_bits = T::kFraction + e - T::kSegmentBits;
  const std::uint64_t m = (s >> low_bits) & ((1U << T::kSegmentBits) - 1);
  const auto i = static_cast<std::size_t>((static_cast<std::uint64_t>(e) << T::kSegmentBits) + m);
  const std::uint64_t beyond = s & ((std::uint64_t{1} << low_bits) - 1);
  return tables.line_base[i] + ((beyond * tables.line_slope[i]) >> T::kSlopeFraction);
}

constexpr std::uint64_t kMost = (std::uint64_t{1} << T::kThresholdBits) - 1;

std::uint64_t saturated_register(long double value) {
  return value >= static_cast<long double>(kMost) ? kMost : static_cast<std::uint64_t>(value);
}

}  // namespace

const char* name_of(Criterion criterion) {
  return words_of(criterion).name;
}

const char* measure_of(Criterion criterion) {
  return words_of(criterion).measure;
}

std::optional<Criterion> criterion_named(std::string_view name) {
  for (const Words& w : kWords) {
    if (name == w.name) return w.criterion;
  }
  return std::nullopt;
}

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
  tables.base2_shift =
      std::clamp(static_cast<int>(std::lround(-std::log2(logit_step * std::numbers::log2e))), 0, logit_bits);

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

std::uint64_t threshold_register(Criterion criterion, double level, double logit_step) {
  const bool whole = criterion != Criterion::patience || level == std::floor(level);
  if (!(level >= 0) || !whole) {
    throw Error("a threshold level of " + std::to_string(level) + ": " + words_of(criterion).advice);
  }
  const auto wide = static_cast<long double>(level);
  switch (criterion) {
    case Criterion::max_softmax:
    case Criterion::base2:
      return level == 0 ? kMost : saturated_register(std::floor(static_cast<long double>(kOne) / wide));
    case Criterion::entropy:
      return saturated_register(std::round(std::ldexp(wide, T::kThresholdFraction)));
    case Criterion::margin:
      return saturated_register(std::ceil(wide / static_cast<long double>(logit_step)));
    case Criterion::patience:
      return saturated_register(wide);
  }
  throw std::logic_error("threshold_register: no such criterion");
}

double threshold_level(Criterion criterion, std::uint64_t threshold, double logit_step) {
  switch (criterion) {
    // Half a unit up, so that the floor of threshold_register leads back to the same value; half a unit down
    // for its ceiling.
    case Criterion::max_softmax:
    case Criterion::base2:
      return static_cast<double>(kOne) / (static_cast<double>(threshold) + 0.5);
    case Criterion::entropy:
      return std::ldexp(static_cast<double>(threshold), -T::kThresholdFraction);
    case Criterion::margin:
      return threshold == 0 ? 0 : (static_cast<double>(threshold) - 0.5) * logit_step;
    case Criterion::patience:
      return static_cast<double>(threshold);
  }
  throw std::logic_error("threshold_level: no such criterion");
}

bool laxer_upwards(Criterion criterion) {
  return criterion != Criterion::margin && criterion != Criterion::patience;
}

std::uint64_t never_register(Criterion criterion) {
  if (!laxer_upwards(criterion)) return kMost;
  return criterion == Criterion::entropy ? 0 : threshold_register(criterion, 2, 1);
}

std::uint64_t always_register(Criterion criterion) {
  return laxer_upwards(criterion) ? kMost : 0;
}

std::uint64_t entropy_times_s(const Decision& decision, const DecisionTables& tables) {  // below 2^37
  return decision.sum_weighted + s_ln_s(decision.sum_exp, tables);
}

Decision decide(std::span<const std::int32_t> logits, const DecisionTables& tables, Criterion criterion,
                std::uint64_t threshold) {
  if (logits.size() != static_cast<std::size_t>(tables.classes)) {
    throw std::logic_error("decide: " + std::to_string(logits.size()) + " logits for " +
                           std::to_string(tables.classes) + " classes");
  }
  const auto top = std::max_element(logits.begin(), logits.end());  // the first of the largest
  const int shift = tables.base2_shift;
  const std::int64_t half = shift == 0 ? 0 : std::int64_t{1} << (shift - 1);
  Decision decision;
  decision.top_class = static_cast<int>(top - logits.begin());
  std::int64_t nearest = std::int64_t{1} << tables.logit_bits;
  for (auto z = logits.begin(); z != logits.end(); ++z) {
    const std::int64_t d = std::int64_t{*top} - *z;
    if (z != top) nearest = std::min(nearest, d);
    const std::int64_t powers = (d + half) >> shift;
    if (powers <= T::kFraction) decision.sum_base2 += kOne >> powers;
    const auto entry = static_cast<std::size_t>(d);
    if (entry >= tables.exp_table.size()) continue;
    decision.sum_exp += tables.exp_table[entry];
    decision.sum_weighted += tables.wexp_table[entry];
  }
  decision.margin = static_cast<int>(nearest);
  decision.confident = confident(decision, tables, criterion, threshold);
  return decision;
}

bool confident(const Decision& decision, const DecisionTables& tables, Criterion criterion,
               std::uint64_t threshold) {
  switch (criterion) {
    case Criterion::max_softmax:
      return decision.sum_exp <= threshold;
    case Criterion::entropy:
      return entropy_times_s(decision, tables) << T::kThresholdFraction <
             uint128{threshold} * decision.sum_exp;
    case Criterion::margin:
      return static_cast<std::uint64_t>(decision.margin) >= threshold;
    case Criterion::base2:
      return decision.sum_base2 <= threshold;
    case Criterion::patience:
      return static_cast<std::uint64_t>(decision.agreements) >= threshold;
  }
  throw std::logic_error("confident: no such criterion");
}

int agreements_after(const Decision* before, int top_class) {
  return before != nullptr && !before->skipped && before->top_class == top_class ? before->agreements + 1 : 0;
}

std::uint64_t strictest_threshold(const Decision& decision, const DecisionTables& tables,
                                  Criterion criterion) {
  switch (criterion) {
    case Criterion::max_softmax:
      return decision.sum_exp;
    // (W + h) << k < threshold * S  <=>  threshold > floor(((W + h) << k) / S).
    case Criterion::entropy:
      return (entropy_times_s(decision, tables) << T::kThresholdFraction) / decision.sum_exp + 1;
    case Criterion::margin:
      return static_cast<std::uint64_t>(decision.margin);
    case Criterion::base2:
      return decision.sum_base2;
    case Criterion::patience:
      return static_cast<std::uint64_t>(decision.agreements);
  }
  throw std::logic_error("strictest_threshold: no such criterion");
}

int confidence_bin(const Decision& decision, const DecisionTables& tables, Criterion criterion) {
  const auto powers = [](std::uint64_t value) { return static_cast<int>(std::bit_width(value)); };
  const auto bin = [&] {
    switch (criterion) {
      case Criterion::max_softmax:
        return powers(decision.sum_exp - kOne) / 2;
      case Criterion::entropy:
        return powers(entropy_times_s(decision, tables)) / 2;
      case Criterion::margin:
      case Criterion::patience:
        return powers(static_cast<std::uint64_t>(decision.margin));
      case Criterion::base2:
        return powers(decision.sum_base2 - kOne) / 2;
    }
    throw std::logic_error("confidence_bin: no such criterion");
  };
  return std::min(bin(), kConfidenceBins - 1);
}

}  // namespace offramp::fixed
