#include "attach/outcomes.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace offramp::attach {
namespace {

constexpr double kNever = 2;
constexpr int kPasses = 6;  // rounds of exits; two or three change something

/// Thresholds under way: exit e fires for the `count` most confident of all images.
class Search {
 public:
  Search(const ExitLine& line, std::span<const std::uint16_t> labels, double max_drop)
      : line_(line), labels_(labels), early_(line.exits.size() - 1), level_(early_, kNever) {
    for (std::size_t i = 0; i < labels.size(); ++i) final_right_ += right(i, early_);
    const double allowed = std::floor(max_drop * static_cast<double>(labels.size()) + 1e-9);
    least_right_ = final_right_ - static_cast<std::int64_t>(allowed);
  }

  void run(bool forwards) {
    for (int pass = 0; pass < kPasses; ++pass) {
      bool changed = false;
      for (std::size_t k = 0; k < early_; ++k) changed = better(forwards ? k : early_ - 1 - k) || changed;
      if (!changed) break;
    }
  }

  [[nodiscard]] const std::vector<double>& levels() const { return level_; }

 private:
  [[nodiscard]] int right(std::size_t i, std::size_t e) const {
    return line_.exits[e]->top[i] == labels_[i] ? 1 : 0;
  }
  [[nodiscard]] bool fires(std::size_t i, std::size_t e) const {
    return e == early_ || static_cast<double>(line_.exits[e]->confidence[i]) >= level_[e];
  }
  [[nodiscard]] std::size_t exit_from(std::size_t i, std::size_t e) const {
    while (!fires(i, e)) ++e;
    return e;
  }

  /// Sets exit e's threshold to the best one while the others stay; true if it changed.
  bool better(std::size_t e) {
    // As if e never fired.
    std::int64_t all_right = 0;
    std::vector<std::uint8_t> otherwise(labels_.size());  // exit, for images that arrive at e
    std::vector<bool> arrives(labels_.size());
    for (std::size_t i = 0; i < labels_.size(); ++i) {
      const std::size_t before = exit_before(i, e);
      arrives[i] = before == e;
      const std::size_t at = arrives[i] ? exit_from(i, e + 1) : before;
      otherwise[i] = static_cast<std::uint8_t>(at);
      all_right += right(i, at);
    }
    const Outcomes& here = *line_.exits[e];
    double gained = 0;
    double best_gain = 0;
    double best_level = kNever;
    std::int64_t running = all_right;
    // Without any at e the accuracy may be too low, where later exits count on it; then any allowed one is
    // better.
    bool feasible = all_right >= least_right_;
    for (std::size_t k = 0; k < here.sorted.size(); ++k) {
      const std::size_t i = here.sorted[k];
      if (arrives[i]) {
        running += right(i, e) - right(i, otherwise[i]);
        gained += line_.cost[otherwise[i]] - line_.cost[e];
      }
      const bool last = k + 1 == here.sorted.size();
      const float next = last ? 0.0F : here.confidence[here.sorted[k + 1]];
      if (!last && next == here.confidence[i]) continue;
      if (arrives[i] && running >= least_right_ && (!feasible || gained > best_gain)) {
        feasible = true;
        best_gain = gained;
        // Below the least there is no other to stay away from.
        best_level = (static_cast<double>(here.confidence[i]) + static_cast<double>(next)) / 2;
      }
    }
    const bool changed = best_level != level_[e];
    level_[e] = best_level;
    return changed;
  }

  /// The first exit before e that fires, or e.
  [[nodiscard]] std::size_t exit_before(std::size_t i, std::size_t e) const {
    for (std::size_t k = 0; k < e; ++k) {
      if (fires(i, k)) return k;
    }
    return e;
  }

  const ExitLine& line_;
  std::span<const std::uint16_t> labels_;
  std::size_t early_;
  std::vector<double> level_;
  std::int64_t final_right_ = 0;
  std::int64_t least_right_ = 0;
};

}  // namespace

Outcomes outcomes_of(std::span<const float> logits, std::size_t classes) {
  Outcomes result;
  for (std::size_t at = 0; at < logits.size(); at += classes) {
    const auto z = logits.subspan(at, classes);
    const auto top = std::max_element(z.begin(), z.end());
    double sum = 0;
    for (const float v : z) sum += std::exp(static_cast<double>(v) - static_cast<double>(*top));
    result.top.push_back(static_cast<std::uint16_t>(top - z.begin()));
    result.confidence.push_back(static_cast<float>(1 / sum));
  }
  result.sorted.resize(result.top.size());
  std::iota(result.sorted.begin(), result.sorted.end(), 0U);
  std::stable_sort(result.sorted.begin(), result.sorted.end(), [&](std::uint32_t a, std::uint32_t b) {
    return result.confidence[a] > result.confidence[b];
  });
  return result;
}

double accuracy_of(const Outcomes& outcomes, std::span<const std::uint16_t> labels) {
  std::size_t right = 0;
  for (std::size_t i = 0; i < labels.size(); ++i) right += outcomes.top[i] == labels[i];
  return static_cast<double>(right) / static_cast<double>(labels.size());
}

Levels apply_levels(const ExitLine& line, std::span<const std::uint16_t> labels,
                    const std::vector<double>& levels) {
  const std::size_t early = line.exits.size() - 1;
  std::vector<std::size_t> left(early + 1, 0);
  std::size_t right = 0;
  Levels result{.level = levels, .exit_share = {}};
  for (std::size_t i = 0; i < labels.size(); ++i) {
    std::size_t e = 0;
    while (e < early && static_cast<double>(line.exits[e]->confidence[i]) < levels[e]) ++e;
    ++left[e];
    right += line.exits[e]->top[i] == labels[i];
    result.cost += line.cost[e];
  }
  const auto count = static_cast<double>(labels.size());
  result.cost /= count;
  result.accuracy = static_cast<double>(right) / count;
  result.final_accuracy = accuracy_of(*line.exits[early], labels);
  for (const std::size_t n : left) result.exit_share.push_back(static_cast<double>(n) / count);
  return result;
}

Levels choose_levels(const ExitLine& line, std::span<const std::uint16_t> labels, double max_drop) {
  Levels best;
  for (const bool forwards : {true, false}) {
    Search search(line, labels, max_drop);
    search.run(forwards);
    Levels now = apply_levels(line, labels, search.levels());
    if (best.exit_share.empty() || now.cost < best.cost) best = std::move(now);
  }
  return best;
}

}  // namespace offramp::attach
