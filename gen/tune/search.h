#pragma once
// The search over all thresholds that make a difference.
//
// With one early exit a sweep tries every threshold: exact. With two, a sweep over the first exit's
// thresholds keeps, in a tree of prefix sums, what each threshold of the second would give: exact, in n log n
// steps. With more, weighted descents (a price on each wrong answer) give starts, from which every pair of
// exits is set anew, exactly, until no pair can be bettered; tests hold the result within a percent of the
// best that trying every combination finds.
#include <cstdint>
#include <vector>

#include "tune/table.h"

namespace offramp::tune {

/// Sums over the samples.
struct Totals {
  std::int64_t score = 0;
  std::int64_t cost = 0;
  bool operator==(const Totals&) const = default;
};

/// What is wanted.
class Goal {
 public:
  /// The least cost at which the score is `score` or more.
  [[nodiscard]] static Goal cheapest_with_score(std::int64_t score) { return {true, score}; }
  /// The highest score whose cost is `cost` or less.
  [[nodiscard]] static Goal best_within_cost(std::int64_t cost) { return {false, cost}; }
  [[nodiscard]] bool wants_score() const { return wants_score_; }
  [[nodiscard]] std::int64_t limit() const { return limit_; }
  [[nodiscard]] bool met(const Totals& t) const { return (wants_score_ ? t.score : -t.cost) >= bound(); }
  /// Whether `a` is strictly the better; what misses the limit by less is better than what misses it by more.
  [[nodiscard]] bool better(const Totals& a, const Totals& b) const;

 private:
  Goal(bool wants_score, std::int64_t limit) : wants_score_(wants_score), limit_(limit) {}
  [[nodiscard]] std::int64_t bound() const { return wants_score_ ? limit_ : -limit_; }
  bool wants_score_;
  std::int64_t limit_;
};

struct Found {
  Choice choice;
  Totals totals;
};

class Search {
 public:
  explicit Search(const Table& table);

  [[nodiscard]] Totals totals(const Choice& choice) const;
  /// The best choice; where no choice meets the goal, the one that misses it by least.
  [[nodiscard]] Found solve(const Goal& goal) const;
  /// The same from a choice that is known already, alone.
  [[nodiscard]] Found improve(Choice start, const Goal& goal) const;
  /// Choices of which none is both dearer and worse than another, from the best score to the least cost: with
  /// one early exit all there are, else about `points` that are evenly apart in score.
  [[nodiscard]] std::vector<Found> front(std::size_t points) const;

 private:
  [[nodiscard]] std::vector<Found> weighted_starts() const;
  void descend(Choice& choice, double price) const;
  /// Sets one exit after the other until none can be bettered alone.
  [[nodiscard]] Found polish(Choice start, const Goal& goal) const;
  [[nodiscard]] bool improve_one(Found& now, std::size_t e, const Goal& goal) const;
  [[nodiscard]] bool improve_pair(Found& now, std::size_t e, std::size_t f, const Goal& goal) const;

  const Table& table_;
  std::vector<std::vector<std::uint32_t>> order_;  // [early exit]: samples that can leave, strict to lax
  std::vector<Found> starts_;
};

}  // namespace offramp::tune
