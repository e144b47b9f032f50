#include "quant/tune.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "base/error.h"

namespace offramp::quant {
namespace {

/// A sample that has not left at an earlier exit.
struct Candidate {
  std::uint64_t least = 0;  // strictest threshold at which it leaves here
  int gain = 0;             // 1: only this exit is right, -1: only the last is
  std::size_t sample = 0;
};

}  // namespace

TuneResult tune_threshold(QNetwork& network, std::span<const TuneSample> samples,
                          const TuneOptions& options) {
  if (samples.empty())
    throw Error("network '" + network.name +
                "': no samples to tune the thresholds on; give a data set (--data)");
  if (!(options.max_drop >= 0 && options.max_drop <= 1)) {
    throw Error(
        fmt::format("an accuracy drop of {}: give a share from 0 to 1 (--max-drop)", options.max_drop));
  }
  const std::size_t early = network.exits.size() - 1;
  const auto total = static_cast<std::int64_t>(samples.size());
  const auto right = [&](std::size_t i, std::size_t e) {
    return samples[i].exits[e].top_class == samples[i].label;
  };

  std::int64_t final_right = 0;
  for (std::size_t i = 0; i < samples.size(); ++i) final_right += right(i, early);
  std::int64_t now_right = final_right;

  std::vector<bool> gone(samples.size(), false);
  TuneResult result;
  for (std::size_t e = 0; e < early; ++e) {
    std::vector<Candidate> candidates;
    for (std::size_t i = 0; i < samples.size(); ++i) {
      if (gone[i]) continue;
      candidates.push_back(
          {fixed::strictest_threshold(samples[i].exits[e], network.decision, options.criterion),
           static_cast<int>(right(i, e)) - static_cast<int>(right(i, early)), i});
    }
    std::sort(candidates.begin(), candidates.end(),
              [upwards = fixed::laxer_upwards(options.criterion)](const Candidate& a, const Candidate& b) {
                return upwards ? a.least < b.least : a.least > b.least;
              });

    // The drop that this exit and those before it may have cost, in samples.
    const double part = static_cast<double>(e + 1) / static_cast<double>(early);
    const auto allowed =
        static_cast<std::int64_t>(std::floor(options.max_drop * part * static_cast<double>(total) + 1e-9));
    std::size_t best = 0;  // candidates that leave
    std::int64_t best_right = now_right;
    std::int64_t running = now_right;
    for (std::size_t k = 0; k < candidates.size(); ++k) {
      running += candidates[k].gain;
      const bool last_of_equals =
          k + 1 == candidates.size() || candidates[k + 1].least != candidates[k].least;
      if (last_of_equals && running >= final_right - allowed) {
        best = k + 1;
        best_right = running;
      }
    }
    now_right = best_right;
    for (std::size_t k = 0; k < best; ++k) gone[candidates[k].sample] = true;
    result.exit_share.push_back(static_cast<double>(best) / static_cast<double>(total));

    QExit& exit = network.exits[e];
    exit.criterion = options.criterion;
    exit.threshold = best == 0 ? fixed::never_register(options.criterion) : candidates[best - 1].least;
    exit.level = fixed::threshold_level(options.criterion, exit.threshold, network.decision.logit_step);
  }
  result.exit_share.push_back(static_cast<double>(std::count(gone.begin(), gone.end(), false)) /
                              static_cast<double>(total));
  result.final_accuracy = static_cast<double>(final_right) / static_cast<double>(total);
  result.accuracy = static_cast<double>(now_right) / static_cast<double>(total);
  return result;
}

}  // namespace offramp::quant
