#include "verif/trust/shrink.h"

#include <algorithm>

namespace offramp::trust {

namespace {

class Shrinker {
 public:
  Shrinker(Draws draws, const StillFails& still_fails, const ShrinkOptions& options)
      : best_(std::move(draws)), still_fails_(still_fails), options_(options), left_(options.groups) {}

  Draws run() {
    bool changed = true;
    while (changed && left_ > 0) {
      const Draws before = best_;
      trim();
      for (std::size_t size = std::max<std::size_t>(best_.size() / 2, 1); size > 0 && left_ > 0; size /= 2) {
        edit(size, [&](Draws& d, std::size_t at) {
          d.erase(d.begin() + static_cast<std::ptrdiff_t>(at),
                  d.begin() + static_cast<std::ptrdiff_t>(std::min(at + size, d.size())));
        });
      }
      for (std::size_t size = std::max<std::size_t>(best_.size() / 4, 1); size > 0 && left_ > 0; size /= 4) {
        edit(size, [&](Draws& d, std::size_t at) {
          std::fill(d.begin() + static_cast<std::ptrdiff_t>(at),
                    d.begin() + static_cast<std::ptrdiff_t>(std::min(at + size, d.size())), 0);
        });
      }
      edit(1, [](Draws& d, std::size_t at) { d[at] /= 2; });
      for (const std::uint32_t step : {100U, 10U, 1U})
        edit(1, [&](Draws& d, std::size_t at) { d[at] -= std::min(d[at], step); });
      changed = best_ != before;
    }
    return best_;
  }

 private:
  /// What is past the end reads 0, so zeros at the end say nothing.
  void trim() {
    while (!best_.empty() && best_.back() == 0) best_.pop_back();
  }

  /// Tries an edit at every `step`-th place, from the end, and goes on from what worked.
  template <class Edit>
  void edit(std::size_t step, const Edit& change) {
    std::size_t at = best_.size();
    while (at > 0 && left_ > 0) {
      std::vector<Draws> group;
      std::vector<std::size_t> places;
      while (at > 0 && group.size() < options_.group) {
        at -= std::min(step, at);
        Draws d = best_;
        change(d, at);
        if (d == best_) continue;
        group.push_back(std::move(d));
        places.push_back(at);
      }
      if (group.empty()) continue;
      --left_;
      const std::vector<bool> fails = still_fails_(group);
      for (std::size_t i = 0; i < group.size(); ++i) {
        if (!fails[i]) continue;
        best_ = std::move(group[i]);
        at = std::min(places[i], best_.size());
        break;
      }
    }
  }

  Draws best_;
  const StillFails& still_fails_;
  ShrinkOptions options_;
  int left_;
};

}  // namespace

Draws shrink(Draws draws, const StillFails& still_fails, const ShrinkOptions& options) {
  return Shrinker(std::move(draws), still_fails, options).run();
}

}  // namespace offramp::trust
