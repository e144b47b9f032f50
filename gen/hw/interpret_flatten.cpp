#include "hw/interpret_flatten.h"

#include <algorithm>
#include <set>
#include <utility>

#include "hw/interpret_place.h"

namespace offramp::hw::interpret {

namespace {

/// A string as the IR holds it: in quotes, or the name of a string parameter.
std::string text_of(const std::string& printed, const std::map<std::string, std::string>& strings) {
  if (printed.size() >= 2 && printed.front() == '"') return printed.substr(1, printed.size() - 2);
  const auto it = strings.find(printed);
  return it == strings.end() ? std::string() : it->second;
}

class Flattener {
 public:
  Netlist run(const Module& top, const std::map<std::string, std::int64_t>& parameters,
              const std::map<std::string, std::string>& string_parameters) {
    Place place;
    open(place, top, "");
    for (const auto& [name, value] : parameters) set_parameter(place, name, value);
    for (const auto& [name, value] : string_parameters) set_string(place, name, value);
    defaults(place);
    module(place);
    for (const Id p : top.ports) {
      const Decl& d = top.decls[p];
      if (d.kind != DeclKind::input) continue;
      const NetId net = place.nets_of(p).first;
      n_.nets[net].kind = NetKind::input;
      n_.inputs.push_back({d.name, net, d.clock && !d.reset});
    }
    finish();
    return std::move(n_);
  }

 private:
  void open(Place& place, const Module& m, const std::string& prefix) {
    const std::string where = prefix.empty() ? "" : " at '" + prefix.substr(0, prefix.size() - 1) + "'";
    if (!m.external.empty()) {
      throw DesignError(error_id,
                        "module '" + m.name + "'" + where + " is hand-written (" + m.external +
                            ") and cannot be interpreted; interpret what is around it, or describe it here",
                        m.loc);
    }
    if (has_errors(m.diagnostics)) throw DesignError(m.diagnostics);
    place.module = &m;
    place.prefix = prefix;
  }

  static void set_parameter(Place& place, const std::string& name, std::int64_t value) {
    const Module& m = *place.module;
    for (const auto& p : m.params) {
      if (p->name != name) continue;
      if (value < p->min || value > p->max) {
        throw DesignError("HW0016",
                          "parameter '" + name + "' of module '" + m.name + "' is set to " +
                              std::to_string(value) + ", outside its range " + std::to_string(p->min) +
                              " to " + std::to_string(p->max),
                          p->loc);
      }
      place.env[p.get()] = value;
      return;
    }
    std::string known;
    for (const auto& p : m.params) known += (known.empty() ? "" : ", ") + p->name;
    throw DesignError("HW0016",
                      "module '" + m.name + "' has no integer parameter '" + name + "'" +
                          (known.empty() ? "; it has none" : "; it has " + known),
                      m.loc);
  }

  static void set_string(Place& place, const std::string& name, const std::string& value) {
    const Module& m = *place.module;
    std::string known;
    for (const auto& p : m.string_params) {
      if (p.name == name) {
        place.strings[name] = value;
        return;
      }
      known += (known.empty() ? "" : ", ") + p.name;
    }
    throw DesignError("HW0016",
                      "module '" + m.name + "' has no string parameter '" + name + "'" +
                          (known.empty() ? "; it has none" : "; it has " + known),
                      m.loc);
  }

  /// Parameters that were not set; a default may use those before it.
  static void defaults(Place& place) {
    for (const auto& p : place.module->params) {
      if (!place.env.contains(p.get())) place.env[p.get()] = evaluate(p->value, place.env);
    }
    for (const auto& p : place.module->string_params) place.strings.try_emplace(p.name, p.value);
  }

  void module(Place& place) {
    for (const Id p : place.module->ports) declare(place, p);
    scope(place);
  }

  void declare(Place& place, Id decl) {
    const Decl& d = place.module->decls[decl];
    if (d.kind == DeclKind::constant) return;
    DeclNets nets;
    const std::int64_t width = evaluate(d.type.width, place.env);
    const std::string name = place.prefix + d.name;
    if (d.kind == DeclKind::memory) {
      Place& root = place.of_scope(0);
      nets.memory = static_cast<std::uint32_t>(n_.memories.size());
      n_.memories.push_back({name, static_cast<std::uint32_t>(width), evaluate(d.dims[0], place.env),
                             text_of(d.init, root.strings), d.loc});
      place.decls.emplace(decl, std::move(nets));
      return;
    }
    std::int64_t count = 1;
    for (const auto& dim : d.dims) {
      nets.dims.push_back(evaluate(dim, place.env));
      count *= nets.dims.back();
    }
    const NetKind kind = d.kind == DeclKind::reg || d.registered ? NetKind::reg : NetKind::wire;
    nets.first = static_cast<NetId>(n_.nets.size());
    for (std::int64_t i = 0; i < count; ++i) {
      std::string indices;
      std::int64_t rest = i;
      for (std::size_t k = nets.dims.size(); k-- > 0; rest /= nets.dims[k]) {
        indices = "[" + std::to_string(rest % nets.dims[k]) + "]" + indices;
      }
      n_.names.emplace_back(name + indices, x_.add_net(kind, width, d.loc));
      n_.nets.back().starts_low = d.power_up;
    }
    place.decls.emplace(decl, std::move(nets));
  }

  void connect(Wire target, Wire source, SourceLoc loc) {
    if (target.width != source.width) {
      throw DesignError("HW0007",
                        "'" + n_.name_of(target.net) + "' takes " + std::to_string(target.width) +
                            " bits but is given " + std::to_string(source.width) + " at these parameters",
                        loc);
    }
    n_.nets[target.net].drivers.push_back({target.low, source});
  }

  void scope(Place& place) {
    const auto& items = place.module->scopes[place.scope].items;
    // All names first: what drives them may stand before or after what reads them.
    for (const Item& i : items) {
      if (i.kind == ItemKind::decl) declare(place, i.index);
      if (i.kind == ItemKind::instance_outputs) {
        for (const auto& [port, decl] : place.module->instances[i.index].outputs) declare(place, decl);
      }
    }
    for (const Item& i : items) item(place, i);
  }

  void item(Place& place, const Item& i) {
    const Module& m = *place.module;
    switch (i.kind) {
      case ItemKind::decl: {
        const Decl& d = m.decls[i.index];
        if (d.kind == DeclKind::let) {
          connect(n_.whole(place.nets_of(i.index).first), x_.compile(place, d.source), d.loc);
        }
        break;
      }
      case ItemKind::assign: {
        const Assign& a = m.assigns[i.index];
        const Wire value = x_.compile(place, a.value);
        connect(x_.target(place, a.target), value, a.loc);
        break;
      }
      case ItemKind::process:
        flatten_process(n_, x_, place, m.processes[i.index]);
        break;
      case ItemKind::instance:
        instance(place, m.instances[i.index]);
        break;
      case ItemKind::generate_for: {
        const Scope& s = m.scopes[i.index];
        const std::int64_t count = evaluate(s.genvar->value, place.env);
        for (std::int64_t k = 0; k < count; ++k) {
          Place inner = inside(place, i.index, s.label + "[" + std::to_string(k) + "].");
          inner.env[s.genvar.get()] = k;
          scope(inner);
        }
        break;
      }
      case ItemKind::generate_if: {
        const bool yes = m.scopes[i.index].condition.evaluate(place.env);
        const Id chosen = yes ? i.index : i.else_scope;
        if (chosen == none) break;
        Place inner = inside(place, chosen, m.scopes[chosen].label + ".");
        scope(inner);
        break;
      }
      case ItemKind::formal: {
        Place inner = inside(place, i.index, "");
        scope(inner);
        break;
      }
      case ItemKind::property: {
        const Property& p = m.properties[i.index];
        const NetId clock = p.clock == none ? none : place.nets_of(p.clock).first;
        const Wire active = p.reset == none ? x_.constant(1, 1) : n_.whole(place.nets_of(p.reset).first);
        n_.properties.push_back(
            {p.kind, place.prefix + p.name, clock, active, x_.compile(place, p.condition), p.loc});
        break;
      }
      case ItemKind::instance_outputs:
      case ItemKind::localparam:
      case ItemKind::comment:
      case ItemKind::section:
        break;
    }
  }

  static Place inside(Place& place, Id scope, const std::string& label) {
    Place inner;
    inner.module = place.module;
    inner.parent = &place;
    inner.scope = scope;
    inner.env = place.env;
    inner.prefix = place.prefix + label;
    return inner;
  }

  void instance(Place& place, const Instance& u) {
    Place child;
    open(child, *u.module, place.prefix + u.name + ".");
    for (const auto& [name, value] : u.params) {
      if (const auto* e = std::get_if<IntExpr>(&value)) {
        set_parameter(child, name, evaluate(*e, place.env));
      } else {
        set_string(child, name, text_of(std::get<std::string>(value), place.of_scope(0).strings));
      }
    }
    defaults(child);
    module(child);
    for (const auto& [port, value] : u.inputs) {
      connect(n_.whole(child.nets_of(port).first), x_.compile(place, value), u.loc);
    }
    for (const auto& [port, decl] : u.outputs) {
      connect(n_.whole(place.nets_of(decl).first), n_.whole(child.nets_of(port).first), u.loc);
    }
  }

  void finish() {
    for (Net& net : n_.nets) {
      std::sort(net.drivers.begin(), net.drivers.end(),
                [](const Driver& a, const Driver& b) { return a.low < b.low; });
      for (std::size_t i = 0; i < net.drivers.size(); ++i) {
        const Driver& d = net.drivers[i];
        n_.driven_bits += d.source.width;
        if (i + 1 == net.drivers.size() || d.low + d.source.width <= net.drivers[i + 1].low) continue;
        throw DesignError("HW0002",
                          "bit " + std::to_string(net.drivers[i + 1].low) + " of '" +
                              n_.name_of(static_cast<NetId>(&net - n_.nets.data())) +
                              "' is driven from two places at these parameters; remove one of them",
                          {});
      }
    }
    std::set<NetId> clocks;
    for (auto& r : n_.registers) clocks.insert(r.clock = clock(r.clock, r.loc));
    for (auto& w : n_.writes) clocks.insert(w.clock = clock(w.clock, w.loc));
    for (auto& p : n_.properties) {
      if (p.clock != none) clocks.insert(p.clock = clock(p.clock, p.loc));
    }
    for (auto& i : n_.inputs) i.clock = i.clock || clocks.contains(i.net);
  }

  /// The input of the top module behind the clock of a process.
  NetId clock(NetId net, SourceLoc loc) const {
    const Wire w = n_.source_of(n_.whole(net));
    if (n_.nets[w.net].kind == NetKind::input && n_.nets[w.net].width == 1) return w.net;
    throw DesignError(error_id,
                      "clock '" + n_.name_of(net) +
                          "' is not an input of the top module but is computed; gated clocks cannot be "
                          "interpreted, use an enable in the process",
                      loc);
  }

  Netlist n_;
  Expressions x_{n_};
};

}  // namespace

Netlist flatten(const Module& top, const std::map<std::string, std::int64_t>& parameters,
                const std::map<std::string, std::string>& string_parameters) {
  return Flattener().run(top, parameters, string_parameters);
}

}  // namespace offramp::hw::interpret
