#pragma once
// Which exits pay, with which structure: the LoCoExNet idea. A branch costs every image that reaches it and
// spares the rest of the backbone those that leave; the search keeps what lowers the expected cost at no loss
// of accuracy.
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "attach/outcomes.h"

namespace offramp::attach {

/// A trained branch that may be taken.
struct Candidate {
  double cost = 0;    // of the branch, for each image that reaches it
  Outcomes outcomes;  // on the held-out images
};

/// A place with its candidates.
struct Place {
  double cost = 0;  // of the backbone up to here
  std::vector<Candidate> candidates;
};

struct SearchProblem {
  std::vector<Place> places;  // in the backbone's order
  double backbone_cost = 0;   // all of it
  Outcomes backbone;
  std::span<const std::uint16_t> labels;
  double max_drop = 0;
  /// A step must lower the cost by this share of the backbone's, lest an exit be added for a handful of
  /// images.
  double least_gain = 0.001;
};

/// By place: the candidate taken, or nothing.
struct SearchResult {
  std::vector<std::optional<std::size_t>> taken;
  Levels levels;
};

/// Steepest descent over sets: each step adds a branch, drops one or changes one's structure or place,
/// whichever lowers the expected cost most, thresholds chosen anew for every set looked at.
[[nodiscard]] SearchResult search_exits(const SearchProblem& problem, int threads);

/// The line of exits that a choice makes.
[[nodiscard]] ExitLine line_of(const SearchProblem& problem,
                               const std::vector<std::optional<std::size_t>>& taken);

}  // namespace offramp::attach
