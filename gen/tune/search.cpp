#include "tune/search.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>
#include <set>

#include "tune/prefix_tree.h"

namespace offramp::tune {
namespace {

constexpr int kMostRounds = 12;
constexpr std::size_t kFewExits = 4;

/// By sample: the first early exit from `from` on that takes it, else the last exit.
std::vector<std::uint32_t> takers(const Table& t, const Choice& choice, std::size_t from) {
  std::vector<std::uint32_t> taker(t.samples, static_cast<std::uint32_t>(t.early()));
  for (std::size_t e = t.early(); e-- > from;) {
    const auto& level = t.leaves_at[e];
    for (std::size_t i = 0; i < t.samples; ++i) {
      if (level[i] <= choice[e]) taker[i] = static_cast<std::uint32_t>(e);
    }
  }
  return taker;
}

/// The samples that no exit before `e` takes.
std::vector<std::uint8_t> arrivals(const Table& t, const Choice& choice, std::size_t e) {
  std::vector<std::uint8_t> arrives(t.samples, 1);
  for (std::size_t j = 0; j < e; ++j) {
    const auto& level = t.leaves_at[j];
    for (std::size_t i = 0; i < t.samples; ++i) arrives[i] &= static_cast<std::uint8_t>(level[i] > choice[j]);
  }
  return arrives;
}

}  // namespace

bool Goal::better(const Totals& a, const Totals& b) const {
  if (met(a) != met(b)) return met(a);
  // Where the limit is met, the other figure counts first; where it is missed, the limited one.
  const bool cost_first = wants_score_ == met(a);
  if (cost_first) return a.cost != b.cost ? a.cost < b.cost : a.score > b.score;
  return a.score != b.score ? a.score > b.score : a.cost < b.cost;
}

Search::Search(const Table& table) : table_(table) {
  for (std::size_t e = 0; e < table.early(); ++e) {
    const auto& level = table.leaves_at[e];
    std::vector<std::uint32_t> order;
    for (std::size_t i = 0; i < table.samples; ++i) {
      if (level[i] != Table::kNeverLeaves) order.push_back(static_cast<std::uint32_t>(i));
    }
    std::stable_sort(order.begin(), order.end(),
                     [&](std::uint32_t a, std::uint32_t b) { return level[a] < level[b]; });
    order_.push_back(std::move(order));
  }
  starts_ = weighted_starts();
}

Totals Search::totals(const Choice& choice) const {
  Totals sum;
  const std::vector<std::uint32_t> taker = takers(table_, choice, 0);
  for (std::size_t i = 0; i < table_.samples; ++i) {
    sum.score += table_.score[taker[i]][i];
    sum.cost += table_.cost[taker[i]][i];
  }
  return sum;
}

/// Sets one exit after the other to what is best at a price for each score, until nothing moves.
void Search::descend(Choice& choice, double price) const {
  constexpr int kMostSweeps = 20;
  for (int sweep = 0; sweep < kMostSweeps; ++sweep) {
    bool moved = false;
    // An exit's own choice does not change who arrives at it or at the exits before it.
    std::vector<std::uint32_t> first = takers(table_, choice, 0);
    std::vector<std::uint32_t> later(table_.samples, static_cast<std::uint32_t>(table_.early()));
    for (std::size_t e = table_.early(); e-- > 0;) {
      const auto& level = table_.leaves_at[e];
      double running = 0;
      double best = 0;
      std::uint32_t best_level = 0;
      for (std::size_t k = 0; k < order_[e].size(); ++k) {
        const std::uint32_t i = order_[e][k];
        if (first[i] >= e) {
          running += static_cast<double>(table_.cost[e][i] - table_.cost[later[i]][i]) -
                     price * (table_.score[e][i] - table_.score[later[i]][i]);
        }
        const bool last_of_level = k + 1 == order_[e].size() || level[order_[e][k + 1]] != level[i];
        if (last_of_level && running < best) {
          best = running;
          best_level = level[i];
        }
      }
      moved = moved || best_level != choice[e];
      choice[e] = best_level;
      for (std::size_t i = 0; i < table_.samples; ++i) {
        if (level[i] <= best_level) later[i] = static_cast<std::uint32_t>(e);
      }
    }
    if (!moved) return;
  }
}

std::vector<Found> Search::weighted_starts() const {
  const Choice never(table_.early(), 0);
  std::vector<Found> starts{{.choice = never, .totals = totals(never)}};
  if (table_.early() < 3) return starts;
  // A wrong answer's price, from a small part of an image's cost to more than a thousand images.
  constexpr int kLowest = -6;
  constexpr int kHighest = 22;
  const double image =
      static_cast<double>(*std::max_element(table_.cost.back().begin(), table_.cost.back().end()));
  Choice choice = never;
  for (int half_octave = kHighest; half_octave >= kLowest; --half_octave) {
    descend(choice, image * std::exp2(half_octave / 2.0));
    const Totals t = totals(choice);
    if (!(t == starts.back().totals)) starts.push_back({.choice = choice, .totals = t});
  }
  return starts;
}

bool Search::improve_one(Found& now, std::size_t e, const Goal& goal) const {
  const std::vector<std::uint8_t> arrives = arrivals(table_, now.choice, e);
  const std::vector<std::uint32_t> later = takers(table_, now.choice, e + 1);
  const auto& level = table_.leaves_at[e];
  Totals running = now.totals;  // with nobody leaving here
  const auto move = [&](std::uint32_t i, int sign) {
    running.score += sign * (table_.score[e][i] - table_.score[later[i]][i]);
    running.cost += sign * (table_.cost[e][i] - table_.cost[later[i]][i]);
  };
  for (std::size_t i = 0; i < table_.samples; ++i) {
    if (arrives[i] != 0 && level[i] <= now.choice[e]) move(static_cast<std::uint32_t>(i), -1);
  }
  Found best{.choice = now.choice, .totals = running};
  best.choice[e] = 0;
  for (std::size_t k = 0; k < order_[e].size(); ++k) {
    const std::uint32_t i = order_[e][k];
    if (arrives[i] != 0) move(i, 1);
    const bool last_of_level = k + 1 == order_[e].size() || level[order_[e][k + 1]] != level[i];
    if (last_of_level && goal.better(running, best.totals)) {
      best.choice[e] = level[i];
      best.totals = running;
    }
  }
  if (!goal.better(best.totals, now.totals)) return false;
  now = std::move(best);
  return true;
}

bool Search::improve_pair(Found& now, std::size_t e, std::size_t f, const Goal& goal) const {
  const std::size_t last = table_.early();
  const auto& level_e = table_.leaves_at[e];
  const auto& level_f = table_.leaves_at[f];
  /// A sample that arrives at e, against what becomes of it where neither e nor f takes it.
  struct Arrival {
    bool arrives = false;
    bool comes_to_f = false;
    std::int32_t score_e = 0, score_f = 0;  // gained by leaving there
    std::int64_t cost_e = 0, cost_f = 0;
  };
  std::vector<Arrival> arrivals(table_.samples);
  Totals base = now.totals;  // with nobody leaving at the two
  PrefixTree tree(table_.levels(f));
  for (std::size_t i = 0; i < table_.samples; ++i) {
    Arrival& a = arrivals[i];
    a.arrives = true;
    for (std::size_t j = 0; j < e && a.arrives; ++j) a.arrives = table_.leaves_at[j][i] > now.choice[j];
    if (!a.arrives) continue;
    std::size_t taker = e + 1;
    while (taker < last && (taker == f || table_.leaves_at[taker][i] > now.choice[taker])) ++taker;
    a.comes_to_f = taker > f && level_f[i] != Table::kNeverLeaves;
    const std::int32_t score = table_.score[taker][i];
    const std::int64_t cost = table_.cost[taker][i];
    a.score_e = table_.score[e][i] - score;
    a.cost_e = table_.cost[e][i] - cost;
    if (a.comes_to_f) {
      a.score_f = table_.score[f][i] - score;
      a.cost_f = table_.cost[f][i] - cost;
      tree.put(level_f[i], a.score_f, a.cost_f);
    }
    if (level_e[i] <= now.choice[e]) {
      base.score -= a.score_e;
      base.cost -= a.cost_e;
    } else if (a.comes_to_f && level_f[i] <= now.choice[f]) {
      base.score -= a.score_f;
      base.cost -= a.cost_f;
    }
  }
  tree.build();

  Found best = now;
  const auto consider = [&](std::uint32_t level) {
    const PrefixTree::Prefix p = goal.wants_score() ? tree.laxest_with_score(goal.limit() - base.score)
                                                    : tree.best_within_cost(goal.limit() - base.cost);
    const Totals t{.score = base.score + p.score, .cost = base.cost + p.cost};
    if (!goal.better(t, best.totals)) return;
    best.totals = t;
    best.choice[e] = level;
    best.choice[f] = p.level;
  };
  consider(0);
  bool changed = false;
  const auto& order = order_[e];
  for (std::size_t k = 0; k < order.size(); ++k) {
    const std::uint32_t i = order[k];
    if (const Arrival& a = arrivals[i]; a.arrives) {
      base.score += a.score_e;
      base.cost += a.cost_e;
      if (a.comes_to_f) tree.add(level_f[i], -a.score_f, -a.cost_f);
      changed = true;
    }
    const bool last_of_level = k + 1 == order.size() || level_e[order[k + 1]] != level_e[i];
    if (!last_of_level || !changed) continue;
    consider(level_e[i]);
    changed = false;
  }
  if (!goal.better(best.totals, now.totals)) return false;
  now = std::move(best);
  return true;
}

Found Search::polish(Choice start, const Goal& goal) const {
  Found now{.choice = std::move(start), .totals = {}};
  now.totals = totals(now.choice);
  for (int round = 0; round < kMostRounds; ++round) {
    bool moved = false;
    for (std::size_t e = table_.early(); e-- > 0;) moved = improve_one(now, e, goal) || moved;
    if (!moved) break;
  }
  return now;
}

Found Search::improve(Choice start, const Goal& goal) const {
  const std::size_t early = table_.early();
  Found now{.choice = std::move(start), .totals = {}};
  if (early != 2) now = polish(std::move(now.choice), goal);
  if (early < 2) return now;
  if (early == 2) now.totals = totals(now.choice);
  const std::size_t pairs = early * (early - 1) / 2;
  std::size_t idle = 0;  // pairs in a row that nothing came of
  for (int round = 0; round < kMostRounds && idle < pairs; ++round) {
    for (std::size_t apart = 1; apart < early; ++apart) {
      for (std::size_t e = 0; e + apart < early && idle < pairs; ++e)
        idle = improve_pair(now, e, e + apart, goal) ? 0 : idle + 1;
    }
    if (early == 2) break;  // the one pair's best is the best
  }
  return now;
}

Found Search::solve(const Goal& goal) const {
  if (table_.early() < 3) return improve(starts_.front().choice, goal);
  // From the best starts on either side of the limit, those to be made cheaper and those to be put right, and
  // from nothing.
  constexpr std::size_t kOfEachSide = 3;
  std::vector<const Found*> chosen{&starts_.front()};
  for (const bool met : {true, false}) {
    std::vector<const Found*> side;
    for (const Found& s : starts_) {
      if (goal.met(s.totals) == met) side.push_back(&s);
    }
    std::stable_sort(side.begin(), side.end(),
                     [&](const Found* a, const Found* b) { return goal.better(a->totals, b->totals); });
    side.resize(std::min(side.size(), kOfEachSide));
    chosen.insert(chosen.end(), side.begin(), side.end());
  }
  // With few exits each start goes all the way; with many the best of them after single moves does.
  const bool few = table_.early() <= kFewExits;
  std::set<Choice> tried;
  std::optional<Found> best;
  const auto attempt = [&](const Choice& start) {
    if (!tried.insert(start).second) return;
    Found found = few ? improve(start, goal) : polish(start, goal);
    if (!best || goal.better(found.totals, best->totals)) best = std::move(found);
  };
  for (const Found* start : chosen) attempt(start->choice);
  // From the best that two exits do by themselves.
  for (std::size_t e = 0; few && e < table_.early(); ++e) {
    for (std::size_t f = e + 1; f < table_.early(); ++f) {
      Found two = starts_.front();
      (void)improve_pair(two, e, f, goal);
      attempt(two.choice);
    }
  }
  // Away from there and back: each exit that is used is left out once.
  for (std::size_t e = 0; e < table_.early(); ++e) {
    Choice other = best->choice;
    if (other[e] == 0) continue;
    other[e] = 0;
    attempt(other);
  }
  return few ? std::move(*best) : improve(best->choice, goal);
}

std::vector<Found> Search::front(std::size_t points) const {
  std::vector<Found> found;
  if (table_.early() == 1) {
    for (std::uint32_t level = 0; level < table_.levels(0); ++level) found.push_back({{level}, {}});
    Totals running = starts_.front().totals;
    found.front().totals = running;
    for (const std::uint32_t i : order_[0]) {
      running.score += table_.score[0][i] - table_.score[1][i];
      running.cost += table_.cost[0][i] - table_.cost[1][i];
      found[table_.leaves_at[0][i]].totals = running;
    }
  } else {
    found = starts_;
    const Found best = solve(Goal::best_within_cost(std::numeric_limits<std::int64_t>::max()));
    const Found cheapest = solve(Goal::best_within_cost(0));
    found.push_back(best);
    found.push_back(cheapest);
    const std::int64_t span = best.totals.score - cheapest.totals.score;
    Choice before = best.choice;
    for (std::size_t k = points; --k > 0;) {
      const std::int64_t score =
          cheapest.totals.score + span * static_cast<std::int64_t>(k) / static_cast<std::int64_t>(points);
      const Goal goal = Goal::cheapest_with_score(score);
      // With many exits a point is found from the one before it.
      found.push_back(table_.early() <= kFewExits ? solve(goal) : polish(before, goal));
      before = found.back().choice;
    }
  }
  std::stable_sort(found.begin(), found.end(), [](const Found& a, const Found& b) {
    return a.totals.cost != b.totals.cost ? a.totals.cost < b.totals.cost : a.totals.score > b.totals.score;
  });
  std::vector<Found> front;
  for (Found& f : found) {
    if (front.empty() || f.totals.score > front.back().totals.score) front.push_back(std::move(f));
  }
  std::reverse(front.begin(), front.end());
  return front;
}

}  // namespace offramp::tune
