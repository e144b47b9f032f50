#include "quant/exit_band.h"

#include <fmt/format.h>

#include <cmath>

#include "base/error.h"

namespace offramp::quant {
namespace {

/// Probabilities of 0 to n of n samples, where `successes` of `images` (and half a sample each) are known.
std::vector<double> beta_binomial(int n, double successes, double images) {
  const double alpha = successes + 0.5;
  const double beta = images - successes + 0.5;
  const auto log_beta = [](double a, double b) {
    return std::lgamma(a) + std::lgamma(b) - std::lgamma(a + b);
  };
  std::vector<double> mass;
  for (int k = 0; k <= n; ++k) {
    const double choose = -std::log(n + 1.0) - log_beta(n - k + 1.0, k + 1.0);
    mass.push_back(std::exp(choose + log_beta(k + alpha, n - k + beta) - log_beta(alpha, beta)));
  }
  return mass;
}

fixed::ExitBand band(double rate, double images, int n, double tail) {
  const std::vector<double> mass = beta_binomial(n, rate * images, images);
  int low = 0;
  for (double below = mass.front(); below <= tail && low < n; below += mass[static_cast<std::size_t>(low)])
    ++low;
  int high = n;
  for (double above = mass.back(); above <= tail && high > low; above += mass[static_cast<std::size_t>(high)])
    --high;
  return {.low = static_cast<std::uint16_t>(low), .high = static_cast<std::uint16_t>(high)};
}

}  // namespace

std::vector<fixed::ExitBand> exit_bands(std::span<const double> rates, std::size_t images, int window_log2,
                                        double false_alarm) {
  if (window_log2 < 0 || window_log2 > fixed::kMostWindowLog2) {
    throw Error(fmt::format("a window of 2^{} results; 2^0 to 2^{} are supported", window_log2,
                            fixed::kMostWindowLog2));
  }
  if (!(false_alarm > 0 && false_alarm < 1)) {
    throw Error(fmt::format("a probability of {} for a false alarm; give one between 0 and 1", false_alarm));
  }
  std::vector<fixed::ExitBand> bands;
  for (const double rate : rates) {
    if (!(rate >= 0 && rate <= 1)) throw Error(fmt::format("an exit rate of {}; rates are 0 to 1", rate));
    bands.push_back(images == 0 ? fixed::ExitBand{}
                                : band(rate, static_cast<double>(images), 1 << window_log2,
                                       false_alarm / 2 / static_cast<double>(rates.size())));
  }
  return bands;
}

}  // namespace offramp::quant
