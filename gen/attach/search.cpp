#include "attach/search.h"

#include "attach/pieces.h"

namespace offramp::attach {
namespace {

using Choice = std::vector<std::optional<std::size_t>>;

/// All choices one step away.
std::vector<Choice> neighbours(const SearchProblem& problem, const Choice& now) {
  std::vector<Choice> all;
  for (std::size_t p = 0; p < problem.places.size(); ++p) {
    Choice next = now;
    if (now[p]) {
      next[p].reset();
      all.push_back(next);
    }
    for (std::size_t c = 0; c < problem.places[p].candidates.size(); ++c) {
      if (now[p] == c) continue;
      next[p] = c;
      all.push_back(next);
      if (now[p]) continue;
      for (const std::size_t from : {p - 1, p + 1}) {  // p - 1 of 0 is beyond the end
        if (from >= problem.places.size() || !now[from]) continue;
        Choice moved = next;
        moved[from].reset();
        all.push_back(moved);
      }
    }
  }
  return all;
}

}  // namespace

ExitLine line_of(const SearchProblem& problem, const Choice& taken) {
  ExitLine line;
  double branches = 0;
  for (std::size_t p = 0; p < taken.size(); ++p) {
    if (!taken[p]) continue;
    const Candidate& candidate = problem.places[p].candidates[*taken[p]];
    branches += candidate.cost;
    line.exits.push_back(&candidate.outcomes);
    line.cost.push_back(problem.places[p].cost + branches);
  }
  line.exits.push_back(&problem.backbone);
  line.cost.push_back(problem.backbone_cost + branches);
  return line;
}

SearchResult search_exits(const SearchProblem& problem, int threads) {
  const auto judge = [&](const Choice& choice) {
    return choose_levels(line_of(problem, choice), problem.labels, problem.max_drop);
  };
  SearchResult best{.taken = Choice(problem.places.size()), .levels = {}};
  best.levels = judge(best.taken);
  while (true) {
    const std::vector<Choice> next = neighbours(problem, best.taken);
    std::vector<Levels> levels(next.size());
    each_piece(next.size(), threads, [&](std::size_t i, std::size_t) { levels[i] = judge(next[i]); });
    std::size_t lowest = 0;
    for (std::size_t i = 1; i < next.size(); ++i) {
      if (levels[i].cost < levels[lowest].cost) lowest = i;
    }
    if (next.empty() || levels[lowest].cost > best.levels.cost - problem.least_gain * problem.backbone_cost)
      break;
    best = {.taken = next[lowest], .levels = std::move(levels[lowest])};
  }
  return best;
}

}  // namespace offramp::attach
