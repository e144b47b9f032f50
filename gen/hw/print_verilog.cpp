#include "hw/print_verilog.h"

#include <algorithm>
#include <string_view>

#include "hw/print_expr.h"

namespace offramp::hw {

namespace {

class ModulePrinter {
 public:
  explicit ModulePrinter(const Module& m) : m_(m), expr_(m) {}

  std::string run() {
    header();
    ports();
    scope(0, 2);
    out_ += "endmodule\n\n`default_nettype wire\n";
    return std::move(out_);
  }

 private:
  void header();
  void ports();
  void scope(Id id, int indent);
  void item(const Item& i, int indent);
  void declaration(const Decl& d, int indent);
  void process(const Process& p, int indent);
  void instance_outputs(const Instance& u, int indent);
  void instance(const Instance& u, int indent);
  /// Statements that set what `with_reset` says; comments wait for a statement that is printed.
  std::string statements(const std::vector<Id>& body, int indent, bool clocked, int with_reset);
  void reset_targets(const std::vector<Id>& body, std::vector<Id>& decls) const;
  bool sets(const std::vector<Id>& body, int with_reset) const;
  bool belongs(const Stmt& s, int with_reset) const;
  static void line(std::string& to, int indent, std::string_view text) { append_line(to, indent, text); }
  void comment(std::string& to, int indent, std::string_view text);
  std::string lhs_of(Id target) const;
  void flush() {
    out_ += prelude_;
    prelude_.clear();
  }

  const Module& m_;
  ExprPrinter expr_;
  std::string out_;
  std::string prelude_;
  Id scope_ = 0;
};

void ModulePrinter::comment(std::string& to, int indent, std::string_view text) {
  // Wrapped as prose, with the comment marker on each line.
  const std::size_t room = max_columns - static_cast<std::size_t>(indent) - 3;
  while (!text.empty()) {
    const auto newline = text.find('\n');
    std::string_view paragraph = text.substr(0, newline);
    text = newline == std::string_view::npos ? std::string_view() : text.substr(newline + 1);
    do {
      std::string_view piece = paragraph;
      if (piece.size() > room) {
        auto cut = piece.rfind(' ', room);
        if (cut == std::string_view::npos || cut == 0) cut = room;
        piece = piece.substr(0, cut);
      }
      to.append(static_cast<std::size_t>(indent), ' ');
      to += "// ";
      to += piece;
      to += '\n';
      paragraph.remove_prefix(std::min(paragraph.size(), piece.size() + 1));
    } while (!paragraph.empty());
  }
}

void ModulePrinter::header() {
  comment(out_, 0, m_.name + (m_.doc.empty() ? "" : ": " + m_.doc));
  if (!m_.param_order.empty()) {
    out_ += "//\n// Parameters\n";
    std::size_t width = 0;
    for (const auto& p : m_.params) width = std::max(width, p->name.size());
    for (const auto& p : m_.string_params) width = std::max(width, p.name.size());
    const auto row = [&](const std::string& name, const std::string& text) {
      comment(out_, 0, "  " + name + std::string(width - name.size() + 2, ' ') + text);
    };
    for (const auto& entry : m_.param_order) {
      if (const auto* s = std::get_if<SymbolRef>(&entry)) {
        const IntSymbol& p = **s;
        row(p.name, p.doc + (p.doc.empty() ? "" : " ") + "(" + std::to_string(p.min) + " to " +
                        std::to_string(p.max) + ")");
      } else {
        for (const auto& p : m_.string_params) {
          if (p.name == std::get<std::string>(entry)) row(p.name, p.doc);
        }
      }
    }
  }
  out_ += "//\n// Source: " + describe(m_.loc) + "\n\n`default_nettype none\n\n";
}

void ModulePrinter::ports() {
  out_ += "module " + m_.name;
  if (!m_.param_order.empty()) {
    out_ += " #(\n";
    std::size_t width = 0;
    for (const auto& p : m_.params) width = std::max(width, p->name.size());
    for (std::size_t i = 0; i < m_.param_order.size(); ++i) {
      if (const auto* s = std::get_if<SymbolRef>(&m_.param_order[i])) {
        out_ += "  parameter integer " + (*s)->name + std::string(width - (*s)->name.size(), ' ') + " = " +
                (*s)->value.verilog();
      } else {
        const auto& name = std::get<std::string>(m_.param_order[i]);
        for (const auto& p : m_.string_params) {
          if (p.name == name) out_ += "  parameter " + name + " = \"" + p.value + "\"";
        }
      }
      out_ += i + 1 < m_.param_order.size() ? ",\n" : "\n";
    }
    out_ += ")";
  }
  out_ += " (\n";
  struct Row {
    std::string kind;
    std::string range;
    const Decl* d;
  };
  std::vector<Row> rows;
  std::size_t kind_width = 0;
  std::size_t range_width = 0;
  std::size_t name_width = 0;
  for (const Id id : m_.ports) {
    const Decl& d = m_.decls[id];
    std::string kind = d.kind == DeclKind::input ? "input  wire"
                       : d.procedural            ? "output reg"
                                                 : "output wire";
    if (d.type.is_signed()) kind += " signed";
    // A localparam of the body is not visible here, so its definition is printed.
    rows.push_back({std::move(kind), range_text(d.type.width, true), &d});
    kind_width = std::max(kind_width, rows.back().kind.size());
    range_width = std::max(range_width, rows.back().range.size());
    name_width = std::max(name_width, d.name.size());
  }
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const Row& r = rows[i];
    const bool last = i + 1 == rows.size();
    out_ += "  " + r.kind + std::string(kind_width - r.kind.size() + 1, ' ') + r.range +
            std::string(range_width - r.range.size() + (range_width > 0 ? 1 : 0), ' ') + r.d->name;
    if (!last) out_ += ",";
    if (!r.d->doc.empty())
      out_ += std::string(name_width - r.d->name.size() + (last ? 3 : 2), ' ') + "// " + r.d->doc;
    out_ += "\n";
  }
  out_ += ");\n";
}

std::string ModulePrinter::lhs_of(Id target) const {
  const Id d = target_decl(m_, target);
  std::string name = d == none ? "value" : m_.decls[d].name;
  if (name.ends_with("_o") || name.ends_with("_q") || name.ends_with("_d")) name.resize(name.size() - 2);
  return name;
}

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

void ModulePrinter::scope(Id id, int indent) {
  const Id outer = scope_;
  scope_ = id;
  int previous = -1;
  for (const Item& i : m_.scopes[id].items) {
    if (i.kind == ItemKind::instance_outputs) {
      const auto before = out_.size();
      instance_outputs(m_.instances[i.index], indent);
      if (out_.size() != before) {
        if (previous != 2 && previous != -1) out_.insert(before, "\n");
        previous = 2;
      }
      continue;
    }
    const int group = group_of(m_, i);
    const bool first_of_block = previous == -1 && id != 0;
    if (!first_of_block && (group == 0 || group != previous || !i.comment.empty())) out_ += "\n";
    if (!i.comment.empty()) comment(prelude_, indent, i.comment);
    item(i, indent);
    flush();
    previous = group;
  }
  scope_ = outer;
}

void ModulePrinter::declaration(const Decl& d, int indent) {
  const std::string sign = d.type.is_signed() ? "signed " : "";
  std::string range = range_text(d.type.width);
  if (!range.empty()) range += " ";
  switch (d.kind) {
    case DeclKind::constant:
      expr_.enter(scope_, indent, d.name, &prelude_);
      (void)expr_.constant(d.type, d.value, d.name);
      break;
    case DeclKind::let: {
      expr_.enter(scope_, indent, d.name, &prelude_);
      const std::string value = expr_.assigned(d.source);
      line(prelude_, indent, "wire " + sign + range + d.name + " = " + value + ";");
      break;
    }
    case DeclKind::memory: {
      std::string s;
      if (!d.ram_style.empty()) line(prelude_, indent, "(* ram_style = \"" + d.ram_style + "\" *)");
      s = "reg " + sign + range + d.name + " [0:" + compact(d.dims[0] - 1) + "];";
      line(prelude_, indent, s);
      if (!d.init.empty()) {
        // A file name that is a parameter may be empty: Yosys reads the file of the default when it parses.
        const std::string guard = d.init.front() == '"' ? "" : "if (" + d.init + " != \"\") ";
        line(prelude_, indent, "initial " + guard + "$readmemh(" + d.init + ", " + d.name + ");");
      }
      break;
    }
    default: {
      std::string s = (d.kind == DeclKind::reg || d.procedural ? "reg " : "wire ") + sign + range + d.name;
      if (!d.dims.empty()) s += " ";
      for (const auto& n : d.dims) s += "[0:" + compact(n - 1) + "]";
      line(prelude_, indent, s + ";");
      break;
    }
  }
}

void ModulePrinter::item(const Item& i, int indent) {
  switch (i.kind) {
    case ItemKind::decl:
      declaration(m_.decls[i.index], indent);
      break;
    case ItemKind::localparam:
      line(prelude_, indent,
           "localparam integer " + i.localparam->name + " = " + i.localparam->value.verilog() + ";" +
               (i.localparam->doc.empty() ? "" : "  // " + i.localparam->doc));
      break;
    case ItemKind::assign: {
      const Assign& a = m_.assigns[i.index];
      expr_.enter(scope_, indent, lhs_of(a.target), &prelude_);
      const std::string value = expr_.assigned(a.value);
      line(prelude_, indent, "assign " + expr_.lvalue(a.target) + " = " + value + ";");
      break;
    }
    case ItemKind::process:
      process(m_.processes[i.index], indent);
      break;
    case ItemKind::instance:
      instance(m_.instances[i.index], indent);
      break;
    case ItemKind::instance_outputs:
      break;
    case ItemKind::section:
      line(prelude_, indent, "// ---- " + i.text + " ----");
      break;
    case ItemKind::comment:
      comment(prelude_, indent, i.text);
      break;
    case ItemKind::generate_for: {
      const Scope& s = m_.scopes[i.index];
      const std::string& g = s.genvar->name;
      const bool outermost = scope_ == 0;
      flush();
      line(out_, indent, "genvar " + g + ";");
      if (outermost) line(out_, indent, "generate");
      const int inner = indent + (outermost ? 2 : 0);
      line(out_, inner,
           "for (" + g + " = 0; " + g + " < " + s.genvar->value.verilog() + "; " + g + " = " + g +
               " + 1) begin : " + s.label);
      scope(i.index, inner + 2);
      line(out_, inner, "end");
      if (outermost) line(out_, indent, "endgenerate");
      break;
    }
    case ItemKind::generate_if: {
      const Scope& s = m_.scopes[i.index];
      const bool outermost = scope_ == 0;
      flush();
      if (outermost) line(out_, indent, "generate");
      const int inner = indent + (outermost ? 2 : 0);
      line(out_, inner, "if (" + s.condition.verilog() + ") begin : " + s.label);
      scope(i.index, inner + 2);
      if (i.else_scope != none) {
        line(out_, inner, "end else begin : " + m_.scopes[i.else_scope].label);
        scope(i.else_scope, inner + 2);
      }
      line(out_, inner, "end");
      if (outermost) line(out_, indent, "endgenerate");
      break;
    }
  }
}

bool ModulePrinter::belongs(const Stmt& s, int with_reset) const {
  if (with_reset < 0) return true;
  if (s.kind == StmtKind::mem_write) return with_reset == 0;
  const Id d = target_decl(m_, s.target);
  return m_.decls[d].has_reset == (with_reset == 1);
}

bool ModulePrinter::sets(const std::vector<Id>& body, int with_reset) const {
  return std::any_of(body.begin(), body.end(), [&](Id id) {
    const Stmt& s = m_.stmts[id];
    if (s.kind == StmtKind::assign || s.kind == StmtKind::mem_write) return belongs(s, with_reset);
    return std::any_of(s.arms.begin(), s.arms.end(), [&](const Arm& a) { return sets(a.body, with_reset); });
  });
}

void ModulePrinter::reset_targets(const std::vector<Id>& body, std::vector<Id>& decls) const {
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

std::string ModulePrinter::statements(const std::vector<Id>& body, int indent, bool clocked, int with_reset) {
  std::string s;
  std::string waiting;
  const char* arrow = clocked ? " <= " : " = ";
  const int spill_indent = 2 * [&] {
    int depth = 1;
    for (Id at = scope_; m_.scopes[at].parent != none; at = m_.scopes[at].parent) ++depth;
    return depth;
  }() + (scope_ == 0 ? 0 : 2);
  const auto enter = [&](const std::string& lhs) { expr_.enter(scope_, spill_indent, lhs, &prelude_); };
  for (const Id id : body) {
    const Stmt& st = m_.stmts[id];
    if (st.kind == StmtKind::comment) {
      comment(waiting, indent, st.text);
      continue;
    }
    if (!sets({id}, with_reset)) {
      waiting.clear();
      continue;
    }
    s += waiting;
    waiting.clear();
    switch (st.kind) {
      case StmtKind::assign: {
        enter(lhs_of(st.target));
        const std::string value = expr_.assigned(st.value);
        line(s, indent, expr_.lvalue(st.target) + arrow + value + ";");
        break;
      }
      case StmtKind::mem_write: {
        const std::string& name = m_.decls[st.target].name;
        enter(name);
        const std::string address = expr_.standalone(st.address);
        const std::string value = expr_.assigned(st.value);
        line(s, indent, name + "[" + address + "]" + arrow + value + ";");
        break;
      }
      case StmtKind::if_: {
        // Branches that set nothing here are dropped from the end; between, they must stay.
        std::size_t count = st.arms.size();
        while (count > 0 && !sets(st.arms[count - 1].body, with_reset)) --count;
        std::vector<Id> first;
        std::vector<Id> all;
        for (const auto& a : st.arms) all.insert(all.end(), a.body.begin(), a.body.end());
        std::string lhs = "cond";
        for (const Id b : all) {
          if (m_.stmts[b].kind == StmtKind::assign) {
            lhs = lhs_of(m_.stmts[b].target);
            break;
          }
        }
        for (std::size_t i = 0; i < count; ++i) {
          const Arm& a = st.arms[i];
          enter(lhs);
          const std::string head = a.cond == none ? "begin" : "if (" + expr_.standalone(a.cond) + ") begin";
          line(s, indent, i == 0 ? head : "end else " + head);
          s += statements(a.body, indent + 2, clocked, with_reset);
        }
        line(s, indent, "end");
        break;
      }
      case StmtKind::switch_: {
        enter("case");
        line(s, indent, "case (" + expr_.standalone(st.target) + ")");
        bool has_default = false;
        for (const auto& a : st.arms) {
          std::string labels;
          for (const Id l : a.labels) labels += (labels.empty() ? "" : ", ") + expr_.standalone(l);
          if (a.labels.empty()) {
            labels = "default";
            has_default = true;
          }
          const std::string inner = statements(a.body, indent + 4, clocked, with_reset);
          if (inner.empty()) {
            line(s, indent + 2, labels + ": ;");
          } else {
            line(s, indent + 2, labels + ": begin");
            s += inner;
            line(s, indent + 2, "end");
          }
        }
        if (!has_default) line(s, indent + 2, "default: ;");
        line(s, indent, "endcase");
        break;
      }
      case StmtKind::comment:
        break;
    }
  }
  return s;
}

void ModulePrinter::process(const Process& p, int indent) {
  std::string text;
  if (!p.clocked) {
    const std::string body = statements(p.body, indent + 2, false, -1);
    line(text, indent, "always @* begin");
    text += body;
    line(text, indent, "end");
    prelude_ += text;
    return;
  }
  const std::string clock =
      "always @(posedge " + (p.clock == none ? "?" : m_.decls[p.clock].name) + ") begin";
  if (sets(p.body, 1)) {
    std::vector<Id> targets;
    reset_targets(p.body, targets);
    const std::string body = statements(p.body, indent + 4, true, 1);
    line(text, indent, clock);
    line(text, indent + 2, "if (!" + (p.reset == none ? "1'b1" : m_.decls[p.reset].name) + ") begin");
    for (const Id d : targets) {
      expr_.enter(scope_, indent, lhs_of(none), &prelude_);
      line(text, indent + 4,
           m_.decls[d].name + " <= " + expr_.constant(m_.decls[d].type, m_.decls[d].value).s + ";");
    }
    line(text, indent + 2, "end else begin");
    text += body;
    line(text, indent + 2, "end");
    line(text, indent, "end");
  }
  if (sets(p.body, 0)) {
    if (!text.empty()) text += "\n";
    const std::string body = statements(p.body, indent + 2, true, 0);
    line(text, indent, clock);
    text += body;
    line(text, indent, "end");
  }
  prelude_ += text;
}

void ModulePrinter::instance_outputs(const Instance& u, int indent) {
  for (const Id port : u.module->ports) {
    const Decl& p = u.module->decls[port];
    if (p.kind != DeclKind::output) continue;
    for (const auto& [child, decl] : u.outputs) {
      if (child == port) declaration(m_.decls[decl], indent);
    }
  }
  flush();
}

void ModulePrinter::instance(const Instance& u, int indent) {
  std::vector<std::pair<std::string, std::string>> pins;
  std::size_t width = 0;
  for (const Id port : u.module->ports) {
    const Decl& p = u.module->decls[port];
    std::string text;
    if (p.kind == DeclKind::input) {
      for (const auto& [child, value] : u.inputs) {
        if (child != port) continue;
        expr_.enter(scope_, indent, u.name + "_" + p.name, &prelude_);
        text = expr_.standalone(value);
      }
    } else {
      for (const auto& [child, decl] : u.outputs) {
        if (child == port) text = m_.decls[decl].name;
      }
    }
    width = std::max(width, p.name.size());
    pins.emplace_back(p.name, std::move(text));
  }
  std::string text;
  if (u.params.empty()) {
    line(text, indent, u.module->name + " " + u.name + " (");
  } else {
    line(text, indent, u.module->name + " #(");
    std::size_t param_width = 0;
    for (const auto& [name, value] : u.params) param_width = std::max(param_width, name.size());
    for (std::size_t i = 0; i < u.params.size(); ++i) {
      const auto& [name, value] = u.params[i];
      const auto* e = std::get_if<IntExpr>(&value);
      line(text, indent + 2,
           "." + name + std::string(param_width - name.size() + 1, ' ') + "(" +
               (e != nullptr ? e->verilog() : std::get<std::string>(value)) + ")" +
               (i + 1 < u.params.size() ? "," : ""));
    }
    line(text, indent, ") " + u.name + " (");
  }
  for (std::size_t i = 0; i < pins.size(); ++i) {
    const auto& [name, value] = pins[i];
    line(text, indent + 2,
         "." + name + std::string(width - name.size() + 1, ' ') + "(" + value + ")" +
             (i + 1 < pins.size() ? "," : ""));
  }
  line(text, indent, ");");
  prelude_ += text;
}

}  // namespace

std::string print_verilog(const Module& m) {
  return ModulePrinter(m).run();
}

}  // namespace offramp::hw
