#include "tune/risk_control.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/error.h"

namespace offramp::tune {

const char* name_of(Method method) {
  return method == Method::ltt ? "ltt" : "crc";
}

double binomial_cdf(std::int64_t k, std::int64_t n, double p) {
  if (k < 0) return 0;
  if (k >= n || p <= 0) return 1;
  if (p >= 1) return 0;
  // Terms from k down, each from the one before, so that the largest are added to what is already there
  // exactly where it matters: in the lower tail they fall from the first on.
  const auto choose = [n](std::int64_t j) {
    const auto ld = [](std::int64_t v) { return static_cast<long double>(v); };
    return std::lgamma(ld(n) + 1) - std::lgamma(ld(j) + 1) - std::lgamma(ld(n - j) + 1);
  };
  const long double odds = static_cast<long double>(p) / (1 - static_cast<long double>(p));
  // From the mode or from k, whichever is lower, downwards, then upwards to k: no term over- or underflows
  // before it is negligible.
  const auto mode = static_cast<std::int64_t>(std::floor(static_cast<double>(n + 1) * p));
  const std::int64_t from = std::min(k, mode);
  const long double first =
      std::exp(choose(from) + static_cast<long double>(from) * std::log(static_cast<long double>(p)) +
               static_cast<long double>(n - from) * std::log1p(-static_cast<long double>(p)));
  long double sum = 0;
  long double term = first;
  for (std::int64_t j = from; j >= 0; --j) {
    sum += term;
    if (term < sum * 1e-22L) break;
    term *= static_cast<long double>(j) / (static_cast<long double>(n - j + 1) * odds);
  }
  term = first;
  for (std::int64_t j = from + 1; j <= k; ++j) {
    term *= static_cast<long double>(n - j + 1) * odds / static_cast<long double>(j);
    sum += term;
    if (term < sum * 1e-22L) break;
  }
  return std::min(1.0, static_cast<double>(sum * (1 + 1e-9L)));
}

std::int64_t least_samples(const Promise& promise) {
  if (!(promise.risk > 0 && promise.risk < 1)) {
    throw Error(
        fmt::format("a guarantee of at most {:g} points of accuracy: promise more than 0 and less than 100 "
                    "(--guarantee)",
                    100 * promise.risk));
  }
  if (!(promise.confidence > 0 && promise.confidence < 1)) {
    throw Error(fmt::format("a confidence of {:g}: give a probability above 0 and below 1 (--confidence)",
                            promise.confidence));
  }
  const auto enough = [&](std::int64_t n) { return n > 0 && accepts(evidence(0, n, promise), promise); };
  std::int64_t n = promise.method == Method::ltt
                       ? std::llround(std::log1p(-promise.confidence) / std::log1p(-promise.risk))
                       : std::llround(1 / promise.risk - 1);
  n = std::max<std::int64_t>(n, 1);
  while (!enough(n)) ++n;
  while (enough(n - 1)) --n;
  return n;
}

double evidence(std::int64_t losses, std::int64_t n, const Promise& promise) {
  if (promise.method == Method::ltt) return binomial_cdf(losses, n, promise.risk);
  return static_cast<double>(losses + 1) / static_cast<double>(n + 1);
}

bool accepts(double evidence, const Promise& promise) {
  return evidence <= (promise.method == Method::ltt ? 1 - promise.confidence : promise.risk);
}

std::size_t accepted_steps(std::span<const std::int64_t> losses, std::int64_t n, const Promise& promise) {
  std::size_t steps = 0;
  while (steps < losses.size() && accepts(evidence(losses[steps], n, promise), promise)) ++steps;
  return steps;
}

std::vector<std::int64_t> count_losses(const std::vector<std::vector<std::uint8_t>>& loss,
                                       std::span<const std::size_t> samples, Method method) {
  std::vector<std::int64_t> counts(loss.size(), 0);
  for (const std::size_t i : samples) {
    bool lost = false;
    for (std::size_t step = 0; step < loss.size(); ++step) {
      lost = loss[step][i] != 0 || (lost && method == Method::crc);
      counts[step] += lost;
    }
  }
  return counts;
}

std::string text_of(const Promise& promise) {
  const std::string risk = fmt::format(
      "a fresh image is wrong where the last exit would be right with probability at most {:g} %, so "
      "accuracy drops by at most {:g} points",
      100 * promise.risk, 100 * promise.risk);
  if (promise.method == Method::ltt)
    return fmt::format("with probability at least {:g} % over the choice of the calibration images: {}",
                       100 * promise.confidence, risk);
  return fmt::format("in the mean over the choice of the calibration images: {}", risk);
}

}  // namespace offramp::tune
