#pragma once
// Distribution-free risk control: how far a path of policies, strict to lax, may be followed so that a
// promise about samples never seen holds, whatever the network and the data are like.
//
// Every step of the path has a risk, the probability that a fresh sample has loss 1 (here: the early exit is
// wrong where the last exit is right, which is never less than what accuracy drops by). The path is fixed
// before the calibration samples are looked at, and those are drawn like the samples in the field.
//
// Learn then Test (Angelopoulos, Bates, Candes, Jordan, Lei, arXiv 2110.01052) with fixed-sequence testing:
// step j's null hypothesis "its risk is above epsilon" has the p-value P(Bin(n, epsilon) <= losses of step
// j), exact as losses are 0 or 1. Steps are tested in order until the first p-value above delta; the last one
// before it is taken. Wrong with probability delta at most: that takes passing the first step whose risk is
// above epsilon, and its own p-value is at most delta with no more than probability delta.
//
// Conformal risk control (Angelopoulos, Bates, Fisch, Lei, Schuster, arXiv 2208.02814): the laxest step with
// (losses + 1) / (n + 1) <= epsilon; the risk of what is taken, in the mean over calibration sets, is epsilon
// at most. This needs losses that only grow along the path, so a sample is charged from its first loss on.
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace offramp::tune {

enum class Method : std::uint8_t { ltt, crc };
[[nodiscard]] const char* name_of(Method method);

struct Promise {
  double risk = 0.01;        // epsilon, above 0 and below 1
  double confidence = 0.95;  // 1 - delta; of no use to crc
  Method method = Method::ltt;
};

/// P(X <= k) for X ~ Bin(n, p), rounded up by a part in 10^9 so that rounding breaks no promise.
[[nodiscard]] double binomial_cdf(std::int64_t k, std::int64_t n, double p);

/// The fewest calibration samples with which a step without any loss is accepted. Throws offramp::Error for
/// a risk or a confidence that is not between 0 and 1.
[[nodiscard]] std::int64_t least_samples(const Promise& promise);

/// What `losses` of `n` samples say of a step: ltt its p-value, crc its bound on the risk.
[[nodiscard]] double evidence(std::int64_t losses, std::int64_t n, const Promise& promise);
/// Whether a step with this evidence is accepted.
[[nodiscard]] bool accepts(double evidence, const Promise& promise);

/// The number of steps, from the first, that are accepted: the one to take is the last of them, index less
/// one. `losses` by step; for crc already charged from the first loss on.
[[nodiscard]] std::size_t accepted_steps(std::span<const std::int64_t> losses, std::int64_t n,
                                         const Promise& promise);

/// Losses by step over the given samples: `loss[step][sample]`; with crc charged from the first on.
[[nodiscard]] std::vector<std::int64_t> count_losses(const std::vector<std::vector<std::uint8_t>>& loss,
                                                     std::span<const std::size_t> samples, Method method);

/// What is promised, in words for a certificate.
[[nodiscard]] std::string text_of(const Promise& promise);

}  // namespace offramp::tune
