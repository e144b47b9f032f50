// Circles that exist only if a variable or a comb block is taken as a whole. They are no loops, but event
// simulators that order logic by variables cannot order them: Verilator 5.006 reports UNOPTFLAT and computes
// wrong values. A wire or array declared with `.chain` is split for it, and a comb block can be written as
// two.
#include <algorithm>
#include <map>

#include "hw/check.h"
#include "hw/elaborate.h"

namespace offramp::hw {

namespace {

/// What Verilator sees: variables (arrays as a whole, but each piece of a chain), and blocks of logic.
class Graph {
 public:
  explicit Graph(const Elaboration& e, const Module& m) : e_(e), m_(m) {
    std::map<std::uint32_t, std::uint32_t> sites;
    for (const auto& d : e.drivers) {
      if (!d.combinational) continue;
      const auto [it, fresh] = sites.try_emplace(d.site, static_cast<std::uint32_t>(edges.size()));
      if (fresh) add_node({none, d.loc});
      for (const auto& r : d.reads) edges_to(r, it->second, true);
      edges_to(d.target, it->second, false);
    }
  }

  struct Node {
    std::uint32_t signal = none;  ///< a variable; none: a block
    SourceLoc loc;                ///< of a block
  };
  std::vector<Node> nodes;
  std::vector<std::vector<std::uint32_t>> edges;

 private:
  std::uint32_t add_node(Node n) {
    nodes.push_back(n);
    edges.emplace_back();
    return static_cast<std::uint32_t>(nodes.size() - 1);
  }

  void edges_to(const BitRange& r, std::uint32_t block, bool read) {
    const auto link = [&](std::uint32_t variable) {
      if (read) {
        edges[variable].push_back(block);
      } else {
        edges[block].push_back(variable);
      }
    };
    const Signal& s = e_.signals[r.signal];
    const Decl& d = m_.decls[s.decl];
    if (d.chain && d.kind != DeclKind::net_array) {
      // Split by bits: those of each driver are one piece, which is what split_var makes of them too.
      for (std::int64_t b = r.low; b < r.high; ++b) link(node({r.signal, b}, r.signal));
      return;
    }
    if (d.kind != DeclKind::net_array || d.chain) {
      link(node({r.signal, -1}, r.signal));
      return;
    }
    // All elements of one array are one variable; the loops around its declaration make several arrays.
    std::vector<std::int64_t> key{-2, s.decl};
    for (std::size_t i = 0; i + d.dims.size() < s.path.size(); ++i) key.push_back(s.path[i]);
    link(node(std::move(key), r.signal));
  }

  std::uint32_t node(std::vector<std::int64_t> key, std::uint32_t signal) {
    const auto it = variables_.find(key);
    if (it != variables_.end()) return it->second;
    const auto n = add_node({signal, {}});
    variables_.emplace(std::move(key), n);
    return n;
  }

  const Elaboration& e_;
  const Module& m_;
  std::map<std::vector<std::int64_t>, std::uint32_t> variables_;
};

/// Strongly connected components with a circle in them (Tarjan's algorithm, without recursion).
std::vector<std::vector<std::uint32_t>> circles(const Graph& g) {
  const auto count = static_cast<std::uint32_t>(g.nodes.size());
  std::vector<std::uint32_t> order(count, 0);
  std::vector<std::uint32_t> low(count, 0);
  std::vector<bool> on_stack(count, false);
  std::vector<std::uint32_t> stack;
  std::vector<std::vector<std::uint32_t>> found;
  std::uint32_t next = 0;
  struct Frame {
    std::uint32_t node;
    std::size_t edge;
  };
  for (std::uint32_t start = 0; start < count; ++start) {
    if (order[start] != 0) continue;
    std::vector<Frame> path{{start, 0}};
    while (!path.empty()) {
      Frame& f = path.back();
      if (f.edge == 0) {
        order[f.node] = low[f.node] = ++next;
        stack.push_back(f.node);
        on_stack[f.node] = true;
      }
      if (f.edge < g.edges[f.node].size()) {
        const auto to = g.edges[f.node][f.edge++];
        if (order[to] == 0) {
          path.push_back({to, 0});
        } else if (on_stack[to]) {
          low[f.node] = std::min(low[f.node], order[to]);
        }
        continue;
      }
      const Frame done = f;
      path.pop_back();
      if (!path.empty()) low[path.back().node] = std::min(low[path.back().node], low[done.node]);
      if (low[done.node] != order[done.node]) continue;
      std::vector<std::uint32_t> component;
      for (;;) {
        const auto n = stack.back();
        stack.pop_back();
        on_stack[n] = false;
        component.push_back(n);
        if (n == done.node) break;
      }
      if (component.size() > 1) found.push_back(std::move(component));  // blocks and variables alternate
    }
  }
  return found;
}

}  // namespace

Diagnostics check_chains(const Module& m, PathCache& paths) {
  Diagnostics found;
  std::vector<Id> reported;
  for (const IntEnv& env : sample_settings(m)) {
    const Elaboration e(m, env, {.paths = &paths});
    const Graph g(e, m);
    for (auto& circle : circles(g)) {
      std::sort(circle.begin(), circle.end());
      // The variable to split: an array or a vector that is driven in parts.
      Id decl = none;
      std::uint32_t signal = none;
      SourceLoc block;
      for (const auto n : circle) {
        if (g.nodes[n].signal == none) {
          block = g.nodes[n].loc;
          continue;
        }
        const Id d = e.signals[g.nodes[n].signal].decl;
        const auto drivers = std::count_if(e.drivers.begin(), e.drivers.end(), [&](const Driver& x) {
          return e.signals[x.target.signal].decl == d;
        });
        if (m.decls[d].chain || drivers < 2) continue;
        decl = d;
        signal = g.nodes[n].signal;
        break;
      }
      if (std::find(reported.begin(), reported.end(), decl) != reported.end()) continue;
      reported.push_back(decl);
      if (decl != none) {
        found.push_back({"HW0025",
                         Severity::error,
                         "parts of '" + m.decls[decl].name + "' feed each other in the same cycle ('" +
                             e.name(signal) +
                             "' is one); declare it with .chain = true, so that simulators order them",
                         m.decls[decl].loc,
                         {{"one of its drivers is here", block}}});
      } else {
        found.push_back(
            {"HW0025",
             Severity::error,
             "a value that this block drives comes back to it through other logic in the same cycle; "
             "split the block into one for each value",
             block,
             {}});
      }
    }
  }
  return found;
}

}  // namespace offramp::hw
