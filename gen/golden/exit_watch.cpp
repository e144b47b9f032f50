#include "golden/exit_watch.h"

#include <algorithm>
#include <limits>
#include <stdexcept>

namespace offramp::golden {

ExitWatch::ExitWatch(const quant::QNetwork& network, WatchSettings settings)
    : network_(network),
      settings_(std::move(settings)),
      histogram_(network.exits.size() - 1, Bins{}),
      counts_(network.exits.size(), 0),
      drift_(network.exits.size(), false) {
  if (settings_.window_log2 < 0 || settings_.window_log2 > fixed::kMostWindowLog2)
    throw std::logic_error("ExitWatch: no such window");
  rest();
}

void ExitWatch::rest() {
  thresholds_.clear();
  for (std::size_t e = 0; e + 1 < network_.exits.size(); ++e)
    thresholds_.push_back(network_.exits[e].threshold);
}

void ExitWatch::aim(std::uint32_t target) {
  settings_.target = target;
  if (target == 0) rest();
}

void ExitWatch::result(int exit, std::span<const fixed::Decision> decisions, std::uint64_t latency) {
  for (std::size_t e = 0; e < histogram_.size() && e <= static_cast<std::size_t>(exit); ++e) {
    if (decisions[e].skipped) continue;
    const int bin = fixed::confidence_bin(decisions[e], network_.decision, network_.exits[e].criterion);
    ++histogram_[e][static_cast<std::size_t>(bin)];
  }
  constexpr std::uint64_t kMostSum = std::uint64_t{1} << (fixed::kLatencySumBits - 1);
  ++counts_[static_cast<std::size_t>(exit)];
  latency_sum_ = std::min(latency_sum_ + latency, kMostSum);
  if (++results_ >> settings_.window_log2 != 0) end_window();
}

void ExitWatch::end_window() {
  for (std::size_t e = 0; e < settings_.bands.size(); ++e)
    drift_[e] = drift_[e] || !settings_.bands[e].holds(counts_[e]);
  const int w = settings_.window_log2;
  if (settings_.target != 0) {
    const fixed::HoldMove move = fixed::hold_move(latency_sum_, w, settings_.target, settings_.slack);
    for (std::size_t e = 0; e < settings_.steps.size() && move != fixed::HoldMove::none; ++e) {
      const bool up = fixed::laxer_upwards(network_.exits[e].criterion) == (move == fixed::HoldMove::laxer);
      thresholds_[e] = fixed::moved_threshold(thresholds_[e], settings_.steps[e], up);
    }
  }
  ++windows_;
  window_latency_ = static_cast<std::uint32_t>(
      std::min<std::uint64_t>(latency_sum_ >> w, std::numeric_limits<std::uint32_t>::max()));
  restart_window();
}

void ExitWatch::clear_histogram() {
  std::fill(histogram_.begin(), histogram_.end(), Bins{});
}

void ExitWatch::restart_window() {
  std::fill(counts_.begin(), counts_.end(), 0);
  results_ = 0;
  latency_sum_ = 0;
}

}  // namespace offramp::golden
