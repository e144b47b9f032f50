#include "verif/trust/initial_values.h"

#include <fmt/format.h>

#include "hw/elaborate.h"
#include "verif/random.h"

namespace offramp::trust {

namespace {

class Walk {
 public:
  Walk(verif::Random& random, std::string& text) : random_(random), text_(text) {}

  void module(const hw::Module& m, const hw::IntEnv& env, const std::string& path) { scope(m, 0, env, path); }

 private:
  void scope(const hw::Module& m, hw::Id id, const hw::IntEnv& env, const std::string& path) {
    for (const hw::Decl& d : m.decls) {
      if (d.scope != id) continue;
      const std::int64_t width = evaluate(d.type.width, env);
      if (d.kind == hw::DeclKind::reg) set(path + "." + d.name, width);
      if (d.kind == hw::DeclKind::memory && d.init.empty()) {
        const std::int64_t depth = evaluate(d.dims[0], env);
        for (std::int64_t a = 0; a < depth; ++a) set(fmt::format("{}.{}[{}]", path, d.name, a), width);
      }
    }
    for (const hw::Instance& u : m.instances) {
      if (u.scope == id) module(*u.module, hw::parameters_of(u, env), path + "." + u.name);
    }
    for (const hw::Item& i : m.scopes[id].items) {
      if (i.kind == hw::ItemKind::generate_for) {
        const hw::Scope& s = m.scopes[i.index];
        const std::int64_t count = evaluate(s.genvar->value, env);
        for (std::int64_t n = 0; n < count; ++n) {
          hw::IntEnv inner = env;
          inner[s.genvar.get()] = n;
          scope(m, i.index, inner, fmt::format("{}.{}[{}]", path, s.label, n));
        }
      }
      if (i.kind == hw::ItemKind::generate_if) {
        const bool taken = m.scopes[i.index].condition.evaluate(env);
        const hw::Id branch = taken ? i.index : i.else_scope;
        if (branch != hw::none) scope(m, branch, env, path + "." + m.scopes[branch].label);
      }
    }
  }

  void set(const std::string& name, std::int64_t width) {
    text_ += fmt::format("    {} = {}'b", name, width);
    for (std::int64_t b = 0; b < width; ++b) text_ += random_.one_in(2) ? '1' : '0';
    text_ += ";\n";
  }

  verif::Random& random_;
  std::string& text_;
};

}  // namespace

std::string initial_values(const std::vector<Job>& jobs,
                           const std::function<std::string(std::size_t)>& instance) {
  verif::Random random(7);
  std::string text;
  for (std::size_t k = 0; k < jobs.size(); ++k) {
    hw::IntEnv env;
    for (const auto& p : jobs[k].module->params) {
      if (const auto it = jobs[k].parameters.find(p->name); it != jobs[k].parameters.end())
        env[p.get()] = it->second;
    }
    Walk(random, text).module(*jobs[k].module, env, instance(k));
  }
  return "module start;\n  initial begin\n" + text + "  end\nendmodule\n";
}

}  // namespace offramp::trust
