// Comb blocks: every target gets a value on every path (no latch), and none reads what it drives, since
// Verilog and this IR would then mean different things.
#include <algorithm>
#include <map>
#include <set>

#include "hw/check.h"
#include "hw/elaborate.h"

namespace offramp::hw {

namespace {

using Intervals = std::vector<std::pair<std::int64_t, std::int64_t>>;  // sorted, disjoint
using Assigned = std::map<std::uint32_t, Intervals>;

void add(Intervals& to, std::int64_t low, std::int64_t high) {
  to.emplace_back(low, high);
  std::sort(to.begin(), to.end());
  Intervals merged;
  for (const auto& i : to) {
    if (!merged.empty() && i.first <= merged.back().second) {
      merged.back().second = std::max(merged.back().second, i.second);
    } else {
      merged.push_back(i);
    }
  }
  to = std::move(merged);
}

Intervals both(const Intervals& a, const Intervals& b) {
  Intervals r;
  for (const auto& x : a) {
    for (const auto& y : b) {
      const auto low = std::max(x.first, y.first);
      const auto high = std::min(x.second, y.second);
      if (low < high) add(r, low, high);
    }
  }
  return r;
}

Intervals without(const Intervals& a, const Intervals& b) {
  Intervals r;
  for (auto x : a) {
    for (const auto& y : b) {
      if (y.second <= x.first || y.first >= x.second) continue;
      if (y.first > x.first) r.emplace_back(x.first, y.first);
      x.first = std::min(y.second, x.second);
    }
    if (x.first < x.second) r.push_back(x);
  }
  return r;
}

class Walk {
 public:
  Walk(const Module& m, Elaboration& e, const IntEnv& env) : m_(m), e_(e), env_(env) {}

  Assigned possible;
  std::map<std::uint32_t, SourceLoc> sites;

  Assigned definite(const std::vector<Id>& body) {
    Assigned done;
    for (const Id id : body) {
      const Stmt& s = m_.stmts[id];
      if (s.kind == StmtKind::assign) {
        const BitRange r = e_.target(s.target, env_);
        add(done[r.signal], r.low, r.high);
        add(possible[r.signal], r.low, r.high);
        sites.try_emplace(r.signal, s.loc);
      } else if (s.kind == StmtKind::if_ || s.kind == StmtKind::switch_) {
        bool complete = false;
        Assigned common;
        bool first = true;
        std::set<std::int64_t> labels;
        for (const auto& a : s.arms) {
          const Assigned here = definite(a.body);
          if (first) {
            common = here;
          } else {
            Assigned merged;
            for (const auto& [signal, bits] : common) {
              if (const auto it = here.find(signal); it != here.end())
                merged[signal] = both(bits, it->second);
            }
            common = std::move(merged);
          }
          first = false;
          if (s.kind == StmtKind::if_ ? a.cond == none : a.labels.empty()) complete = true;
          for (const Id l : a.labels) {
            const Expr& e = m_.exprs[l];
            if (e.op == Op::literal) labels.insert(evaluate(e.i0, env_));
            if (e.op == Op::ref && m_.decls[e.decl].kind == DeclKind::constant) {
              labels.insert(evaluate(m_.decls[e.decl].value, env_));
            }
          }
        }
        if (s.kind == StmtKind::switch_ && !complete) {
          const auto w = evaluate(m_.exprs[s.target].type.width, env_);
          complete = w < 20 && static_cast<std::int64_t>(labels.size()) == (std::int64_t{1} << w);
        }
        if (complete) {
          for (const auto& [signal, bits] : common) {
            for (const auto& [low, high] : bits) add(done[signal], low, high);
          }
        }
      }
    }
    return done;
  }

  template <class F>
  void each_value(const std::vector<Id>& body, const F& f) const {
    for (const Id id : body) {
      const Stmt& s = m_.stmts[id];
      if (s.kind == StmtKind::assign) f(s.value, s.loc);
      if (s.kind == StmtKind::switch_) f(s.target, s.loc);
      for (const auto& a : s.arms) {
        if (a.cond != none) f(a.cond, s.loc);
        each_value(a.body, f);
      }
    }
  }

 private:
  const Module& m_;
  Elaboration& e_;
  const IntEnv& env_;
};

}  // namespace

namespace {

/// Does the value depend on anything that changes? (Memories and whole arrays count too.)
bool reads_signal(const Module& m, Id expr) {
  if (expr == none) return false;
  const Expr& e = m.exprs[expr];
  if (e.decl != none && m.decls[e.decl].kind != DeclKind::constant) return true;
  return std::any_of(e.args.begin(), e.args.end(), [&](Id a) { return reads_signal(m, a); }) ||
         std::any_of(e.list.begin(), e.list.end(), [&](Id a) { return reads_signal(m, a); });
}

}  // namespace

Diagnostics check_comb(const Module& m) {
  Diagnostics found;
  std::set<std::pair<const Process*, Id>> reported;
  for (const IntEnv& env : sample_settings(m)) {
    Elaboration e(m, env);
    for (const CombProcess& p : std::vector<CombProcess>(e.comb_processes)) {
      Walk walk(m, e, p.env);
      Assigned definite = walk.definite(p.process->body);
      for (const auto& [signal, bits] : walk.possible) {
        const Intervals missing = without(bits, definite[signal]);
        if (missing.empty() || !reported.insert({p.process, e.signals[signal].decl}).second) continue;
        std::string which;
        for (const auto& [low, high] : missing) {
          which += (which.empty() ? "" : ", ") + bits_of({signal, low, high}, e.signals[signal].width);
        }
        found.push_back({"HW0003",
                         Severity::error,
                         "'" + e.name(signal) + "'" + (which.empty() ? "" : " bits " + which) +
                             " keeps its old value on some path of this comb block, which is a latch; " +
                             "drive a default first, or add otherwise",
                         walk.sites[signal],
                         {{"the comb block starts here", p.process->loc},
                          {"declared here", m.decls[e.signals[signal].decl].loc}}});
      }
      bool reads_something = false;
      walk.each_value(p.process->body, [&](Id value, SourceLoc loc) {
        reads_something = reads_something || reads_signal(m, value);
        for (const BitRange& r : e.reads(value, p.env)) {
          const auto it = walk.possible.find(r.signal);
          if (it == walk.possible.end() || both(it->second, {{r.low, r.high}}).empty()) continue;
          const Id decl = e.signals[r.signal].decl;
          if (!reported.insert({p.process, decl + 0x80000000U}).second) continue;
          found.push_back({"HW0005",
                           Severity::error,
                           "this comb block reads '" + e.name(r.signal) +
                               "', which it drives itself; compute the value with let before the block",
                           loc,
                           {{"it is driven here", walk.sites[r.signal]}}});
        }
      });
      if (!reads_something && !walk.possible.empty() && reported.insert({p.process, none}).second) {
        found.push_back(
            {"HW0026",
             Severity::error,
             "this comb block reads no signal, and `always @*` runs when one changes, so it would never "
             "run; drive its targets outside comb",
             p.process->loc,
             {}});
      }
    }
  }
  return found;
}

}  // namespace offramp::hw
