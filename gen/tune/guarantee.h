#pragma once
// Thresholds with a promise, and the certificate that says what it rests on.
//
// The images (none of which the network was trained on) are divided by a seed: a quarter finds the path and,
// if asked for, skip rules; half calibrates; the last quarter is touched by nothing and only reported on.
#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <vector>

#include "tune/risk_control.h"
#include "tune/tune.h"

namespace offramp::tune {

struct Parts {
  std::vector<std::size_t> path, calibration, held_out;  // indices of samples, ascending
};
/// The same for the same count and seed on any machine.
[[nodiscard]] Parts divide(std::size_t samples, std::uint64_t seed);

/// Policies from strict to lax: the first leaves nobody, the others are the cheapest on `samples` at ever
/// more losses, up to a few times the promised risk. Every one has the skip rules `skip`.
[[nodiscard]] std::vector<Policy> make_path(const quant::QNetwork& network, std::span<const Sample> samples,
                                            const ExitCosts& costs, fixed::Criterion criterion, double risk,
                                            const std::vector<fixed::SkipRule>& skip = {});

/// Loss of each sample under each policy, 0 or 1.
[[nodiscard]] std::vector<std::vector<std::uint8_t>> losses_of(const std::vector<Policy>& path,
                                                               std::span<const Sample> samples,
                                                               const fixed::DecisionTables& tables,
                                                               const ExitCosts& costs);

struct GuaranteeWish {
  Promise promise;
  /// The first is taken, or, of several, the one that is cheapest at the promised risk on the path's own
  /// part.
  std::vector<fixed::Criterion> criteria{fixed::Criterion::max_softmax};
  bool prune = false;
  std::uint64_t seed = 1;
};

struct Guaranteed {
  Promise promise;
  std::uint64_t seed = 0;
  Parts parts;
  std::vector<Policy> path;
  std::vector<std::int64_t> losses;  // by step, on the calibration part
  std::size_t accepted = 0;          // steps; policy is path[accepted - 1]
  Policy policy;
  Figures on_path, on_calibration, on_held_out;
};

/// Throws offramp::Error as tune() does, and where there are fewer calibration samples than the promise needs
/// (the message says how many). `costs` by criterion, at least for those of the wish.
[[nodiscard]] Guaranteed guarantee(const quant::QNetwork& network, std::span<const Sample> samples,
                                   const std::map<fixed::Criterion, ExitCosts>& costs,
                                   const GuaranteeWish& wish);

/// What the certificate is about, besides the result.
struct CertifiedThing {
  std::string quantized_hash;  // SHA-256 of quantized.json with the thresholds in it
  std::string data;            // what the images are
  std::string data_hash;
  std::string cost_basis;
  ExitCosts costs;
};
/// certificate.json: promise, method, n, losses, evidence by step, seed, data, path and register values.
[[nodiscard]] nlohmann::ordered_json certificate_json(const quant::QNetwork& network,
                                                      const Guaranteed& result, const CertifiedThing& thing);

/// Register values and levels of a policy, by exit.
[[nodiscard]] nlohmann::ordered_json registers_json(const quant::QNetwork& network, const Policy& policy);
[[nodiscard]] nlohmann::ordered_json figures_json(const Figures& figures, const ExitCosts& costs);

}  // namespace offramp::tune
