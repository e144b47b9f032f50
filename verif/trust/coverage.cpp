// Read from the design that came out, not from what the generator meant to do.
#include <algorithm>
#include <array>

#include "verif/trust/random_module.h"

namespace offramp::trust {

using hw::DeclKind;
using hw::Id;
using hw::Op;

namespace {

constexpr std::array kOperators = {
    std::pair{Op::literal, "op literal"},
    std::pair{Op::ref, "op ref"},
    std::pair{Op::element, "op element"},
    std::pair{Op::add, "op add"},
    std::pair{Op::sub, "op sub"},
    std::pair{Op::mul, "op mul"},
    std::pair{Op::neg, "op neg"},
    std::pair{Op::add_wrap, "op add_wrap"},
    std::pair{Op::sub_wrap, "op sub_wrap"},
    std::pair{Op::truncate, "op truncate"},
    std::pair{Op::extend, "op extend"},
    std::pair{Op::saturate, "op saturate"},
    std::pair{Op::as_signed, "op as_signed"},
    std::pair{Op::as_unsigned, "op as_unsigned"},
    std::pair{Op::to_signed, "op to_signed"},
    std::pair{Op::bit_and, "op and"},
    std::pair{Op::bit_or, "op or"},
    std::pair{Op::bit_xor, "op xor"},
    std::pair{Op::bit_not, "op not"},
    std::pair{Op::eq, "op eq"},
    std::pair{Op::ne, "op ne"},
    std::pair{Op::lt, "op lt"},
    std::pair{Op::le, "op le"},
    std::pair{Op::gt, "op gt"},
    std::pair{Op::ge, "op ge"},
    std::pair{Op::mux, "op mux"},
    std::pair{Op::concat, "op concat"},
    std::pair{Op::replicate, "op replicate"},
    std::pair{Op::bit_of, "op bit_of"},
    std::pair{Op::slice, "op slice"},
    std::pair{Op::part, "op part"},
    std::pair{Op::select, "op select"},
    std::pair{Op::any, "op any"},
    std::pair{Op::all, "op all"},
    std::pair{Op::parity, "op parity"},
    std::pair{Op::shift_left, "op shift_left"},
    std::pair{Op::shift_right, "op shift_right"},
    std::pair{Op::shift_left_by, "op shift_left by a signal"},
    std::pair{Op::shift_right_by, "op shift_right by a signal"},
    std::pair{Op::mem_read, "op memory read"},
};

constexpr std::array kConstructs = {
    "parameter",
    "parameter inside a width",
    "localparam",
    "named constant",
    "named value",
    "wire array",
    "wire driven in parts",
    "comb block",
    "register with reset",
    "register without reset",
    "register set in parts",
    "when",
    "elsewhen",
    "otherwise",
    "switch",
    "switch with default",
    "memory",
    "memory write",
    "memory, asynchronous read",
    "memory, synchronous read",
    "generate_for",
    "generate_for inside generate_for",
    "generate_if",
    "generate_if with else",
    "register inside generate_for",
    "instance",
    "instance inside generate_for",
    "parameter override",
    "parameter override by an expression",
    "width above 64",
    "signed register",
    "module without clock",
    "module without reset",
};

class Count {
 public:
  Count(const hw::Module& m, Coverage& found) : m_(m), found_(found), seen_(m.exprs.size(), false) {}

  void module() {
    add("parameter", m_.params.size());
    add("localparam", m_.localparams.size());
    bool clock = false;
    for (const Id p : m_.ports) clock = clock || m_.decls[p].clock;
    if (!clock) add("module without clock");
    for (const auto& d : m_.decls) decl(d);
    for (const auto& a : m_.assigns) {
      expr(a.value, false);
      if (is_part(a.target)) add("wire driven in parts");
    }
    for (const auto& p : m_.processes) {
      if (!p.clocked) add("comb block");
      if (p.clocked && p.reset == hw::none) add("module without reset");
      for (const Id s : p.body) statement(s, p.clocked);
    }
    for (const auto& s : m_.scopes) scope(s);
    for (const auto& u : m_.instances) {
      add("instance");
      if (inside_loop(u.scope)) add("instance inside generate_for");
      for (const auto& [name, value] : u.params) {
        add("parameter override");
        const auto* e = std::get_if<hw::IntExpr>(&value);
        if (e != nullptr && !e->is_constant()) add("parameter override by an expression");
      }
      for (const auto& c : u.inputs) expr(c.second, false);
    }
  }

 private:
  void add(const std::string& what, std::uint64_t times = 1) {
    if (times != 0) found_[what] += times;
  }
  [[nodiscard]] bool is_part(Id target) const {
    const Op op = m_.exprs[target].op;
    return op == Op::bit_of || op == Op::slice || op == Op::part;
  }
  [[nodiscard]] bool inside_loop(Id scope) const {
    for (Id s = scope; s != hw::none; s = m_.scopes[s].parent) {
      if (m_.scopes[s].kind == hw::ScopeKind::loop) return true;
    }
    return false;
  }

  void decl(const hw::Decl& d) {
    if (!d.type.width.is_constant()) add("parameter inside a width");
    if (d.type.width.is_constant() && d.type.width.offset() > 64) add("width above 64");
    expr(d.source, false);
    switch (d.kind) {
      case DeclKind::constant:
        add("named constant");
        break;
      case DeclKind::let:
        add("named value");
        break;
      case DeclKind::net_array:
        add("wire array");
        break;
      case DeclKind::memory:
        add("memory");
        break;
      case DeclKind::reg:
        add(d.has_reset ? "register with reset" : "register without reset");
        if (d.type.is_signed()) add("signed register");
        if (inside_loop(d.scope)) add("register inside generate_for");
        break;
      default:
        break;
    }
  }

  void scope(const hw::Scope& s) {
    if (s.kind == hw::ScopeKind::loop) {
      add("generate_for");
      if (inside_loop(s.parent)) add("generate_for inside generate_for");
    }
    for (const auto& i : s.items) {
      if (i.kind != hw::ItemKind::generate_if) continue;
      add("generate_if");
      if (i.else_scope != hw::none) add("generate_if with else");
    }
  }

  void statement(Id id, bool clocked) {
    const hw::Stmt& s = m_.stmts[id];
    expr(s.value, clocked);
    expr(s.address, clocked);
    if (s.kind == hw::StmtKind::assign && clocked && is_part(s.target)) add("register set in parts");
    if (s.kind == hw::StmtKind::mem_write) add("memory write");
    if (s.kind == hw::StmtKind::if_) {
      add("when");
      if (s.arms.size() > 1 && s.arms[1].cond != hw::none) add("elsewhen");
      if (s.arms.back().cond == hw::none) add("otherwise");
    }
    if (s.kind == hw::StmtKind::switch_) {
      expr(s.target, clocked);
      add("switch");
      if (s.arms.back().labels.empty()) add("switch with default");
    }
    for (const auto& a : s.arms) {
      expr(a.cond, clocked);
      for (const Id l : a.labels) expr(l, clocked);
      for (const Id b : a.body) statement(b, clocked);
    }
  }

  void expr(Id id, bool clocked) {
    if (id == hw::none || seen_[id]) return;
    seen_[id] = true;
    const hw::Expr& e = m_.exprs[id];
    for (const auto& [op, name] : kOperators) {
      if (op == e.op) add(name);
    }
    if (e.op == Op::mem_read) add(clocked ? "memory, synchronous read" : "memory, asynchronous read");
    for (const Id a : e.args) expr(a, clocked);
    for (const Id a : e.list) expr(a, clocked);
  }

  const hw::Module& m_;
  Coverage& found_;
  std::vector<bool> seen_;
};

}  // namespace

Coverage coverage(const hw::Design& design) {
  Coverage found;
  for (const hw::Module* m : design.modules()) Count(*m, found).module();
  return found;
}

const std::vector<std::string>& coverable() {
  static const std::vector<std::string> all = [] {
    std::vector<std::string> names;
    for (const auto& [op, name] : kOperators) names.emplace_back(name);
    names.insert(names.end(), kConstructs.begin(), kConstructs.end());
    return names;
  }();
  return all;
}

}  // namespace offramp::trust
