#include "hw/module_builder.h"

#include <algorithm>
#include <stdexcept>

namespace offramp::hw {

ModuleBuilder::ModuleBuilder(Design& design, Module& module) : design_(&design), module_(&module) {}

void ModuleBuilder::doc(std::string_view text, SourceLoc loc) {
  module_->require_open(loc);
  module_->doc = text;
  module_->loc = loc;
}

Param ModuleBuilder::param(std::string_view name, const IntExpr& dflt, ParamRange range, std::string_view doc,
                           SourceLoc loc) {
  module_->require_open(loc);
  auto s = std::make_shared<IntSymbol>();
  s->kind = SymbolKind::param;
  s->name = name;
  s->order = module_->symbols++;
  s->value = dflt;
  s->min = range.min;
  s->max = range.max;
  s->doc = doc;
  s->loc = loc;
  if (range.min > range.max) {
    module_->report("HW0016",
                    "parameter '" + s->name + "' has an empty range, " + std::to_string(range.min) + " to " +
                        std::to_string(range.max),
                    loc);
  } else if (!provably_ge(dflt, range.min) || !provably_ge(range.max, dflt)) {
    module_->report("HW0016",
                    "parameter '" + s->name + "' has default " + dflt.verilog() + ", outside its range " +
                        std::to_string(range.min) + " to " + std::to_string(range.max),
                    loc);
  }
  module_->params.push_back(s);
  module_->param_order.emplace_back(SymbolRef(s));
  Param p;
  static_cast<IntExpr&>(p) = IntExpr(SymbolRef(s));
  return p;
}

StrParam ModuleBuilder::string_param(std::string_view name, std::string_view dflt, std::string_view doc,
                                     SourceLoc loc) {
  module_->require_open(loc);
  module_->string_params.push_back({std::string(name), std::string(dflt), std::string(doc), loc});
  module_->param_order.emplace_back(std::string(name));
  return {std::string(name)};
}

IntExpr ModuleBuilder::localparam(std::string_view name, const IntExpr& value, std::string_view doc,
                                  SourceLoc loc) {
  module_->require_open(loc);
  auto s = std::make_shared<IntSymbol>();
  s->kind = SymbolKind::localparam;
  s->name = name;
  s->order = module_->symbols++;
  s->value = value;
  s->doc = doc;
  s->loc = loc;
  module_->localparams.push_back(s);
  append(ItemKind::localparam, static_cast<Id>(module_->localparams.size() - 1)).localparam = s;
  return IntExpr(SymbolRef(s));
}

Item& ModuleBuilder::append(ItemKind kind, Id index) {
  module_->require_open(module_->loc);
  Item item;
  item.kind = kind;
  item.index = index;
  item.comment = std::move(pending_comment_);
  pending_comment_.clear();
  auto& items = module_->scopes[module_->scope].items;
  items.push_back(std::move(item));
  return items.back();
}

Id ModuleBuilder::declare(Decl d) {
  module_->require_open(d.loc);
  d.scope = module_->scope;
  if (d.kind != DeclKind::constant && !provably_ge(d.type.width, 1, module_->facts())) {
    module_->report(
        "HW0007",
        "'" + d.name + "' has width " + d.type.width.verilog() +
            ", which is not at least 1 for all parameter values; use max(width, 1), or raise the " +
            "minimum of a parameter",
        d.loc);
  }
  module_->decls.push_back(std::move(d));
  return static_cast<Id>(module_->decls.size() - 1);
}

Value ModuleBuilder::ref(Id decl, SourceLoc loc) {
  Expr e;
  e.op = Op::ref;
  e.type = module_->decls[decl].type;
  e.loc = loc;
  e.decl = decl;
  return {module_, module_->add(std::move(e))};
}

namespace {

Decl make_decl(DeclKind kind, std::string_view name, const Type& type, SourceLoc loc,
               std::string_view doc = {}) {
  Decl d;
  d.kind = kind;
  d.name = name;
  d.type = type;
  d.loc = loc;
  d.doc = doc;
  return d;
}

}  // namespace

Value ModuleBuilder::constant(std::string_view name, const Type& type, const IntExpr& value, SourceLoc loc) {
  Decl d = make_decl(DeclKind::constant, name, type, loc);
  d.value = value;
  (void)make_literal(*module_, type, value, loc);  // reports a value that does not fit
  const Id id = declare(std::move(d));
  append(ItemKind::decl, id);
  return ref(id, loc);
}

Value ModuleBuilder::literal(const Type& type, const IntExpr& value, SourceLoc loc) {
  return make_literal(*module_, type, value, loc);
}

Clocking ModuleBuilder::clocking(const ClockingOptions& options, SourceLoc loc) {
  Clocking ck;
  ck.clk = input(options.clk, bit(), {}, loc);
  module_->decls[module_->ports.back()].clock = true;
  if (options.reset) {
    ck.rst_n = input(options.rst_n, bit(), {}, loc);
    module_->decls[module_->ports.back()].clock = true;
    module_->decls[module_->ports.back()].reset = true;
  }
  return ck;
}

Value ModuleBuilder::declare_port(Decl d) {
  Module& m = *module_;
  if (m.scope != 0) {
    m.report("HW0013",
             "port '" + d.name +
                 "' is declared inside a generate block; ports belong to the module: declare it before",
             d.loc, {{"the block begins here", m.scopes[m.scope].loc}});
  }
  const SourceLoc loc = d.loc;
  const Id scope = m.scope;
  m.scope = 0;
  const Id id = declare(std::move(d));
  m.ports.push_back(id);
  const Value v = ref(id, loc);
  m.scope = scope;
  return v;
}

In ModuleBuilder::input(std::string_view name, const Type& type, std::string_view doc, SourceLoc loc) {
  return {module_, declare_port(make_decl(DeclKind::input, name, type, loc, doc)).id()};
}

Out ModuleBuilder::output(std::string_view name, const Type& type, std::string_view doc, SourceLoc loc) {
  return {module_, declare_port(make_decl(DeclKind::output, name, type, loc, doc)).id()};
}

void ModuleBuilder::annotate_ports(
    const std::function<std::vector<Attribute>(std::string_view name)>& of_port) {
  for (const Id id : module_->ports) {
    Decl& d = module_->decls[id];
    d.attributes = of_port(d.name);
  }
}

Value ModuleBuilder::wire(std::string_view name, const Type& type, SourceLoc loc) {
  return wire(name, type, WireOptions{}, loc);
}

Value ModuleBuilder::wire(std::string_view name, const Type& type, const WireOptions& options,
                          SourceLoc loc) {
  Decl d = make_decl(DeclKind::wire, name, type, loc);
  d.chain = options.chain;
  const Id id = declare(std::move(d));
  append(ItemKind::decl, id);
  return ref(id, loc);
}

Value ModuleBuilder::let(std::string_view name, const Operand& value) {
  const Value v = resolve(*module_, value, bit());
  Decl d = make_decl(DeclKind::let, name, v.type(), value.loc);
  d.source = v.id();
  const Id id = declare(std::move(d));
  append(ItemKind::decl, id);
  return ref(id, value.loc);
}

NetArray ModuleBuilder::wire_array(std::string_view name, const Type& type, const std::vector<IntExpr>& dims,
                                   const WireOptions& options, SourceLoc loc) {
  Decl d = make_decl(DeclKind::net_array, name, type, loc);
  d.chain = options.chain;
  d.dims = dims;
  for (const auto& n : dims) {
    if (!provably_ge(n, 1, module_->facts())) {
      module_->report("HW0007",
                      "'" + d.name + "' has a dimension of " + n.verilog() +
                          ", which is not at least 1 for all parameter values",
                      loc);
    }
  }
  const Id id = declare(std::move(d));
  append(ItemKind::decl, id);
  return {module_, id};
}

namespace {

Value invalid_value(Module& m, const Type& type, SourceLoc loc) {
  Expr e;
  e.type = type;
  e.loc = loc;
  return {&m, m.add(std::move(e))};
}

/// A condition as a value of the module; anything but one unsigned bit is reported.
Value one_bit(Module& m, const Operand& cond, const char* what) {
  const Value c = resolve(m, cond, bit());
  const Expr& e = m.exprs[c.id()];
  if (e.op != Op::invalid && !(e.type == bit())) {
    m.report("HW0007",
             std::string(what) + " must be one unsigned bit, but " + describe(m, c.id()) + " is " +
                 describe(e.type) + "; use any(x) or a comparison",
             cond.loc);
    return invalid_value(m, bit(), cond.loc);
  }
  return c;
}

}  // namespace

void ModuleBuilder::set_register(Decl& d, const RegOptions& options) {
  if (options.reset) {
    d.has_reset = true;
    d.value = *options.reset;
    (void)make_literal(*module_, d.type, d.value, d.loc);
  }
  if (options.enable) d.enable = one_bit(*module_, Operand(*options.enable, d.loc), "an enable").id();
  d.synchronizer = options.synchronizer;
  d.keep = options.keep;
  d.power_up = options.power_up;
}

Reg ModuleBuilder::reg(std::string_view name, const Type& type, const RegOptions& options, SourceLoc loc) {
  Decl d = make_decl(DeclKind::reg, name, type, loc);
  set_register(d, options);
  const Id id = declare(std::move(d));
  append(ItemKind::decl, id);
  return {module_, ref(id, loc).id()};
}

Out ModuleBuilder::output_reg(std::string_view name, const Type& type, const RegOptions& options,
                              std::string_view doc, SourceLoc loc) {
  Decl d = make_decl(DeclKind::output, name, type, loc, doc);
  d.registered = true;
  d.procedural = true;
  set_register(d, options);
  return {module_, declare_port(std::move(d)).id()};
}

Memory ModuleBuilder::memory(std::string_view name, const Type& type, const IntExpr& depth,
                             const MemoryOptions& options, SourceLoc loc) {
  Decl d = make_decl(DeclKind::memory, name, type, loc);
  d.dims = {depth};
  d.init = options.init.text;
  d.ram_style = options.ram_style;
  d.doc = options.doc;
  const Id id = declare(std::move(d));
  append(ItemKind::decl, id);
  return {module_, id};
}

Value NetArray::at(const std::vector<IntExpr>& indices, SourceLoc loc) const {
  if (token_ == nullptr) throw std::logic_error("an empty NetArray is used (" + describe(loc) + ")");
  Module* m = token_->module;
  if (m == nullptr) {
    throw DesignError("HW0012",
                      "a wire array of module '" + token_->name + "' is used after its design was destroyed",
                      loc, {{"the module was built here", token_->loc}});
  }
  const Decl& d = m->decls[decl_];
  Expr e;
  e.op = Op::element;
  e.type = d.type;
  e.loc = loc;
  e.decl = decl_;
  e.indices = indices;
  bool ok = indices.size() == d.dims.size();
  for (std::size_t i = 0; ok && i < indices.size(); ++i) {
    ok = provably_ge(indices[i], 0, m->facts()) && provably_ge(d.dims[i] - 1, indices[i], m->facts());
  }
  if (!ok) {
    std::string text = "'" + d.name;
    for (const auto& i : indices) text += "[" + i.verilog() + "]";
    text += "' may leave the array, which is '" + d.name;
    for (const auto& n : d.dims) text += "[" + n.verilog() + "]";
    m->report("HW0015", text + "'; guard it with generate_if, or make the array larger", loc,
              {{"declared here", d.loc}});
    e.op = Op::invalid;
  }
  return {m, m->add(std::move(e))};
}

bool ModuleBuilder::assignable(const Value& target, const Value& value, SourceLoc loc) {
  Module& m = *module_;
  const Expr& t = m.exprs[target.id()];
  const Expr& v = m.exprs[value.id()];
  if (t.op == Op::invalid || v.op == Op::invalid) return false;
  const Id decl = target_decl(m, target.id());
  const std::string name = describe(m, target.id());
  const std::vector<Note> notes = {{"declared here", decl == none ? t.loc : m.decls[decl].loc}};
  const bool is_part = t.op != Op::ref && t.op != Op::element;
  if (!is_part && t.type.sign != v.type.sign) {
    m.report("HW0008",
             name + " is " + describe(t.type) + " but is given " + describe(m, value.id()) + ", " +
                 describe(v.type) + "; use " +
                 (t.type.is_signed() ? "to_signed(x) or as_signed(x)" : "as_unsigned(x)"),
             loc, notes);
    return false;
  }
  if (!(t.type.width == v.type.width)) {
    std::string hint = "; use extend(x, width), truncate(x, width) or saturate(x, type)";
    if (provably_ge(t.type.width, v.type.width, m.facts())) {
      hint = "; use extend(x, " + t.type.width.verilog() + ")";
    } else if (provably_ge(v.type.width, t.type.width, m.facts())) {
      hint = "; use truncate(x, " + t.type.width.verilog() + ") or saturate(x, " + describe(t.type) +
             ") to drop bits";
    }
    m.report("HW0007",
             name + " has " + t.type.width.verilog() + " bits but is given " + v.type.width.verilog() +
                 " bits, " + describe(m, value.id()) + hint,
             loc, notes);
    return false;
  }
  return true;
}

namespace {

const char* kind_name(DeclKind k) {
  switch (k) {
    case DeclKind::input:
      return "an input";
    case DeclKind::output:
      return "an output";
    case DeclKind::wire:
      return "a wire";
    case DeclKind::let:
      return "a named value";
    case DeclKind::reg:
      return "a register";
    case DeclKind::constant:
      return "a constant";
    case DeclKind::net_array:
      return "a wire array";
    case DeclKind::memory:
      return "a memory";
    case DeclKind::instance_output:
      return "an output of an instance";
  }
  return "";
}

}  // namespace

void ModuleBuilder::drive(const Value& target, const Operand& value) {
  Module& m = *module_;
  const SourceLoc loc = value.loc;
  const Value t = resolve(m, Operand(target, loc), bit());
  // A part of a signed target takes bits; the whole takes its own type.
  Value v = resolve(m, value, t.type());
  if (m.exprs[t.id()].op == Op::invalid) return;
  // A wrong value still drives its target, so that the same mistake is not reported again as undriven.
  if (!assignable(t, v, loc)) v = invalid_value(m, t.type(), loc);
  const Id decl = target_decl(m, t.id());
  const auto kind = decl == none ? DeclKind::constant : m.decls[decl].kind;
  const bool registered = decl != none && (kind == DeclKind::reg || m.decls[decl].registered);
  if (place_ == Place::clocked || registered ||
      !(kind == DeclKind::wire || kind == DeclKind::output || kind == DeclKind::net_array)) {
    std::string why =
        place_ == Place::clocked ? "drive is called inside clocked; use next for registers"
        : decl == none           ? "what is driven is not a wire or a part of one"
                       : "'" + m.decls[decl].name + "' is " + (registered ? "a register" : kind_name(kind)) +
                             ", which drive cannot set" + (registered ? "; use next inside clocked" : "");
    m.report("HW0013", why, loc);
    return;
  }
  if (place_ == Place::comb) {
    m.decls[decl].procedural = true;
    Stmt s;
    s.loc = loc;
    s.target = t.id();
    s.value = v.id();
    add_stmt(std::move(s));
    return;
  }
  m.assigns.push_back({t.id(), v.id(), loc});
  append(ItemKind::assign, static_cast<Id>(m.assigns.size() - 1));
}

void ModuleBuilder::next(const Value& target, const Operand& value) {
  Module& m = *module_;
  const SourceLoc loc = value.loc;
  const Value t = resolve(m, Operand(target, loc), bit());
  Value v = resolve(m, value, t.type());
  if (m.exprs[t.id()].op == Op::invalid) return;
  if (!assignable(t, v, loc)) v = invalid_value(m, t.type(), loc);
  const Id decl = target_decl(m, t.id());
  if (place_ != Place::clocked || decl == none ||
      !(m.decls[decl].kind == DeclKind::reg || m.decls[decl].registered)) {
    m.report("HW0013",
             place_ != Place::clocked ? "next is called outside clocked"
                                      : describe(m, t.id()) + " is not a register; use drive outside clocked",
             loc);
    return;
  }
  Stmt s;
  s.loc = loc;
  s.target = t.id();
  s.value = v.id();
  if (const Id enable = m.decls[decl].enable; enable != none) {
    when(Operand(Value(&m, enable), loc), [&] { add_stmt(std::move(s)); });
    return;
  }
  add_stmt(std::move(s));
}

namespace {

/// Bits that an address of this memory has.
IntExpr address_width(const Decl& memory) {
  return max(clog2(memory.dims[0]), 1);
}

}  // namespace

Value ModuleBuilder::read(const Memory& memory, const Operand& address) {
  Module& m = *module_;
  if (memory.module() != module_) {
    m.report("HW0012", "a memory of another module is read", address.loc);
    return make_literal(m, bit(), 0, address.loc);
  }
  const Decl& d = m.decls[memory.decl()];
  const Type address_type = uint(address_width(d));
  Expr e;
  e.op = Op::mem_read;
  e.type = d.type;
  e.loc = address.loc;
  e.decl = memory.decl();
  const Value a = resolve(m, address, address_type);
  if (m.exprs[a.id()].op == Op::invalid) e.op = Op::invalid;
  if (e.op != Op::invalid && !(a.type() == address_type)) {
    m.report("HW0007",
             "memory '" + m.decls[e.decl].name + "' is addressed by " + describe(address_type) +
                 " but is given " + describe(a.type()) + "; use extend(x, width) or truncate(x, width)",
             address.loc, {{"declared here", m.decls[e.decl].loc}});
    e.op = Op::invalid;
  }
  e.args[0] = a.id();
  return {module_, m.add(std::move(e))};
}

void ModuleBuilder::write(const Memory& memory, const Operand& address, const Operand& data) {
  Module& m = *module_;
  if (memory.module() != module_) {
    m.report("HW0012", "a memory of another module is written", address.loc);
    return;
  }
  const Type address_type = uint(address_width(m.decls[memory.decl()]));
  const Type data_type = m.decls[memory.decl()].type;
  const Value a = resolve(m, address, address_type);
  const Value v = resolve(m, data, data_type);
  if (m.exprs[a.id()].op == Op::invalid || m.exprs[v.id()].op == Op::invalid) return;
  const std::vector<Note> notes = {{"declared here", m.decls[memory.decl()].loc}};
  const std::string name = "memory '" + m.decls[memory.decl()].name + "'";
  if (place_ != Place::clocked) {
    m.report("HW0013", name + " is written outside clocked", address.loc, notes);
    return;
  }
  if (!(a.type() == address_type)) {
    m.report("HW0007",
             name + " is addressed by " + describe(address_type) + " but is given " + describe(a.type()) +
                 "; use extend(x, width) or truncate(x, width)",
             address.loc, notes);
    return;
  }
  if (!(v.type() == data_type)) {
    m.report(v.type().sign == data_type.sign ? "HW0007" : "HW0008",
             name + " holds " + describe(data_type) + " but is given " + describe(v.type()) +
                 "; use extend, truncate, saturate, as_signed or as_unsigned",
             data.loc, notes);
    return;
  }
  Stmt s;
  s.kind = StmtKind::mem_write;
  s.loc = address.loc;
  s.target = memory.decl();
  s.address = a.id();
  s.value = v.id();
  add_stmt(std::move(s));
}

WritePort ModuleBuilder::write_port(const Memory& memory, const Clocking& ck, Value enable, Value address,
                                    Value data, SourceLoc loc) {
  clocked(
      ck,
      [&] { when(Operand(enable, loc), [&] { write(memory, Operand(address, loc), Operand(data, loc)); }); },
      loc);
  describe_port(memory, "Write port: one word a cycle.");
  return {enable, address, data};
}

Value ModuleBuilder::read_port(std::string_view name, const Memory& memory, const Clocking& ck, Value address,
                               const ReadPortOptions& options, SourceLoc loc) {
  const std::string base(name);
  const bool forwards = options.under_write == ReadUnderWrite::new_word;
  if (options.latency < 1 || options.latency > 2 || (forwards && !options.write) ||
      memory.module() != module_) {
    module_->report(
        memory.module() != module_ ? "HW0012" : "HW0013",
        "read port '" + base + "' " +
            (memory.module() != module_ ? "reads a memory of another module"
             : options.latency < 1 || options.latency > 2
                 ? "has latency " + std::to_string(options.latency) + "; 1 and 2 are possible"
                 : std::string("is to give the new word, but has no .write port to forward from")),
        loc);
    return literal(bit(), 0, loc);
  }
  const Type type = module_->decls[memory.decl()].type;
  describe_port(memory, "Read port '" + base + "': latency " + std::to_string(options.latency) +
                            "; a read of the word being written gives the " + (forwards ? "new" : "old") +
                            " word.");
  const RegOptions held{.enable = options.enable};
  Value q = reg(base + (forwards ? "_read_q" : "_q"), type, held, loc);
  const Value word = read(memory, Operand(address, loc));
  if (!forwards) {
    clocked(
        ck, [&] { next(q, Operand(word, loc)); }, loc);
  } else {
    const WritePort& w = *options.write;
    const Value hit =
        let(base + "_hit",
            Operand(Operand(w.enable, loc) & Operand(Operand(w.address, loc) == Operand(address, loc), loc),
                    loc));
    const Reg hit_q = reg(base + "_hit_q", bit(), held, loc);
    const Reg new_q = reg(base + "_new_q", type, held, loc);
    clocked(
        ck,
        [&] {
          next(q, Operand(word, loc));
          next(hit_q, Operand(hit, loc));
          next(new_q, Operand(w.data, loc));
        },
        loc);
    q = let(base, Operand(mux(Operand(hit_q, loc), Operand(new_q, loc), Operand(q, loc)), loc));
  }
  if (options.latency == 1) return q;
  const Reg out = reg(base + "_out_q", type, held, loc);
  clocked(
      ck, [&] { next(out, Operand(q, loc)); }, loc);
  return out;
}

void ModuleBuilder::describe_port(const Memory& memory, const std::string& text) {
  std::string& doc = module_->decls[memory.decl()].doc;
  if (!doc.empty()) doc += "\n";
  doc += text;
}

Id ModuleBuilder::add_stmt(Stmt s) {
  module_->require_open(s.loc);
  if (!pending_comment_.empty()) {
    Stmt c;
    c.kind = StmtKind::comment;
    c.text = std::move(pending_comment_);
    pending_comment_.clear();
    module_->stmts.push_back(std::move(c));
    bodies_.back().push_back(static_cast<Id>(module_->stmts.size() - 1));
  }
  module_->stmts.push_back(std::move(s));
  const Id id = static_cast<Id>(module_->stmts.size() - 1);
  bodies_.back().push_back(id);
  return id;
}

std::vector<Id> ModuleBuilder::body_of(const std::function<void()>& body) {
  bodies_.emplace_back();
  if (body) body();
  auto done = std::move(bodies_.back());
  bodies_.pop_back();
  return done;
}

namespace {

void require_no_reset(Module& m, const std::vector<Id>& body) {
  for (const Id id : body) {
    const Stmt& s = m.stmts[id];
    for (const Arm& a : s.arms) require_no_reset(m, a.body);
    const Id d = s.kind == StmtKind::assign ? target_decl(m, s.target) : none;
    if (d == none || !m.decls[d].has_reset) continue;
    m.report("HW0013", "'" + m.decls[d].name + "' has a reset value, but this clocking has no reset", s.loc,
             {{"declared here", m.decls[d].loc}});
  }
}

}  // namespace

void ModuleBuilder::clocked(const Clocking& ck, const std::function<void()>& body, SourceLoc loc) {
  module_->require_open(loc);
  if (place_ != Place::structural) throw std::logic_error("clocked inside a process (" + describe(loc) + ")");
  Module& m = *module_;
  Process p;
  p.clocked = true;
  p.loc = loc;
  std::string comment = std::move(pending_comment_);
  pending_comment_.clear();
  const Value clk = resolve(m, Operand(ck.clk, loc), bit());
  p.clock = m.exprs[clk.id()].decl;
  if (ck.rst_n.token() != nullptr) p.reset = m.exprs[resolve(m, Operand(ck.rst_n, loc), bit()).id()].decl;
  place_ = Place::clocked;
  p.body = body_of(body);
  place_ = Place::structural;
  if (p.reset == none) require_no_reset(m, p.body);
  m.processes.push_back(std::move(p));
  pending_comment_ = std::move(comment);
  append(ItemKind::process, static_cast<Id>(m.processes.size() - 1));
}

void ModuleBuilder::comb(const std::function<void()>& body, SourceLoc loc) {
  module_->require_open(loc);
  if (place_ != Place::structural) throw std::logic_error("comb inside a process (" + describe(loc) + ")");
  Process p;
  p.loc = loc;
  std::string comment = std::move(pending_comment_);
  pending_comment_.clear();
  place_ = Place::comb;
  p.body = body_of(body);
  place_ = Place::structural;
  module_->processes.push_back(std::move(p));
  pending_comment_ = std::move(comment);
  append(ItemKind::process, static_cast<Id>(module_->processes.size() - 1));
}

When ModuleBuilder::when(const Operand& cond, const std::function<void()>& body) {
  if (place_ == Place::structural) {
    throw std::logic_error("when outside clocked and comb (" + describe(cond.loc) +
                           "); use mux for a value, generate_if for a parameter");
  }
  Stmt s;
  s.kind = StmtKind::if_;
  s.loc = cond.loc;
  const Id id = add_stmt(std::move(s));
  add_arm(id, cond, body);
  return {this, id};
}

void ModuleBuilder::add_arm(Id stmt, const Operand& cond, const std::function<void()>& body) {
  Module& m = *module_;
  const Value c = one_bit(m, cond, "a condition");
  Arm arm;
  arm.cond = c.id();
  arm.body = body_of(body);
  m.stmts[stmt].arms.push_back(std::move(arm));
}

When& When::elsewhen(const Operand& cond, const std::function<void()>& body) {
  builder_->add_arm(stmt_, cond, body);
  return *this;
}

void When::otherwise(const std::function<void()>& body) {
  Arm arm;
  arm.body = builder_->body_of(body);
  builder_->module_->stmts[stmt_].arms.push_back(std::move(arm));
}

void ModuleBuilder::switch_(const Operand& selector, const std::vector<SwitchCase>& cases,
                            const std::function<void()>& otherwise) {
  if (place_ == Place::structural) throw std::logic_error("switch_ outside clocked and comb");
  Module& m = *module_;
  const Value sel = resolve(m, selector, bit());
  Stmt s;
  s.kind = StmtKind::switch_;
  s.loc = selector.loc;
  s.target = sel.id();
  const Id id = add_stmt(std::move(s));
  for (const auto& c : cases) {
    const Value v = resolve(m, c.value, sel.type());
    if (m.exprs[v.id()].op != Op::invalid && m.exprs[sel.id()].op != Op::invalid &&
        !(v.type() == sel.type())) {
      m.report("HW0007",
               "a case of " + describe(v.type()) + " for " + describe(m, sel.id()) + ", which is " +
                   describe(sel.type()),
               c.value.loc);
    }
    Arm arm;
    arm.labels = {v.id()};
    arm.body = body_of(c.body);
    m.stmts[id].arms.push_back(std::move(arm));
  }
  if (otherwise) {
    Arm arm;
    arm.body = body_of(otherwise);
    m.stmts[id].arms.push_back(std::move(arm));
  }
}

Id ModuleBuilder::open_scope(ScopeKind kind, std::string_view label, SourceLoc loc) {
  module_->require_open(loc);
  if (place_ != Place::structural)
    throw std::logic_error("a generate block inside a process (" + describe(loc) + ")");
  Scope s;
  s.kind = kind;
  s.parent = module_->scope;
  s.label = label;
  s.facts = module_->scopes[module_->scope].facts;
  s.loc = loc;
  module_->scopes.push_back(std::move(s));
  return static_cast<Id>(module_->scopes.size() - 1);
}

void ModuleBuilder::generate_for(std::string_view label, const IntExpr& count,
                                 const std::function<void(IntExpr)>& body, SourceLoc loc) {
  Module& m = *module_;
  const Id id = open_scope(ScopeKind::loop, label, loc);
  append(ItemKind::generate_for, id);
  auto g = std::make_shared<IntSymbol>();
  g->kind = SymbolKind::genvar;
  g->name = label.starts_with("gen_") ? label.substr(4) : label;
  g->name = "i_" + g->name;  // never the name of a wire, whatever the label is
  g->order = m.symbols++;
  g->value = count;
  g->loc = loc;
  m.scopes[id].genvar = g;
  const Id outer = m.scope;
  m.scope = id;
  body(IntExpr(SymbolRef(g)));
  m.scope = outer;
}

void ModuleBuilder::generate_if(const IntCondition& condition, std::string_view label,
                                const std::function<void()>& body, std::string_view else_label,
                                const std::function<void()>& else_body, SourceLoc loc) {
  Module& m = *module_;
  const Id outer = m.scope;
  const Id then_id = open_scope(ScopeKind::branch, label, loc);
  m.scopes[then_id].condition = condition;
  learn(m.scopes[then_id].facts, condition);
  append(ItemKind::generate_if, then_id);
  const std::size_t item = m.scopes[outer].items.size() - 1;
  m.scope = then_id;
  body();
  m.scope = outer;
  if (else_body) {
    const Id else_id = open_scope(
        ScopeKind::branch, else_label.empty() ? std::string(label) + "_else" : std::string(else_label), loc);
    m.scopes[else_id].condition = condition.negated();
    learn(m.scopes[else_id].facts, condition.negated());
    m.scopes[outer].items[item].else_scope = else_id;
    m.scope = else_id;
    else_body();
    m.scope = outer;
  }
}

void ModuleBuilder::formal(const std::function<void()>& body, SourceLoc loc) {
  Module& m = *module_;
  const Id id = open_scope(ScopeKind::formal, {}, loc);
  append(ItemKind::formal, id);
  const Id outer = m.scope;
  m.scope = id;
  body();
  m.scope = outer;
}

void ModuleBuilder::property(PropertyKind kind, const Clocking& ck, std::string_view name,
                             const Operand& condition) {
  Module& m = *module_;
  if (place_ != Place::structural || m.scopes[m.scope].kind != ScopeKind::formal) {
    m.report("HW0013",
             "property '" + std::string(name) + "' stands outside a formal block; put it into m.formal(...)",
             condition.loc);
    return;
  }
  Property p;
  p.kind = kind;
  p.name = name;
  p.loc = condition.loc;
  p.condition = one_bit(m, condition, "a property").id();
  p.clock = target_decl(m, resolve(m, Operand(ck.clk, p.loc), bit()).id());
  if (ck.rst_n.token() != nullptr) p.reset = target_decl(m, resolve(m, Operand(ck.rst_n, p.loc), bit()).id());
  m.properties.push_back(std::move(p));
  append(ItemKind::property, static_cast<Id>(m.properties.size() - 1));
}

void ModuleBuilder::assert_always(const Clocking& ck, std::string_view name, const Operand& condition) {
  property(PropertyKind::assert_, ck, name, condition);
}
void ModuleBuilder::assume_always(const Clocking& ck, std::string_view name, const Operand& condition) {
  property(PropertyKind::assume, ck, name, condition);
}
void ModuleBuilder::cover_sometime(const Clocking& ck, std::string_view name, const Operand& condition) {
  property(PropertyKind::cover, ck, name, condition);
}

void ModuleBuilder::external(std::string_view file, const ExternalOptions& options, SourceLoc loc) {
  module_->require_open(loc);
  module_->external = file;
  module_->external_combinational = options.combinational;
  module_->loc = loc;
}

void ModuleBuilder::comment(std::string_view text) {
  if (!pending_comment_.empty()) pending_comment_ += "\n";
  pending_comment_ += text;
}

void ModuleBuilder::section(std::string_view title, SourceLoc loc) {
  module_->require_open(loc);
  append(ItemKind::section, none).text = title;
}

void ModuleBuilder::unused(const Operand& value) {
  const Value v = resolve(*module_, value, bit());
  std::string name = "value";
  if (const Id d = target_decl(*module_, v.id()); d != none) name = module_->decls[d].name;
  // Several parts of one signal may be unused; number them in the order of that signal alone.
  std::string unique = "_unused_" + name;
  const int n = ++unused_[unique];
  if (n > 1) unique += "_" + std::to_string(n);
  (void)let(unique, Operand(any(Operand(v, value.loc)), value.loc));
}

Id ModuleBuilder::begin_instance(std::string_view name, const Module& child, const InstanceOptions& options,
                                 SourceLoc loc) {
  Module& m = *module_;
  if (place_ != Place::structural)
    throw std::logic_error("an instance inside a process (" + describe(loc) + ")");
  Instance u;
  u.name = name;
  u.module = &child;
  u.scope = m.scope;
  u.loc = loc;
  for (const auto& [param, value] : options.params) {
    const IntSymbol* integer = nullptr;
    bool text = false;
    for (const auto& p : child.params) integer = p->name == param ? p.get() : integer;
    for (const auto& p : child.string_params) text = text || p.name == param;
    const auto* expr = std::get_if<IntExpr>(&value.value);
    if ((integer == nullptr && !text) || (integer != nullptr) != (expr != nullptr)) {
      m.report("HW0016",
               "'" + u.name + "' sets parameter '" + param + "', but module '" + child.name +
                   "' has no such " + (expr != nullptr ? "integer" : "string") + " parameter",
               loc, {{"module '" + child.name + "' is built here", child.loc}});
      continue;
    }
    if (integer != nullptr &&
        !(provably_ge(*expr, integer->min, m.facts()) && provably_ge(integer->max, *expr, m.facts()))) {
      m.report("HW0016",
               "'" + u.name + "' sets '" + param + "' to " + expr->verilog() +
                   ", which may leave its range " + std::to_string(integer->min) + " to " +
                   std::to_string(integer->max),
               loc, {{"declared here", integer->loc}});
    }
    u.params.emplace_back(param, value.value);
  }
  append(ItemKind::instance_outputs, static_cast<Id>(m.instances.size()));
  append(ItemKind::instance, static_cast<Id>(m.instances.size()));
  m.instances.push_back(std::move(u));
  const Id id = static_cast<Id>(m.instances.size() - 1);
  if (options.ck) {
    // The child's clock and reset, in the order of its ports.
    std::vector<Id> clocks;
    for (const Id p : child.ports) {
      if (child.decls[p].clock) clocks.push_back(p);
    }
    const In given[2] = {options.ck->clk, options.ck->rst_n};
    for (std::size_t i = 0; i < clocks.size() && i < 2; ++i) {
      if (given[i].token() == nullptr) continue;  // reported as an unconnected input
      const Value v = resolve(m, Operand(given[i], loc), bit());
      m.instances[id].inputs.emplace_back(clocks[i], v.id());
    }
  }
  return id;
}

namespace {

/// A type of the child as the parent sees it: parameters replaced by what the instance sets.
Type outer_type(const Instance& u, const Type& type) {
  std::map<const IntSymbol*, IntExpr> by;
  for (const auto& p : u.module->params) {
    IntExpr value = substitute(p->value, by);
    for (const auto& [name, given] : u.params) {
      if (name == p->name) {
        if (const auto* e = std::get_if<IntExpr>(&given)) value = *e;
      }
    }
    by[p.get()] = value;
  }
  return {substitute(type.width.expanded(), by), type.sign};
}

}  // namespace

void InstanceBase::in(const Value& port, const Operand& value) {
  ModuleBuilder& b = *builder_;
  Module& m = *b.module_;
  const Module& child = *m.instances[id_].module;
  if (port.module() != &child) {
    m.report("HW0012",
             "a port of module '" + (port.module() != nullptr ? port.module()->name : std::string("?")) +
                 "' is connected at '" + m.instances[id_].name + "', which is '" + child.name + "'",
             value.loc);
    return;
  }
  const Id decl = target_decl(child, port.id());
  const Decl& d = child.decls[decl];
  if (d.kind != DeclKind::input) {
    m.report("HW0013", "'" + d.name + "' of '" + m.instances[id_].name + "' is not an input; use out()",
             value.loc, {{"declared here", d.loc}});
    return;
  }
  const Type type = outer_type(m.instances[id_], d.type);
  const Value v = resolve(m, value, type);
  if (m.exprs[v.id()].op == Op::invalid) {
    m.instances[id_].inputs.emplace_back(decl, v.id());
    return;
  }
  if (!(v.type() == type)) {
    m.report(v.type().sign == type.sign ? "HW0007" : "HW0008",
             "input '" + d.name + "' of '" + m.instances[id_].name + "' is " + describe(type) +
                 " but is given " + describe(m, v.id()) + ", " + describe(v.type()) +
                 "; use extend, truncate, saturate, as_signed or as_unsigned",
             value.loc, {{"declared here", d.loc}});
  }
  m.instances[id_].inputs.emplace_back(decl, v.id());
  // The instance is printed after the last value that it uses.
  auto& items = m.scopes[m.instances[id_].scope].items;
  for (std::size_t i = items.size(); i-- > 0;) {
    if (items[i].kind == ItemKind::instance && items[i].index == id_) {
      Item item = std::move(items[i]);
      items.erase(items.begin() + static_cast<std::ptrdiff_t>(i));
      items.push_back(std::move(item));
      break;
    }
  }
}

Value InstanceBase::out(const Value& port, std::string_view name, SourceLoc loc) {
  ModuleBuilder& b = *builder_;
  Module& m = *b.module_;
  const Module& child = *m.instances[id_].module;
  if (port.module() != &child) {
    m.report("HW0012", "a port of another module is read at '" + m.instances[id_].name + "'", loc);
    return make_literal(m, bit(), 0, loc);
  }
  const Id decl = target_decl(child, port.id());
  Decl d;
  d.kind = DeclKind::instance_output;
  d.name = name;
  d.type = outer_type(m.instances[id_], child.decls[decl].type);
  d.loc = loc;
  const Id scope = m.scope;
  m.scope = m.instances[id_].scope;
  const Id id = b.declare(std::move(d));
  const Value v = b.ref(id, loc);
  m.scope = scope;
  m.instances[id_].outputs.emplace_back(decl, id);
  return v;
}

}  // namespace offramp::hw
