// Combinational loops, on bits, through parts, array elements and instances.
#include <algorithm>
#include <set>

#include "hw/check.h"
#include "hw/elaborate.h"

namespace offramp::hw {

namespace {

struct Edge {
  std::uint32_t to;
  SourceLoc loc;
};

}  // namespace

Diagnostics check_loops(const Module& m, PathCache& paths) {
  Diagnostics found;
  std::set<std::string> reported;
  for (const IntEnv& env : sample_settings(m)) {
    const Elaboration e(m, env, {.paths = &paths});
    // Cut each signal where a driver or a reader begins or ends; the pieces are the nodes.
    std::vector<std::vector<std::int64_t>> cuts(e.signals.size());
    const auto cut = [&](const BitRange& r) {
      cuts[r.signal].push_back(r.low);
      cuts[r.signal].push_back(r.high);
    };
    for (const auto& d : e.drivers) {
      cut(d.target);
      for (const auto& r : d.reads) cut(r);
    }
    std::vector<std::uint32_t> first(e.signals.size() + 1, 0);
    for (std::size_t s = 0; s < cuts.size(); ++s) {
      auto& c = cuts[s];
      std::sort(c.begin(), c.end());
      c.erase(std::unique(c.begin(), c.end()), c.end());
      first[s + 1] = first[s] + static_cast<std::uint32_t>(c.empty() ? 0 : c.size() - 1);
    }
    std::vector<BitRange> pieces;
    for (std::uint32_t s = 0; s < cuts.size(); ++s) {
      for (std::size_t i = 0; i + 1 < cuts[s].size(); ++i) pieces.push_back({s, cuts[s][i], cuts[s][i + 1]});
    }
    const auto pieces_of = [&](const BitRange& r) {
      const auto& c = cuts[r.signal];
      const auto at = [&](std::int64_t v) {
        return first[r.signal] +
               static_cast<std::uint32_t>(std::lower_bound(c.begin(), c.end(), v) - c.begin());
      };
      return std::pair{at(r.low), at(r.high)};
    };
    std::vector<std::vector<Edge>> edges(pieces.size());
    for (const auto& d : e.drivers) {
      if (!d.combinational) continue;
      const auto [t0, t1] = pieces_of(d.target);
      for (const auto& r : d.reads) {
        const auto [r0, r1] = pieces_of(r);
        for (auto a = r0; a < r1; ++a) {
          for (auto b = t0; b < t1; ++b) edges[a].push_back({b, d.loc});
        }
      }
    }
    // Depth first, without recursion: chains in generated hardware are long.
    std::vector<std::uint8_t> state(pieces.size(), 0);  // 1 on the path, 2 done
    struct Frame {
      std::uint32_t node;
      std::size_t next;
      SourceLoc into;
    };
    for (std::uint32_t start = 0; start < pieces.size(); ++start) {
      if (state[start] != 0) continue;
      std::vector<Frame> path{{start, 0, {}}};
      state[start] = 1;
      while (!path.empty()) {
        Frame& f = path.back();
        if (f.next == edges[f.node].size()) {
          state[f.node] = 2;
          path.pop_back();
          continue;
        }
        const Edge edge = edges[f.node][f.next++];
        if (state[edge.to] == 0) {
          state[edge.to] = 1;
          path.push_back({edge.to, 0, edge.loc});
        } else if (state[edge.to] == 1) {
          const auto begin =
              std::find_if(path.begin(), path.end(), [&](const Frame& x) { return x.node == edge.to; });
          std::string text;
          std::string key;
          std::vector<Note> notes;
          for (auto it = begin; it != path.end(); ++it) {
            const BitRange& r = pieces[it->node];
            const std::string name = e.name(r.signal) + bits_of(r, e.signals[r.signal].width);
            text += (text.empty() ? "" : " -> ") + name;
            key += m.decls[e.signals[r.signal].decl].name + " ";
            notes.push_back({"'" + name + "' is driven here", it == begin ? edge.loc : it->into});
          }
          const BitRange& r = pieces[edge.to];
          text += " -> " + e.name(r.signal) + bits_of(r, e.signals[r.signal].width);
          if (reported.insert(key).second) {
            found.push_back({"HW0004", Severity::error,
                             "combinational loop: " + text + "; break it with a register", edge.loc,
                             std::move(notes)});
          }
        }
      }
    }
  }
  return found;
}

}  // namespace offramp::hw
