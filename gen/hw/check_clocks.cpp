// Clock crossings: a register takes values of its own clock, unless it is declared a synchronizer. Memories
// may join two clocks (that is what dual-clock RAM is for), and inputs are trusted.
#include <algorithm>
#include <map>
#include <set>

#include "hw/check.h"
#include "hw/elaborate.h"

namespace offramp::hw {

namespace {

using Clocks = std::set<Id>;  // decls of clock inputs

/// What a module's parent must know: the clocks that outputs belong to, and those that sample inputs.
struct Boundary {
  std::map<Id, Clocks> outputs;
  std::map<Id, Clocks> inputs;
};

/// The boundaries of modules at parameter values, each computed once.
class BoundaryCache {
 public:
  explicit BoundaryCache(PathCache& paths) : paths_(paths) {}
  const Boundary& of(const Module& m, const IntEnv& env);
  [[nodiscard]] PathCache& paths() { return paths_; }

 private:
  PathCache& paths_;
  std::map<std::pair<const Module*, std::vector<std::int64_t>>, Boundary> known_;
};

struct Finding {
  std::string from;
  Id from_clock = none;
  std::string to;
  Id to_clock = none;
  SourceLoc loc;
};

std::size_t clock_count(const Module& m) {
  return static_cast<std::size_t>(std::count_if(m.ports.begin(), m.ports.end(),
                                                [&](Id p) { return m.decls[p].clock && !m.decls[p].reset; }));
}

/// The clock input of the parent that a clock of the child is connected to.
Id connected_clock(const Module& m, const Instance& u, Id clock) {
  for (const auto& [port, value] : u.inputs) {
    if (port == clock) return target_decl(m, value);
  }
  return none;
}

class Crossing {
 public:
  Crossing(const Module& m, const IntEnv& env, BoundaryCache& cache)
      : m_(m), e_(m, env, {.paths = &cache.paths(), .sequential = true}), clocks_(e_.signals.size()) {
    for (const auto& u : e_.instances) children_.push_back(&cache.of(*u.instance->module, u.parameters));
    std::vector<std::vector<std::uint32_t>> readers(e_.signals.size());
    for (std::uint32_t d = 0; d < e_.drivers.size(); ++d) {
      for (const auto& r : e_.drivers[d].reads) readers[r.signal].push_back(d);
    }
    for (const auto& d : e_.drivers) {
      if (d.clock != none) clocks_[d.target.signal].insert(d.clock);
    }
    // Outputs of instances start with the clocks of the child's registers behind them.
    for (std::size_t k = 0; k < e_.instances.size(); ++k) {
      const auto& u = e_.instances[k];
      const Boundary& child = *children_[k];
      for (const auto& [port, signal] : u.outputs) {
        const auto it = child.outputs.find(port);
        if (it == child.outputs.end()) continue;
        for (const Id c : it->second) clocks_[signal].insert(connected_clock(m_, *u.instance, c));
      }
    }
    std::vector<std::uint32_t> open;
    for (std::uint32_t s = 0; s < clocks_.size(); ++s) {
      if (!clocks_[s].empty()) open.push_back(s);
    }
    while (!open.empty()) {
      const auto s = open.back();
      open.pop_back();
      for (const auto d : readers[s]) {
        if (!e_.drivers[d].combinational) continue;
        auto& to = clocks_[e_.drivers[d].target.signal];
        const auto before = to.size();
        to.insert(clocks_[s].begin(), clocks_[s].end());
        if (to.size() != before) open.push_back(e_.drivers[d].target.signal);
      }
    }
  }

  [[nodiscard]] std::vector<Finding> findings() const {
    std::vector<Finding> found;
    const auto compare = [&](const BitRange& r, const Clocks& sampling, const std::string& to,
                             SourceLoc loc) {
      for (const Id from : clocks_[r.signal]) {
        for (const Id at : sampling) {
          if (from != at) found.push_back({e_.name(r.signal), from, to, at, loc});
        }
      }
    };
    for (const auto& d : e_.drivers) {
      if (d.clock == none || m_.decls[e_.signals[d.target.signal].decl].synchronizer) continue;
      for (const auto& r : d.reads) compare(r, {d.clock}, e_.name(d.target.signal), d.loc);
    }
    for (std::size_t k = 0; k < e_.instances.size(); ++k) {
      const auto& u = e_.instances[k];
      const Boundary& child = *children_[k];
      for (const auto& [port, reads] : u.inputs) {
        const auto it = child.inputs.find(port);
        if (it == child.inputs.end()) continue;
        Clocks sampling;
        for (const Id c : it->second) sampling.insert(connected_clock(m_, *u.instance, c));
        for (const auto& r : reads) {
          compare(r, sampling, u.instance->name + "." + u.instance->module->decls[port].name,
                  u.instance->loc);
        }
      }
    }
    return found;
  }

  static Boundary boundary(const Module& m, const IntEnv& env, BoundaryCache& cache) {
    Boundary b;
    if (!m.external.empty()) return b;
    const Crossing c(m, env, cache);
    for (std::uint32_t s = 0; s < c.e_.signals.size(); ++s) {
      const Id decl = c.e_.signals[s].decl;
      if (m.decls[decl].kind == DeclKind::output && !c.clocks_[s].empty()) b.outputs[decl] = c.clocks_[s];
    }
    // Inputs: forwards to the registers that sample them.
    std::vector<std::vector<const Driver*>> readers(c.e_.signals.size());
    for (const auto& d : c.e_.drivers) {
      for (const auto& r : d.reads) readers[r.signal].push_back(&d);
    }
    for (std::uint32_t s = 0; s < c.e_.signals.size(); ++s) {
      const Id decl = c.e_.signals[s].decl;
      if (m.decls[decl].kind != DeclKind::input || m.decls[decl].clock) continue;
      std::set<std::uint32_t> seen{s};
      std::vector<std::uint32_t> open{s};
      while (!open.empty()) {
        const auto at = open.back();
        open.pop_back();
        for (const Driver* d : readers[at]) {
          if (d->clock != none) {
            if (!m.decls[c.e_.signals[d->target.signal].decl].synchronizer) b.inputs[decl].insert(d->clock);
          } else if (d->combinational && seen.insert(d->target.signal).second) {
            open.push_back(d->target.signal);
          }
        }
      }
      for (std::size_t k = 0; k < c.e_.instances.size(); ++k) {
        const auto& u = c.e_.instances[k];
        const Boundary& child = *c.children_[k];
        for (const auto& [port, reads] : u.inputs) {
          const auto it = child.inputs.find(port);
          if (it == child.inputs.end()) continue;
          if (std::any_of(reads.begin(), reads.end(),
                          [&](const BitRange& r) { return seen.contains(r.signal); })) {
            for (const Id clock : it->second) b.inputs[decl].insert(connected_clock(m, *u.instance, clock));
          }
        }
      }
    }
    return b;
  }

 private:
  const Module& m_;
  Elaboration e_;
  std::vector<Clocks> clocks_;
  std::vector<const Boundary*> children_;  // of e_.instances
};

const Boundary& BoundaryCache::of(const Module& m, const IntEnv& env) {
  std::pair<const Module*, std::vector<std::int64_t>> key{&m, {}};
  for (const auto& p : m.params) key.second.push_back(env.at(p.get()));
  const auto it = known_.find(key);
  if (it != known_.end()) return it->second;
  return known_.emplace(std::move(key), Crossing::boundary(m, env, *this)).first->second;
}

}  // namespace

Diagnostics check_clocks(const Module& m, PathCache& paths) {
  Diagnostics found;
  if (clock_count(m) < 2) return found;  // and so have all modules below
  std::set<std::pair<std::string, std::string>> reported;
  BoundaryCache boundaries(paths);
  for (const auto& f : Crossing(m, sample_settings(m).front(), boundaries).findings()) {
    if (!reported.insert({f.from, f.to}).second) continue;
    const auto clock = [&](Id c) {
      return c == none ? std::string("another clock") : "'" + m.decls[c].name + "'";
    };
    found.push_back(
        {"HW0018",
         Severity::error,
         "'" + f.from + "' belongs to " + clock(f.from_clock) + " and is taken by '" + f.to + "' at " +
             clock(f.to_clock) +
             "; pass one bit through a register with .synchronizer = true (two in a row), or data "
             "through a dual-clock memory",
         f.loc,
         {{"the clock is declared here", f.from_clock == none ? m.loc : m.decls[f.from_clock].loc}}});
  }
  return found;
}

}  // namespace offramp::hw
