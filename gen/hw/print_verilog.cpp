#include "hw/print_verilog.h"

#include <algorithm>
#include <stdexcept>
#include <string_view>

#include "hw/print_expr.h"
#include "hw/verilog_text.h"

namespace offramp::hw {

namespace {

/// Which registers of a clocked process a block sets: those with a reset value, those without, or all.
enum class Part { reset, plain, all };

constexpr verilog::Attribute kKeep{"keep", "true"};

class ModuleLowering {
 public:
  ModuleLowering(const Module& m, const PrintOptions& options, verilog::Tree& tree)
      : m_(m), options_(options), t_(tree), expr_(m, options, tree) {}

  verilog::ModuleFile run();

 private:
  void check_reset_names() const;
  std::vector<verilog::Parameter> parameters();
  std::vector<verilog::Port> ports();
  verilog::Items scope(Id id);
  void item(const Item& i);
  void comment(std::string_view text);
  void declaration(const Decl& d);
  void memory(const Decl& d);
  void localparam(const IntSymbol& p);
  void process(const Process& p);
  verilog::Stmts reset_values(const Process& p);
  void properties(const std::vector<Item>& items, std::size_t first, std::size_t last);
  void instance_outputs(const Instance& u);
  void instance(const Instance& u);
  const verilog::Expr* input(const Instance& u, Id port, std::string_view port_name);
  void generate_for(const Item& i);
  void generate_if(const Item& i);
  /// Statements of one part; comments wait for a statement that is printed.
  verilog::Stmts statements(const std::vector<Id>& body, bool clocked, Part part);
  verilog::Stmt* statement(const Stmt& s, bool clocked, Part part);
  verilog::Stmt* if_statement(const Stmt& s, bool clocked, Part part);
  verilog::Stmt* case_statement(const Stmt& s, bool clocked, Part part);
  verilog::Stmt* assignment(const verilog::Expr* target, const verilog::Expr* value, bool clocked);
  void reset_targets(const std::vector<Id>& body, std::vector<Id>& decls) const;
  bool sets(const std::vector<Id>& body, Part part) const;
  bool sets(const Stmt& s, Part part) const;
  bool sets_kept(const std::vector<Id>& body) const;
  std::string_view lhs_of(Id target) const;
  verilog::Edge rising(Id clock) const;
  const verilog::Expr* reset_is_active(Id reset);
  const verilog::Expr* reset_is_inactive(Id reset);

  template <class Node>
  void add(const Node& node) {
    items_->add(t_.make(node));
  }
  void enter(std::string_view lhs) { expr_.enter(scope_, lhs, items_); }

  const Module& m_;
  PrintOptions options_;
  verilog::Tree& t_;
  ExprLowering expr_;
  verilog::Items* items_ = nullptr;  ///< of the open scope
  Id scope_ = 0;
};

verilog::ModuleFile ModuleLowering::run() {
  check_reset_names();
  verilog::ModuleFile file{};
  file.name = m_.name;
  file.doc = m_.doc;
  file.source = t_.text(describe(m_.loc));
  file.parameters = t_.list(parameters());
  file.ports = t_.list(ports());
  file.items = scope(0);
  return file;
}

/// A reset that is printed under another name must not meet something that has this name already.
void ModuleLowering::check_reset_names() const {
  for (const Decl& reset : m_.decls) {
    if (!expr_.inverted(reset)) continue;
    const std::string name = active_high_name(reset.name);
    for (const Decl& d : m_.decls) {
      if (&d != &reset && d.name == name) {
        throw std::logic_error("the reset '" + reset.name + "' of module '" + m_.name + "' is printed as '" +
                               name + "', which is also the name of another declaration; rename one of them");
      }
    }
  }
}

std::vector<verilog::Parameter> ModuleLowering::parameters() {
  std::vector<verilog::Parameter> all;
  for (const auto& entry : m_.param_order) {
    if (const auto* s = std::get_if<SymbolRef>(&entry)) {
      const IntSymbol& p = **s;
      const std::string doc = p.doc + (p.doc.empty() ? "" : " ") + "(" + std::to_string(p.min) + " to " +
                              std::to_string(p.max) + ")";
      all.push_back({p.name, t_.integer(p.value), true, t_.text(doc)});
    } else {
      for (const auto& p : m_.string_params) {
        if (p.name != std::get<std::string>(entry)) continue;
        all.push_back({p.name, t_.name(t_.text("\"" + p.value + "\"")), false, p.doc});
      }
    }
  }
  return all;
}

std::vector<verilog::Port> ModuleLowering::ports() {
  std::vector<verilog::Port> all;
  for (const Id id : m_.ports) {
    const Decl& d = m_.decls[id];
    std::vector<verilog::Attribute> attributes;
    for (const Attribute& a : d.attributes) attributes.push_back({a.name, a.value});
    // A localparam of the body is not visible here, so its definition is printed.
    all.push_back({d.kind == DeclKind::input, d.procedural, expr_.shape(d.type, true), expr_.name_of_decl(d),
                   d.doc, t_.list(attributes)});
  }
  return all;
}

std::string_view ModuleLowering::lhs_of(Id target) const {
  const Id d = target_decl(m_, target);
  if (d == none) return "value";
  std::string_view name = m_.decls[d].name;
  if (name.ends_with("_o") || name.ends_with("_q") || name.ends_with("_d")) name.remove_suffix(2);
  return name;
}

// ---- Scopes ----

/// What is printed without a blank line between: the same number.
int group_of(const Module& m, const Item& i) {
  switch (i.kind) {
    case ItemKind::localparam:
      return 1;
    case ItemKind::decl:
      switch (m.decls[i.index].kind) {
        case DeclKind::constant:
          return 1;
        case DeclKind::memory:
          return 4;
        default:
          return 2;
      }
    case ItemKind::assign:
      return 5;
    default:
      return 0;  // always apart
  }
}

bool one_block(const Property& a, const Property& b) {
  return a.clock == b.clock && a.reset == b.reset;
}

verilog::Items ModuleLowering::scope(Id id) {
  const Id outer_scope = std::exchange(scope_, id);
  verilog::Items body;
  verilog::Items* outer_items = std::exchange(items_, &body);
  const auto blank = [&] { add(verilog::Item{verilog::ItemKind::blank}); };
  int previous = -1;
  const auto& items = m_.scopes[id].items;
  for (std::size_t k = 0; k < items.size(); ++k) {
    const Item& i = items[k];
    if (i.kind == ItemKind::instance_outputs) {
      const Instance& u = m_.instances[i.index];
      if (u.outputs.empty()) continue;
      if (previous != 2 && previous != -1) blank();
      instance_outputs(u);
      previous = 2;
      continue;
    }
    const int group = group_of(m_, i);
    const bool first_of_block = previous == -1 && id != 0;
    if (!first_of_block && (group == 0 || group != previous || !i.comment.empty())) blank();
    previous = group;
    if (i.kind == ItemKind::property) {
      std::size_t end = k + 1;
      while (end < items.size() && items[end].kind == ItemKind::property &&
             one_block(m_.properties[i.index], m_.properties[items[end].index])) {
        ++end;
      }
      properties(items, k, end);
      k = end - 1;
      continue;
    }
    if (!i.comment.empty()) comment(i.comment);
    item(i);
  }
  scope_ = outer_scope;
  items_ = outer_items;
  return body;
}

void ModuleLowering::comment(std::string_view text) {
  add(verilog::Comment{{verilog::ItemKind::comment}, text});
}

void ModuleLowering::item(const Item& i) {
  switch (i.kind) {
    case ItemKind::decl:
      declaration(m_.decls[i.index]);
      break;
    case ItemKind::localparam:
      localparam(*i.localparam);
      break;
    case ItemKind::assign: {
      const Assign& a = m_.assigns[i.index];
      enter(lhs_of(a.target));
      const verilog::Expr* value = expr_.assigned(a.value);
      add(verilog::ContinuousAssign{{verilog::ItemKind::assign}, expr_.lvalue(a.target), value});
      break;
    }
    case ItemKind::process:
      process(m_.processes[i.index]);
      break;
    case ItemKind::instance:
      instance(m_.instances[i.index]);
      break;
    case ItemKind::instance_outputs:
    case ItemKind::property:
      break;  // several at once, in scope()
    case ItemKind::section:
      add(verilog::Comment{{verilog::ItemKind::section}, i.text});
      break;
    case ItemKind::comment:
      comment(i.text);
      break;
    case ItemKind::generate_for:
      generate_for(i);
      break;
    case ItemKind::generate_if:
      generate_if(i);
      break;
    case ItemKind::formal: {
      verilog::Ifdef d{{verilog::ItemKind::ifdef}};
      d.macro = "FORMAL";
      d.body = scope(i.index);
      add(d);
      break;
    }
  }
}

void ModuleLowering::generate_for(const Item& i) {
  const Scope& s = m_.scopes[i.index];
  verilog::GenerateFor g{{verilog::ItemKind::generate_for}};
  g.genvar = s.genvar->name;
  g.count = t_.integer(s.genvar->value);
  g.label = s.label;
  g.body = scope(i.index);
  add(g);
}

void ModuleLowering::generate_if(const Item& i) {
  const Scope& s = m_.scopes[i.index];
  verilog::GenerateIf g{{verilog::ItemKind::generate_if}};
  g.condition = expr_.condition(s.condition);
  g.label = s.label;
  g.body = scope(i.index);
  if (i.else_scope != none) {
    g.else_label = m_.scopes[i.else_scope].label;
    g.else_body = scope(i.else_scope);
  }
  add(g);
}

// ---- Declarations ----

void ModuleLowering::localparam(const IntSymbol& p) {
  verilog::Localparam l{{verilog::ItemKind::localparam}};
  l.name = p.name;
  l.value = t_.integer(p.value);
  l.doc = p.doc;
  add(l);
}

void ModuleLowering::declaration(const Decl& d) {
  if (d.kind == DeclKind::memory) {
    memory(d);
    return;
  }
  enter(d.name);
  if (d.kind == DeclKind::constant) {
    (void)expr_.constant(d.type, d.value, d.name);
    return;
  }
  verilog::Net n{{verilog::ItemKind::net}};
  n.name = d.name;
  n.shape = expr_.shape(d.type);
  if (d.kind == DeclKind::let) {
    n.value = expr_.assigned(d.source);
  } else {
    n.is_reg = d.kind == DeclKind::reg || d.procedural;
    n.split = d.chain;
    if (d.synchronizer) n.attribute = {"ASYNC_REG", "TRUE"};
    if (d.keep) n.attribute = kKeep;
    if (d.power_up) n.value = expr_.constant(d.type, 0).e;
    std::vector<const verilog::Expr*> last;
    for (const auto& size : d.dims) last.push_back(t_.integer(size - 1));
    n.last_indices = t_.list(last);
  }
  add(n);
}

void ModuleLowering::memory(const Decl& d) {
  if (!d.doc.empty()) comment(d.doc);
  verilog::Net n{{verilog::ItemKind::net}};
  n.is_reg = true;
  if (!d.ram_style.empty()) n.attribute = {"ram_style", d.ram_style};
  n.shape = expr_.shape(d.type);
  n.name = d.name;
  n.last_indices = t_.list(std::vector<const verilog::Expr*>{t_.integer(d.dims[0] - 1)});
  add(n);
  if (d.init.empty()) return;
  verilog::Initial load{{verilog::ItemKind::initial}};
  const verilog::Expr* file = t_.name(d.init);
  // A file name that is a parameter may be empty: Yosys reads the file of the default when it parses.
  if (d.init.front() != '"') load.guard = t_.binary(verilog::BinaryOp::ne, file, t_.name("\"\""));
  load.task = t_.call("$readmemh", {file, t_.name(d.name)});
  add(load);
}

// ---- Processes ----

bool ModuleLowering::sets(const Stmt& s, Part part) const {
  switch (s.kind) {
    case StmtKind::assign:
      return part == Part::all || m_.decls[target_decl(m_, s.target)].has_reset == (part == Part::reset);
    case StmtKind::mem_write:
      return part != Part::reset;
    default:
      return std::any_of(s.arms.begin(), s.arms.end(), [&](const Arm& a) { return sets(a.body, part); });
  }
}

bool ModuleLowering::sets(const std::vector<Id>& body, Part part) const {
  return std::any_of(body.begin(), body.end(), [&](Id id) { return sets(m_.stmts[id], part); });
}

bool ModuleLowering::sets_kept(const std::vector<Id>& body) const {
  return std::any_of(body.begin(), body.end(), [&](Id id) {
    const Stmt& s = m_.stmts[id];
    if (s.kind == StmtKind::assign) return m_.decls[target_decl(m_, s.target)].keep;
    return std::any_of(s.arms.begin(), s.arms.end(), [&](const Arm& a) { return sets_kept(a.body); });
  });
}

void ModuleLowering::reset_targets(const std::vector<Id>& body, std::vector<Id>& decls) const {
  for (const Id id : body) {
    const Stmt& s = m_.stmts[id];
    if (s.kind == StmtKind::assign) {
      const Id d = target_decl(m_, s.target);
      if (m_.decls[d].has_reset && std::find(decls.begin(), decls.end(), d) == decls.end())
        decls.push_back(d);
    }
    for (const auto& a : s.arms) reset_targets(a.body, decls);
  }
}

verilog::Stmts ModuleLowering::statements(const std::vector<Id>& body, bool clocked, Part part) {
  verilog::Stmts all;
  verilog::Stmts waiting;
  for (const Id id : body) {
    const Stmt& s = m_.stmts[id];
    if (s.kind == StmtKind::comment) {
      waiting.add(t_.make(verilog::CommentStmt{{verilog::StmtKind::comment}, s.text}));
      continue;
    }
    if (sets(s, part)) {
      verilog::Stmt* made = statement(s, clocked, part);
      all.append(waiting);
      all.add(made);
    }
    waiting = {};
  }
  return all;
}

verilog::Stmt* ModuleLowering::assignment(const verilog::Expr* target, const verilog::Expr* value,
                                          bool clocked) {
  return t_.make(verilog::Assignment{{verilog::StmtKind::assign}, target, value, clocked});
}

verilog::Stmt* ModuleLowering::statement(const Stmt& s, bool clocked, Part part) {
  switch (s.kind) {
    case StmtKind::assign: {
      enter(lhs_of(s.target));
      const verilog::Expr* value = expr_.assigned(s.value);
      return assignment(expr_.lvalue(s.target), value, clocked);
    }
    case StmtKind::mem_write: {
      const std::string& name = m_.decls[s.target].name;
      enter(name);
      const verilog::Expr* address = expr_.address(s.address);
      const verilog::Expr* value = expr_.assigned(s.value);
      return assignment(t_.index(t_.name(name), address), value, clocked);
    }
    case StmtKind::if_:
      return if_statement(s, clocked, part);
    case StmtKind::switch_:
      return case_statement(s, clocked, part);
    case StmtKind::comment:
      break;
  }
  return nullptr;
}

verilog::Stmt* ModuleLowering::if_statement(const Stmt& s, bool clocked, Part part) {
  // Branches that set nothing here are dropped from the end; between, they must stay.
  std::size_t count = s.arms.size();
  while (count > 0 && !sets(s.arms[count - 1].body, part)) --count;
  // What a condition needs is named after the first thing that it decides on.
  std::string_view lhs = "cond";
  const auto first_target = [&] {
    for (const Arm& a : s.arms) {
      for (const Id b : a.body) {
        if (m_.stmts[b].kind == StmtKind::assign) return lhs_of(m_.stmts[b].target);
      }
    }
    return lhs;
  };
  lhs = first_target();
  std::vector<verilog::IfArm> arms;
  for (std::size_t i = 0; i < count; ++i) {
    const Arm& a = s.arms[i];
    enter(lhs);
    const verilog::Expr* condition = a.cond == none ? nullptr : expr_.standalone(a.cond);
    arms.push_back({condition, statements(a.body, clocked, part)});
  }
  return t_.make(verilog::If{{verilog::StmtKind::if_}, t_.list(arms)});
}

verilog::Stmt* ModuleLowering::case_statement(const Stmt& s, bool clocked, Part part) {
  enter("case");
  const verilog::Expr* selector = expr_.standalone(s.target);
  std::vector<verilog::CaseArm> arms;
  bool has_default = false;
  for (const Arm& a : s.arms) {
    std::vector<const verilog::Expr*> labels;
    for (const Id l : a.labels) labels.push_back(expr_.standalone(l));
    has_default = has_default || labels.empty();
    arms.push_back({t_.list(labels), statements(a.body, clocked, part)});
  }
  if (!has_default) arms.push_back({});
  return t_.make(verilog::Case{{verilog::StmtKind::case_}, selector, t_.list(arms)});
}

verilog::Edge ModuleLowering::rising(Id clock) const {
  return {false, clock == none ? std::string_view("?") : std::string_view(m_.decls[clock].name)};
}

const verilog::Expr* ModuleLowering::reset_is_active(Id reset) {
  const verilog::Expr* name = reset == none ? t_.bit(true) : t_.name(expr_.name_of_decl(m_.decls[reset]));
  if (reset != none && expr_.inverted(m_.decls[reset])) return name;
  return t_.unary(verilog::UnaryOp::logical_not, name);
}

const verilog::Expr* ModuleLowering::reset_is_inactive(Id reset) {
  const verilog::Expr* name = t_.name(expr_.name_of_decl(m_.decls[reset]));
  if (!expr_.inverted(m_.decls[reset])) return name;
  return t_.unary(verilog::UnaryOp::logical_not, name);
}

verilog::Stmts ModuleLowering::reset_values(const Process& p) {
  std::vector<Id> targets;
  reset_targets(p.body, targets);
  verilog::Stmts all;
  for (const Id id : targets) {
    const Decl& d = m_.decls[id];
    enter("value");
    all.add(assignment(t_.name(d.name), expr_.constant(d.type, d.value).e, true));
  }
  return all;
}

void ModuleLowering::process(const Process& p) {
  verilog::Always always{{verilog::ItemKind::always}};
  if (!p.clocked) {
    expr_.enter_comb(true);
    always.body = statements(p.body, false, Part::all);
    expr_.enter_comb(false);
    add(always);
    return;
  }
  // All that is spilled stands before both blocks.
  const bool with_reset = sets(p.body, Part::reset);
  const bool with_plain = sets(p.body, Part::plain);
  if (with_reset) {
    std::vector<verilog::Edge> edges{rising(p.clock)};
    if (options_.reset.asynchronous && p.reset != none) {
      const Decl& reset = m_.decls[p.reset];
      edges.push_back({!expr_.inverted(reset), expr_.name_of_decl(reset)});
    }
    always.edges = t_.list(edges);
    const verilog::Stmts running = statements(p.body, true, Part::reset);
    const std::vector<verilog::IfArm> arms{{reset_is_active(p.reset), reset_values(p)}, {nullptr, running}};
    always.body.add(t_.make(verilog::If{{verilog::StmtKind::if_}, t_.list(arms)}));
  }
  verilog::Always plain{{verilog::ItemKind::always}};
  if (with_plain) {
    plain.edges = t_.list(std::vector<verilog::Edge>{rising(p.clock)});
    plain.body = statements(p.body, true, Part::plain);
  }
  // Yosys looks for the attribute at the cells that a process becomes, not at the register's name.
  if (sets_kept(p.body)) always.attribute = plain.attribute = kKeep;
  if (with_reset) add(always);
  if (with_reset && with_plain) add(verilog::Item{verilog::ItemKind::blank});
  if (with_plain) add(plain);
}

/// Items [first, last) are properties of one clock and reset: one always block.
void ModuleLowering::properties(const std::vector<Item>& items, std::size_t first, std::size_t last) {
  static constexpr std::string_view verbs[] = {"assert", "assume", "cover"};
  verilog::Stmts body;
  for (std::size_t k = first; k < last; ++k) {
    const Property& p = m_.properties[items[k].index];
    enter(p.name);
    if (!items[k].comment.empty()) {
      body.add(t_.make(verilog::CommentStmt{{verilog::StmtKind::comment}, items[k].comment}));
    }
    body.add(t_.make(verilog::Assertion{{verilog::StmtKind::assertion},
                                        verbs[static_cast<int>(p.kind)],
                                        p.name,
                                        expr_.standalone(p.condition)}));
  }
  const Property& p = m_.properties[items[first].index];
  verilog::Always always{{verilog::ItemKind::always}};
  always.edges = t_.list(std::vector<verilog::Edge>{rising(p.clock)});
  if (p.reset == none) {
    always.body = body;
  } else {
    const std::vector<verilog::IfArm> arms{{reset_is_inactive(p.reset), body}};
    always.body.add(t_.make(verilog::If{{verilog::StmtKind::if_}, t_.list(arms)}));
  }
  add(always);
}

// ---- Instances ----

void ModuleLowering::instance_outputs(const Instance& u) {
  for (const Id port : u.module->ports) {
    if (u.module->decls[port].kind != DeclKind::output) continue;
    for (const auto& [child, decl] : u.outputs) {
      if (child == port) declaration(m_.decls[decl]);
    }
  }
}

const verilog::Expr* ModuleLowering::input(const Instance& u, Id port, std::string_view port_name) {
  for (const auto& [child, value] : u.inputs) {
    if (child != port) continue;
    enter(u.name + "_" + std::string(port_name));
    // What the child is told is the other way round where its reset is.
    const bool inverted = u.module->external.empty() && expr_.inverted(u.module->decls[port]);
    return inverted ? expr_.inverse(value).e : expr_.standalone(value);
  }
  return nullptr;
}

void ModuleLowering::instance(const Instance& u) {
  std::vector<verilog::Connection> pins;
  for (const Id port : u.module->ports) {
    const Decl& p = u.module->decls[port];
    const std::string_view name =
        u.module->external.empty() ? expr_.name_of_decl(p) : std::string_view(p.name);
    if (p.kind == DeclKind::input) {
      pins.push_back({name, input(u, port, p.name)});
      continue;
    }
    const auto it =
        std::find_if(u.outputs.begin(), u.outputs.end(), [&](const auto& o) { return o.first == port; });
    pins.push_back({name, it == u.outputs.end() ? nullptr : t_.name(m_.decls[it->second].name)});
  }
  std::vector<verilog::Connection> parameters;
  for (const auto& [name, value] : u.params) {
    const auto* e = std::get_if<IntExpr>(&value);
    parameters.push_back({name, e != nullptr ? t_.integer(*e) : t_.name(std::get<std::string>(value))});
  }
  verilog::Instance made{{verilog::ItemKind::instance}};
  made.module = u.module->name;
  made.name = u.name;
  made.parameters = t_.list(parameters);
  made.ports = t_.list(pins);
  add(made);
}

}  // namespace

std::string print_verilog(const Module& m, const PrintOptions& options) {
  if (!m.external.empty()) {
    throw std::logic_error("module '" + m.name + "' is hand-written (" + m.external +
                           "), so there is nothing to print");
  }
  verilog::Tree tree;
  return verilog::to_text(ModuleLowering(m, options, tree).run());
}

}  // namespace offramp::hw
