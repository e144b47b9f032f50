#include "hw/elaborate.h"

#include <algorithm>
#include <functional>

namespace offramp::hw {

Elaboration::Elaboration(const Module& m, const IntEnv& env) : m_(m) {
  for (const Id p : m.ports) declare(p, env);
  scope(0, env);
}

std::vector<const IntSymbol*> Elaboration::loops_around(Id scope) const {
  std::vector<const IntSymbol*> loops;
  for (Id s = scope; s != none; s = m_.scopes[s].parent) {
    if (m_.scopes[s].kind == ScopeKind::loop) loops.insert(loops.begin(), m_.scopes[s].genvar.get());
  }
  return loops;
}

std::uint32_t Elaboration::intern(Id decl, std::vector<std::int64_t> path, const IntEnv& env) {
  const auto [it, fresh] = index_.try_emplace({decl, path}, static_cast<std::uint32_t>(signals.size()));
  if (fresh) signals.push_back({decl, std::move(path), evaluate(m_.decls[decl].type.width, env)});
  return it->second;
}

std::uint32_t Elaboration::signal(Id decl, const IntEnv& env, const std::vector<IntExpr>& indices) {
  std::vector<std::int64_t> path;
  for (const auto* g : loops_around(m_.decls[decl].scope)) path.push_back(env.at(g));
  for (const auto& i : indices) path.push_back(evaluate(i, env));
  return intern(decl, std::move(path), env);
}

void Elaboration::declare(Id decl, const IntEnv& env) {
  const Decl& d = m_.decls[decl];
  std::vector<std::int64_t> path;
  for (const auto* g : loops_around(d.scope)) path.push_back(env.at(g));
  if (d.kind != DeclKind::net_array) {
    intern(decl, std::move(path), env);
    return;
  }
  const std::function<void(std::size_t)> fill = [&](std::size_t dim) {
    if (dim == d.dims.size()) {
      intern(decl, path, env);
      return;
    }
    const auto n = evaluate(d.dims[dim], env);
    for (std::int64_t i = 0; i < n; ++i) {
      path.push_back(i);
      fill(dim + 1);
      path.pop_back();
    }
  };
  fill(0);
}

std::string Elaboration::name(std::uint32_t id) const {
  const Signal& s = signals[id];
  const Decl& d = m_.decls[s.decl];
  std::vector<Id> chain;
  for (Id at = d.scope; at != none && m_.scopes[at].parent != none; at = m_.scopes[at].parent)
    chain.push_back(at);
  std::string text;
  std::size_t used = 0;
  for (auto it = chain.rbegin(); it != chain.rend(); ++it) {
    text += m_.scopes[*it].label;
    if (m_.scopes[*it].kind == ScopeKind::loop) text += "[" + std::to_string(s.path[used++]) + "]";
    text += ".";
  }
  text += d.name;
  for (; used < s.path.size(); ++used) text += "[" + std::to_string(s.path[used]) + "]";
  return text;
}

BitRange Elaboration::target(Id expr, const IntEnv& env) {
  const Expr& e = m_.exprs[expr];
  if (e.op == Op::ref || e.op == Op::element) {
    const auto s = signal(e.decl, env, e.indices);
    return {s, 0, signals[s].width};
  }
  const BitRange base = target(e.args[0], env);
  const auto low = evaluate(e.op == Op::slice ? e.i1 : e.i0, env);
  return {base.signal, low, low + evaluate(e.type.width, env)};
}

void Elaboration::collect(Id expr, const IntEnv& env, std::set<Id>& seen, std::vector<BitRange>& out) {
  if (expr == none || !seen.insert(expr).second) return;
  const Expr& e = m_.exprs[expr];
  const auto is_name = [&](Id a) { return m_.exprs[a].op == Op::ref || m_.exprs[a].op == Op::element; };
  switch (e.op) {
    case Op::ref:
    case Op::element:
      if (m_.decls[e.decl].kind != DeclKind::constant) out.push_back(target(expr, env));
      return;
    case Op::bit_of:
    case Op::slice:
    case Op::part:
      if (is_name(e.args[0]) && m_.decls[m_.exprs[e.args[0]].decl].kind != DeclKind::constant) {
        out.push_back(target(expr, env));
        return;
      }
      break;
    default:
      break;
  }
  for (const Id a : e.args) collect(a, env, seen, out);
  for (const Id a : e.list) collect(a, env, seen, out);
}

std::vector<BitRange> Elaboration::reads(Id expr, const IntEnv& env) {
  std::set<Id> seen;
  std::vector<BitRange> out;
  collect(expr, env, seen, out);
  return out;
}

void Elaboration::statements(const std::vector<Id>& body, const IntEnv& env, std::vector<Id>& conditions,
                             bool clocked) {
  for (const Id id : body) {
    const Stmt& s = m_.stmts[id];
    switch (s.kind) {
      case StmtKind::assign: {
        Driver d{target(s.target, env), {}, s.loc, site_, !clocked};
        if (!clocked) {
          std::set<Id> seen;
          collect(s.value, env, seen, d.reads);
          for (const Id c : conditions) collect(c, env, seen, d.reads);
        }
        drivers.push_back(std::move(d));
        break;
      }
      case StmtKind::if_:
      case StmtKind::switch_: {
        const auto outer = conditions.size();
        if (s.kind == StmtKind::switch_) conditions.push_back(s.target);
        for (const auto& a : s.arms) {
          if (a.cond != none) conditions.push_back(a.cond);
          statements(a.body, env, conditions, clocked);
        }
        conditions.resize(outer);
        break;
      }
      default:
        break;
    }
  }
}

void Elaboration::scope(Id id, const IntEnv& env) {
  for (const Item& i : m_.scopes[id].items) {
    switch (i.kind) {
      case ItemKind::decl: {
        const Decl& d = m_.decls[i.index];
        if (d.kind == DeclKind::constant || d.kind == DeclKind::memory) break;
        declare(i.index, env);
        if (d.kind == DeclKind::let) {
          const auto s = signal(i.index, env, {});
          drivers.push_back({{s, 0, signals[s].width}, reads(d.source, env), d.loc, ++site_, true});
        }
        break;
      }
      case ItemKind::assign: {
        const Assign& a = m_.assigns[i.index];
        drivers.push_back({target(a.target, env), reads(a.value, env), a.loc, ++site_, true});
        break;
      }
      case ItemKind::process: {
        const Process& p = m_.processes[i.index];
        ++site_;
        std::vector<Id> conditions;
        statements(p.body, env, conditions, p.clocked);
        if (!p.clocked) comb_processes.push_back({&p, env, id});
        break;
      }
      case ItemKind::instance: {
        const Instance& u = m_.instances[i.index];
        const IntEnv inner = parameters_of(u, env);
        std::vector<std::int64_t> values;
        for (const auto& p : u.module->params) values.push_back(inner.at(p.get()));
        auto [known, fresh] = paths_.try_emplace({u.module, std::move(values)});
        if (fresh) known->second = combinational_paths(*u.module, inner);
        const auto& paths = known->second;
        for (const auto& [port, decl] : u.outputs) {
          const auto s = signal(decl, env, {});
          Driver d{{s, 0, signals[s].width}, {}, u.loc, ++site_, true};
          if (const auto it = paths.find(port); it != paths.end()) {
            for (const auto& [input, value] : u.inputs) {
              if (!it->second.contains(input)) continue;
              for (const auto& r : reads(value, env)) d.reads.push_back(r);
            }
          }
          drivers.push_back(std::move(d));
        }
        break;
      }
      case ItemKind::generate_for: {
        const auto* g = m_.scopes[i.index].genvar.get();
        const auto count = evaluate(g->value, env);
        IntEnv inner = env;
        for (std::int64_t k = 0; k < count; ++k) {
          inner[g] = k;
          scope(i.index, inner);
        }
        break;
      }
      case ItemKind::generate_if:
        if (m_.scopes[i.index].condition.evaluate(env)) {
          scope(i.index, env);
        } else if (i.else_scope != none) {
          scope(i.else_scope, env);
        }
        break;
      default:
        break;
    }
  }
}

IntEnv parameters_of(const Instance& u, const IntEnv& outer) {
  IntEnv env;
  for (const auto& p : u.module->params) {
    std::int64_t value = evaluate(p->value, env);
    for (const auto& [name, given] : u.params) {
      if (const auto* e = std::get_if<IntExpr>(&given); e != nullptr && name == p->name)
        value = evaluate(*e, outer);
    }
    env[p.get()] = value;
  }
  return env;
}

std::map<Id, std::set<Id>> combinational_paths(const Module& m, const IntEnv& env) {
  if (has_errors(m.diagnostics)) return {};
  const Elaboration e(m, env);
  // Backwards from each output over whole signals.
  std::vector<std::vector<std::uint32_t>> from(e.signals.size());
  for (const auto& d : e.drivers) {
    if (!d.combinational) continue;
    for (const auto& r : d.reads) from[d.target.signal].push_back(r.signal);
  }
  std::map<Id, std::set<Id>> paths;
  for (std::uint32_t s = 0; s < e.signals.size(); ++s) {
    if (m.decls[e.signals[s].decl].kind != DeclKind::output) continue;
    std::set<std::uint32_t> seen{s};
    std::vector<std::uint32_t> open{s};
    auto& inputs = paths[e.signals[s].decl];
    while (!open.empty()) {
      const auto at = open.back();
      open.pop_back();
      if (m.decls[e.signals[at].decl].kind == DeclKind::input) inputs.insert(e.signals[at].decl);
      for (const auto next : from[at]) {
        if (seen.insert(next).second) open.push_back(next);
      }
    }
  }
  return paths;
}

std::vector<IntEnv> sample_settings(const Module& m) {
  IntEnv defaults;
  IntEnv smallest;
  for (const auto& p : m.params) {
    defaults[p.get()] = evaluate(p->value, defaults);
    smallest[p.get()] = p->min;
  }
  if (smallest == defaults) return {defaults};
  return {defaults, smallest};
}

std::string bits_of(const BitRange& r, std::int64_t width) {
  if (r.low == 0 && r.high == width) return "";
  if (r.high - r.low == 1) return "[" + std::to_string(r.low) + "]";
  return "[" + std::to_string(r.high - 1) + ":" + std::to_string(r.low) + "]";
}

}  // namespace offramp::hw
