#pragma once
// Samples like those of a network with exits: the surer an exit is, the more often it is right, and later
// exits know more than earlier ones.
#include <algorithm>
#include <cmath>
#include <random>
#include <string>
#include <vector>

#include "tune/policy.h"

namespace offramp::tune {

inline constexpr int kClasses = 10;

inline quant::QNetwork synthetic_network(int exits) {
  quant::QNetwork net;
  net.name = "synthetic";
  net.decision = fixed::make_decision_tables(kClasses, 10, 0.02);
  net.exits.resize(static_cast<std::size_t>(exits));
  for (int e = 0; e < exits; ++e) net.exits[static_cast<std::size_t>(e)].name = "head" + std::to_string(e);
  return net;
}

/// Each exit costs 100 more than the one before, its branch 30 of that.
inline ExitCosts synthetic_costs(int exits) {
  ExitCosts costs{.unit = "cycles", .leave = {}, .branch = {}};
  for (int e = 0; e < exits; ++e) costs.leave.push_back(100 * (e + 1));
  costs.branch.assign(static_cast<std::size_t>(exits) - 1, 30);
  return costs;
}

/// `steps`: how many confidences there are at most; 0: as many as logits tell apart. The activity is the
/// lower the surer the exits are, more or less.
inline std::vector<Sample> synthetic_samples(const quant::QNetwork& net, std::size_t count,
                                             std::uint64_t seed, int steps = 0) {
  std::mt19937_64 random(seed);
  const auto uniform = [&] { return static_cast<double>(random() >> 11) * 0x1p-53; };
  std::vector<Sample> samples(count);
  for (Sample& s : samples) {
    s.label = static_cast<int>(random() % kClasses);
    const double easy = uniform();
    const double exits = static_cast<double>(net.exits.size());
    for (std::size_t e = 0; e < net.exits.size(); ++e) {
      double sure =
          std::clamp(0.7 * easy + 0.35 * uniform() + 0.25 * static_cast<double>(e) / exits - 0.1, 0.0, 1.0);
      if (steps > 0) sure = std::round(sure * steps) / steps;
      const bool right = uniform() < 0.35 + 0.65 * std::pow(sure, 0.6);
      const int top =
          right ? s.label : (s.label + 1 + static_cast<int>(random() % (kClasses - 1))) % kClasses;
      std::vector<std::int32_t> logits(kClasses, 0);
      logits[static_cast<std::size_t>(top)] = 20 + static_cast<int>(400 * sure);
      fixed::Decision d = fixed::decide(logits, net.decision, fixed::Criterion::max_softmax, 0);
      d.activity = static_cast<std::uint64_t>(1000 + 4000 * (1 - easy) + 500 * uniform());
      d.agreements = fixed::agreements_after(e == 0 ? nullptr : &s.exits.back(), d.top_class);
      s.exits.push_back(d);
    }
  }
  return samples;
}

}  // namespace offramp::tune
