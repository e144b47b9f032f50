#include "hw/elaborate.h"

#include <algorithm>
#include <functional>
#include <stdexcept>

namespace offramp::hw {

Elaboration::Elaboration(const Module& m, const IntEnv& env, const ElaborationOptions& options)
    : m_(m), options_(options), index_(m.decls.size()), loops_(m.scopes.size()), visited_(m.exprs.size(), 0) {
  for (Id s = 0; s < m.scopes.size(); ++s) {  // parents come first
    if (m.scopes[s].parent != none) loops_[s] = loops_[m.scopes[s].parent];
    if (m.scopes[s].kind == ScopeKind::loop) loops_[s].push_back(m.scopes[s].genvar.get());
  }
  for (const Id p : m.ports) declare(p, env);
  scope(0, env);
}

bool mentions_genvar(const IntExpr& e) {
  for (const auto& t : e.terms()) {
    for (const auto& a : t.atoms) {
      if (a.kind == AtomKind::symbol
              ? a.symbol->kind == SymbolKind::genvar ||
                    (a.symbol->kind == SymbolKind::localparam && mentions_genvar(a.symbol->value))
              : mentions_genvar(a.a) || mentions_genvar(a.b)) {
        return true;
      }
    }
  }
  return false;
}

void Path::push(std::int64_t i) {
  if (size_ == max_depth)
    throw std::logic_error("loops and arrays nest deeper than " + std::to_string(max_depth));
  items_[size_++] = static_cast<std::int32_t>(i);
}

Path Elaboration::path_of(Id scope, const IntEnv& env) const {
  Path path;
  for (const auto* g : loops_[scope]) path.push(env.at(g));
  return path;
}

std::uint32_t& Elaboration::entry(Id decl, const Path& path, const IntEnv& env) {
  Table& t = index_[decl];
  if (!t.made) {
    t.made = true;
    const Decl& d = m_.decls[decl];
    bool regular = true;
    std::int64_t size = 1;
    const auto add = [&](const IntExpr& count) {
      regular = regular && !mentions_genvar(count);
      if (!regular) return;
      t.radix.push_back(evaluate(count, env));
      size *= t.radix.back();
      regular = size > 0 && size < (std::int64_t{1} << 24U);
    };
    for (const auto* g : loops_[d.scope]) add(g->value);
    for (const auto& n : d.dims) add(n);
    if (regular) {
      t.dense.assign(static_cast<std::size_t>(size), none);
    } else {
      t.radix.clear();
    }
  }
  if (!t.dense.empty()) {
    std::int64_t at = 0;
    bool inside = true;
    for (std::size_t i = 0; i < path.size(); ++i) {
      inside = inside && path[i] >= 0 && path[i] < t.radix[i];
      at = at * t.radix[i] + path[i];
    }
    if (inside) return t.dense[static_cast<std::size_t>(at)];
  }
  std::vector<std::int32_t> key;
  for (std::size_t i = 0; i < path.size(); ++i) key.push_back(path[i]);
  return t.sparse.try_emplace(std::move(key), none).first->second;
}

std::uint32_t Elaboration::intern(Id decl, const Path& path, const IntEnv& env) {
  std::uint32_t& id = entry(decl, path, env);
  if (id == none) {
    id = static_cast<std::uint32_t>(signals.size());
    signals.push_back({decl, path, evaluate(m_.decls[decl].type.width, env)});
  }
  return id;
}

std::uint32_t Elaboration::signal(Id decl, const IntEnv& env, const std::vector<IntExpr>& indices) {
  Path path = path_of(m_.decls[decl].scope, env);
  for (const auto& i : indices) path.push(evaluate(i, env));
  return intern(decl, path, env);
}

void Elaboration::declare(Id decl, const IntEnv& env) {
  const Decl& d = m_.decls[decl];
  Path path = path_of(d.scope, env);
  if (d.kind != DeclKind::net_array) {
    intern(decl, path, env);
    return;
  }
  const std::function<void(std::size_t)> fill = [&](std::size_t dim) {
    if (dim == d.dims.size()) {
      intern(decl, path, env);
      return;
    }
    const auto n = evaluate(d.dims[dim], env);
    for (std::int64_t i = 0; i < n; ++i) {
      path.push(i);
      fill(dim + 1);
      path.pop();
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
    if (m_.scopes[*it].kind == ScopeKind::formal) continue;  // no scope of Verilog
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

void Elaboration::collect(Id expr, const IntEnv& env, std::vector<BitRange>& out) {
  if (expr == none || visited_[expr] == visit_) return;
  visited_[expr] = visit_;
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
  for (const Id a : e.args) collect(a, env, out);
  for (const Id a : e.list) collect(a, env, out);
}

std::vector<BitRange> Elaboration::reads(Id expr, const IntEnv& env) {
  begin_visit();
  std::vector<BitRange> out;
  collect(expr, env, out);
  return out;
}

void Elaboration::statements(const Process& p, const std::vector<Id>& body, const IntEnv& env,
                             std::vector<Id>& conditions) {
  for (const Id id : body) {
    const Stmt& s = m_.stmts[id];
    switch (s.kind) {
      case StmtKind::assign: {
        Driver d{target(s.target, env), {}, s.loc, site_, !p.clocked, p.clock};
        if (!p.clocked || options_.sequential) {
          begin_visit();
          collect(s.value, env, d.reads);
          for (const Id c : conditions) collect(c, env, d.reads);
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
          statements(p, a.body, env, conditions);
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
        statements(p, p.body, env, conditions);
        if (!p.clocked) comb_processes.push_back({&p, env, id});
        break;
      }
      case ItemKind::instance:
        instance(m_.instances[i.index], env);
        break;
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
      case ItemKind::formal:
        scope(i.index, env);
        break;
      default:
        break;
    }
  }
}

void Elaboration::instance(const Instance& u, const IntEnv& env) {
  const Paths* paths = nullptr;
  if (options_.paths != nullptr) {
    auto [known, fresh] = fixed_.try_emplace(&u, nullptr);
    paths = known->second;
    if (paths == nullptr) {
      paths = &options_.paths->of(*u.module, parameters_of(u, env));
      const bool varies = std::any_of(u.params.begin(), u.params.end(), [](const auto& p) {
        const auto* e = std::get_if<IntExpr>(&p.second);
        return e != nullptr && mentions_genvar(*e);
      });
      if (!varies) known->second = paths;
    }
  }
  if (options_.sequential) {
    const IntEnv inner = parameters_of(u, env);
    UnrolledInstance here{&u, inner, {}, {}};
    for (const auto& [port, value] : u.inputs) here.inputs.emplace_back(port, reads(value, env));
    for (const auto& [port, decl] : u.outputs) here.outputs.emplace_back(port, signal(decl, env, {}));
    instances.push_back(std::move(here));
  }
  for (const auto& [port, decl] : u.outputs) {
    const auto s = signal(decl, env, {});
    Driver d{{s, 0, signals[s].width}, {}, u.loc, ++site_, true};
    if (paths != nullptr) {
      if (const auto it = paths->find(port); it != paths->end()) {
        for (const auto& [input, value] : u.inputs) {
          if (!it->second.contains(input)) continue;
          for (const auto& r : reads(value, env)) d.reads.push_back(r);
        }
      }
    }
    drivers.push_back(std::move(d));
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

namespace {

Paths find_paths(const Module& m, const IntEnv& env, PathCache& cache) {
  if (!m.external.empty()) {
    Paths all;
    if (!m.external_combinational) return all;
    for (const Id o : m.ports) {
      if (m.decls[o].kind != DeclKind::output) continue;
      for (const Id i : m.ports) {
        if (m.decls[i].kind == DeclKind::input && !m.decls[i].clock) all[o].insert(i);
      }
    }
    return all;
  }
  const Elaboration e(m, env, {.paths = &cache});
  // Backwards from each output over whole signals.
  std::vector<std::vector<std::uint32_t>> from(e.signals.size());
  for (const auto& d : e.drivers) {
    if (!d.combinational) continue;
    for (const auto& r : d.reads) from[d.target.signal].push_back(r.signal);
  }
  Paths paths;
  std::vector<std::uint32_t> seen(e.signals.size(), 0);
  std::uint32_t walk = 0;
  for (std::uint32_t s = 0; s < e.signals.size(); ++s) {
    if (m.decls[e.signals[s].decl].kind != DeclKind::output) continue;
    std::vector<std::uint32_t> open{s};
    seen[s] = ++walk;
    auto& inputs = paths[e.signals[s].decl];
    while (!open.empty()) {
      const auto at = open.back();
      open.pop_back();
      if (m.decls[e.signals[at].decl].kind == DeclKind::input) inputs.insert(e.signals[at].decl);
      for (const auto next : from[at]) {
        if (seen[next] != walk) {
          seen[next] = walk;
          open.push_back(next);
        }
      }
    }
  }
  return paths;
}

}  // namespace

const Paths& PathCache::of(const Module& m, const IntEnv& env) {
  std::vector<std::int64_t> values;
  for (const auto& p : m.params) values.push_back(env.at(p.get()));
  auto [known, fresh] = known_.try_emplace({&m, std::move(values)});
  if (fresh) known->second = find_paths(m, env, *this);
  return known->second;
}

std::vector<IntEnv> sample_settings(const Module& m) {
  std::vector<IntEnv> settings;
  const auto add = [&](const auto& value) {
    IntEnv env;
    for (const auto& p : m.params) env[p.get()] = value(*p, env);
    if (std::find(settings.begin(), settings.end(), env) == settings.end())
      settings.push_back(std::move(env));
  };
  add([](const IntSymbol& p, const IntEnv& env) { return evaluate(p.value, env); });
  add([](const IntSymbol& p, const IntEnv&) { return p.min; });
  // One step further catches what is right for even sizes, for powers of two or for a single iteration alone.
  add([](const IntSymbol& p, const IntEnv& env) { return std::min(evaluate(p.value, env) + 1, p.max); });
  add([](const IntSymbol& p, const IntEnv&) { return std::min(p.min + 1, p.max); });
  return settings;
}

std::string bits_of(const BitRange& r, std::int64_t width) {
  if (r.low == 0 && r.high == width) return "";
  if (r.high - r.low == 1) return "[" + std::to_string(r.low) + "]";
  return "[" + std::to_string(r.high - 1) + ":" + std::to_string(r.low) + "]";
}

}  // namespace offramp::hw
