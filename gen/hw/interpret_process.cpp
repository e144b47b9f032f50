// Statements become multiplexers: an `if` whose condition is unknown then merges both branches by itself, and
// every bit that a process sets depends on what really decides it, not on the whole block.
#include <algorithm>
#include <set>

#include "hw/interpret_place.h"

namespace offramp::hw::interpret {

namespace {

using Values = std::map<Wire, Wire>;  // bits of a target, and what they become

class ProcessFlattener {
 public:
  ProcessFlattener(Netlist& netlist, Expressions& expressions, Place& at, const Process& process)
      : n_(netlist), x_(expressions), at_(at), m_(*at.module), p_(process) {}

  void run() {
    if (p_.clocked) clock_ = clock_of();
    find_targets(p_.body);
    Values values;
    for (const auto& [net, cuts] : cuts_) {
      for (auto it = cuts.begin(); std::next(it) != cuts.end(); ++it) {
        const Wire piece{net, *it, *std::next(it) - *it};
        // A register keeps its bits; a comb block that leaves bits alone would be a latch.
        values.emplace(piece, p_.clocked ? piece : x_.unknown(piece.width));
      }
    }
    statements(p_.body, values);
    for (const auto& [piece, value] : values) {
      if (!assigned_.contains(piece)) continue;  // between two ranges
      if (p_.clocked) {
        update(piece, value);
      } else {
        n_.nets[piece.net].drivers.push_back({piece.low, value});
      }
    }
  }

 private:
  NetId clock_of() {
    if (p_.clock != none) return at_.nets_of(p_.clock).first;
    throw DesignError(error_id, "a clocked block of module '" + m_.name + "' has no clock", p_.loc);
  }

  void find_targets(const std::vector<Id>& body) {
    for (const Id id : body) {
      const Stmt& s = m_.stmts[id];
      if (s.kind == StmtKind::assign) {
        const Wire t = x_.target(at_, s.target);
        auto& cuts = cuts_[t.net];
        cuts.insert(t.low);
        cuts.insert(t.low + t.width);
        decls_[t.net] = target_decl(m_, s.target);
      }
      for (const Arm& a : s.arms) find_targets(a.body);
    }
  }

  void statements(const std::vector<Id>& body, Values& values) {
    for (const Id id : body) {
      const Stmt& s = m_.stmts[id];
      switch (s.kind) {
        case StmtKind::assign: {
          const Wire t = x_.target(at_, s.target);
          const Wire v = x_.compile(at_, s.value);
          for (auto it = values.lower_bound({t.net, t.low, 0});
               it != values.end() && it->first.net == t.net && it->first.low < t.low + t.width; ++it) {
            it->second = v.part(it->first.low - t.low, it->first.width);
            assigned_.insert(it->first);
          }
          break;
        }
        case StmtKind::mem_write: {
          Wire enable = x_.constant(1, 1);
          for (std::size_t i = 0; i < path_.size(); ++i) {
            enable = i == 0 ? path_[0] : x_.bit_and(enable, path_[i], s.loc);
          }
          n_.writes.push_back({clock_, at_.nets_of(s.target).memory, enable, x_.compile(at_, s.address),
                               x_.compile(at_, s.value), s.loc});
          break;
        }
        case StmtKind::if_:
        case StmtKind::switch_:
          branches(s, values);
          break;
        case StmtKind::comment:
          break;
      }
    }
  }

  /// The bit that says that an arm is meant, if those before it are not.
  Wire chosen(const Stmt& s, const Arm& a) {
    if (s.kind == StmtKind::if_) return x_.compile(at_, a.cond);
    Wire any;
    for (const Id l : a.labels) {
      const Wire here = x_.equal(x_.number(at_, s.target), x_.number(at_, l), s.loc);
      any = any.net == none ? here : x_.bit_or(any, here, s.loc);
    }
    return any;
  }

  void branches(const Stmt& s, Values& values) {
    const std::size_t outer = path_.size();
    std::vector<std::pair<Wire, Values>> taken;
    const Arm* otherwise = nullptr;
    for (const Arm& a : s.arms) {
      if (s.kind == StmtKind::if_ ? a.cond == none : a.labels.empty()) {
        otherwise = &a;
        continue;
      }
      const Wire c = chosen(s, a);
      Values v = values;
      path_.push_back(c);
      statements(a.body, v);
      path_.back() = x_.bit_not(c, s.loc);
      taken.emplace_back(c, std::move(v));
    }
    if (otherwise != nullptr) statements(otherwise->body, values);
    path_.resize(outer);
    for (auto it = taken.rbegin(); it != taken.rend(); ++it) {
      auto from = it->second.begin();
      for (auto& [piece, value] : values) {
        value = x_.mux(it->first, from->second, value, s.loc);
        ++from;
      }
    }
  }

  void update(const Wire& piece, Wire next) {
    const Decl& d = m_.decls[decls_.at(piece.net)];
    if (d.has_reset && p_.reset != none) {
      const Wire reset = x_.constant(n_.nets[piece.net].width, evaluate(d.value, at_.env));
      const Wire running = n_.whole(at_.nets_of(p_.reset).first);
      next = x_.mux(running, next, reset.part(piece.low, piece.width), p_.loc);
    }
    n_.registers.push_back({clock_, piece, next, p_.loc});
  }

  Netlist& n_;
  Expressions& x_;
  Place& at_;
  const Module& m_;
  const Process& p_;
  NetId clock_ = none;
  std::map<NetId, std::set<std::uint32_t>> cuts_;  // where a range that is assigned begins or ends
  std::map<NetId, Id> decls_;
  std::set<Wire> assigned_;
  std::vector<Wire> path_;  // conditions around the statement
};

}  // namespace

void flatten_process(Netlist& netlist, Expressions& expressions, Place& at, const Process& process) {
  ProcessFlattener(netlist, expressions, at, process).run();
}

}  // namespace offramp::hw::interpret
