#pragma once
// Levels of an exit with what each adds to score and cost, and the best level from zero up: a tree of sums
// and of largest prefix sums, so that a change and a question take log(levels) steps.
#include <algorithm>
#include <bit>
#include <cstdint>
#include <vector>

namespace offramp::tune {

class PrefixTree {
 public:
  /// Sums over levels 1 to `level`.
  struct Prefix {
    std::uint32_t level = 0;
    std::int64_t score = 0;
    std::int64_t cost = 0;
  };

  /// `levels`: how many there are, level 0 included.
  explicit PrefixTree(std::uint32_t levels)
      : size_(std::bit_ceil(std::max<std::size_t>(levels, 2) - 1)), levels_(levels), nodes_(2 * size_) {}

  /// Sets without bringing the tree up to date; call build() before anything else.
  void put(std::uint32_t level, std::int32_t score, std::int64_t cost) {
    Node& n = nodes_[size_ + level - 1];
    n.score += score;
    n.cost += cost;
  }
  void build() {
    for (std::size_t i = 0; i < size_; ++i) nodes_[size_ + i].most = nodes_[size_ + i].score;
    for (std::size_t i = size_ - 1; i > 0; --i) pull(i);
  }
  void add(std::uint32_t level, std::int32_t score, std::int64_t cost) {
    std::size_t i = size_ + level - 1;
    nodes_[i].score += score;
    nodes_[i].cost += cost;
    nodes_[i].most = nodes_[i].score;
    for (i /= 2; i > 0; i /= 2) pull(i);
  }

  /// The laxest level whose score is `least` or more; the level of the highest score where there is none.
  [[nodiscard]] Prefix laxest_with_score(std::int64_t least) const {
    const std::int64_t most = std::max<std::int64_t>(0, nodes_[1].most);
    const std::int64_t want = std::min(least, most);
    if (nodes_[1].most < want) return {};
    return last_reaching(1, {}, want);
  }

  /// Of the levels whose cost is `limit` or less the one with the highest score, the laxest of those; the
  /// cheapest where there is none. Costs of levels must not be positive.
  [[nodiscard]] Prefix best_within_cost(std::int64_t limit) const {
    if (limit >= 0) return nodes_[1].most < 0 ? Prefix{} : last_reaching(1, {}, nodes_[1].most);
    if (nodes_[1].cost > limit) {  // not even the laxest level is cheap enough
      return {.level = levels_ - 1, .score = nodes_[1].score, .cost = nodes_[1].cost};
    }
    // The first prefix that is cheap enough lies on the path down; what lies right of the path is, too.
    Prefix at;
    std::size_t best_node = 0;
    Prefix best_before;
    std::int64_t best_score = kNone;
    std::size_t node = 1;
    while (node < size_) {
      const Node& left = nodes_[2 * node];
      if (at.cost + left.cost <= limit) {
        const Prefix before = after(at, 2 * node);
        const std::int64_t score = before.score + nodes_[2 * node + 1].most;
        // Further down means further left, so that the laxer one wins where scores are equal.
        if (score > best_score) {
          best_score = score;
          best_node = 2 * node + 1;
          best_before = before;
        }
        node = 2 * node;
      } else {
        at = after(at, 2 * node);
        node = 2 * node + 1;
      }
    }
    const Prefix best = after(at, node);
    if (best_score >= best.score) return last_reaching(best_node, best_before, best_score);
    return best;
  }

 private:
  struct Node {
    std::int64_t cost = 0;
    std::int32_t score = 0;
    std::int32_t most = 0;  // of the prefixes that end in here
  };
  static constexpr std::int64_t kNone = std::int64_t{-1} << 60;

  void pull(std::size_t i) {
    const Node& l = nodes_[2 * i];
    const Node& r = nodes_[2 * i + 1];
    nodes_[i] = {
        .cost = l.cost + r.cost, .score = l.score + r.score, .most = std::max(l.most, l.score + r.most)};
  }
  /// The first level below a node, from 1.
  [[nodiscard]] std::size_t first_of(std::size_t node) const {
    while (node < size_) node *= 2;
    return node - size_ + 1;
  }
  [[nodiscard]] Prefix after(Prefix at, std::size_t node) const {
    const std::size_t width = size_ >> (std::bit_width(node) - 1);
    const std::size_t end = first_of(node) + width - 1;
    at.level = static_cast<std::uint32_t>(std::min<std::size_t>(end, levels_ - 1));
    at.score += nodes_[node].score;
    at.cost += nodes_[node].cost;
    return at;
  }
  /// The last prefix within `node` whose score is `want` or more, given that there is one.
  [[nodiscard]] Prefix last_reaching(std::size_t node, Prefix at, std::int64_t want) const {
    while (node < size_) {
      const Node& left = nodes_[2 * node];
      if (at.score + left.score + nodes_[2 * node + 1].most >= want) {
        at = after(at, 2 * node);
        node = 2 * node + 1;
      } else {
        node = 2 * node;
      }
    }
    return after(at, node);
  }

  std::size_t size_;
  std::uint32_t levels_;
  std::vector<Node> nodes_;
};

}  // namespace offramp::tune
