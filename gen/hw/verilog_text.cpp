#include "hw/verilog_text.h"

#include <algorithm>
#include <charconv>

namespace offramp::hw::verilog {

namespace {

template <class Node, class Base>
const Node& as(const Base& node) {
  return static_cast<const Node&>(node);
}

void append_number(std::string& to, auto value) {
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
  to.append(digits, end);
}

/// Breaks a line that is too long at the outermost bracket level that has a space in its second half.
void append_broken(std::string& to, std::size_t indent, std::string_view text) {
  std::size_t pad = indent;
  while (pad + text.size() > max_columns) {
    std::size_t cut = std::string_view::npos;
    int best = 1000;
    int depth = 0;
    bool in_string = false;
    for (std::size_t i = 0; i + pad < max_columns && i < text.size(); ++i) {
      const char c = text[i];
      if (c == '"') in_string = !in_string;
      if (in_string) continue;
      if (c == '(' || c == '[' || c == '{') ++depth;
      if (c == ')' || c == ']' || c == '}') --depth;
      if (c == ' ' && i + pad > max_columns / 2 && depth <= best && text.substr(i) != " begin") {
        cut = i;
        best = depth;
      }
    }
    if (cut == std::string_view::npos) break;
    to.append(pad, ' ');
    to += text.substr(0, cut);
    to += '\n';
    text.remove_prefix(cut + 1);
    pad = indent + 4;
  }
  to.append(pad, ' ');
  to += text;
  to += '\n';
}

constexpr std::string_view unary_text(UnaryOp op) {
  constexpr std::string_view texts[] = {"-", "~", "!", "|", "&", "^"};
  return texts[static_cast<int>(op)];
}

constexpr std::string_view binary_text(BinaryOp op) {
  constexpr std::string_view texts[] = {
      "+", "-", "*", "&", "|", "^", "==", "!=", "<", "<=", ">", ">=", "<<", ">>", ">>>"};
  return texts[static_cast<int>(op)];
}

class Writer {
 public:
  std::string run(const ModuleFile& file) {
    header(file);
    ports(file);
    items(file.items, 2, true);
    out_ += "endmodule\n\n`default_nettype wire\n";
    return std::move(out_);
  }

 private:
  // ---- Expressions ----
  void expr(const Expr& e);
  /// Where `+` and `-` stand without spaces: inside brackets.
  void bound(const Expr& e);
  void integer(const Integer& e, bool tight);
  /// In front of a replication and beside an operator: `8`, `W`, `(W-1)`.
  void count(const Integer& e);
  /// Beside an operator, in parentheses where a reader or Verilog needs them.
  void operand(const Expr& e, const Binary* of, bool right);
  void list(std::span<const Expr* const> parts);

  // ---- Lines ----
  void begin(int indent) {
    indent_ = static_cast<std::size_t>(indent);
    line_ = out_.size();
    out_.append(indent_, ' ');
  }
  void end() {
    if (out_.size() - line_ > max_columns) {
      const std::string text = out_.substr(line_ + indent_);
      out_.resize(line_);
      append_broken(out_, indent_, text);
    } else {
      out_ += '\n';
    }
  }
  void line(int indent, std::string_view text) {
    begin(indent);
    out_ += text;
    end();
  }
  void pad(std::size_t n) { out_.append(n, ' '); }
  void comment(int indent, std::string_view text);
  void shape(const Shape& s);
  void range(const Expr* msb);

  void header(const ModuleFile& file);
  void parameters(const ModuleFile& file);
  void ports(const ModuleFile& file);
  void items(const Items& list, int indent, bool outermost);
  void item(const Item& i, int indent, bool outermost);
  void localparam(const Localparam& p, int indent);
  void attribute(const Attribute& a, int indent);
  void net(const Net& n, int indent);
  void always(const Always& a, int indent);
  void instance(const Instance& u, int indent);
  void connections(std::span<const Connection> all, int indent);
  void generate_for(const GenerateFor& g, int indent, bool outermost);
  void generate_if(const GenerateIf& g, int indent, bool outermost);
  void statements(const Stmts& list, int indent);
  void if_statement(const If& s, int indent);
  void case_statement(const Case& s, int indent);

  std::string out_;
  std::size_t line_ = 0;  ///< where the open line starts
  std::size_t indent_ = 0;
};

// ---- Expressions ----

void Writer::integer(const Integer& e, bool tight) {
  if (e.value != nullptr) {
    e.value->append_verilog(out_, tight);
  } else {
    append_number(out_, e.constant);
  }
}

void Writer::count(const Integer& e) {
  bool bare = e.value == nullptr && e.constant >= 0;
  if (e.value != nullptr && e.value->offset() == 0 && e.value->terms().size() == 1) {
    // A name; a max or a quotient brings its own parentheses.
    const IntTerm& t = e.value->terms()[0];
    bare = t.factor == 1 && t.atoms.size() == 1 && t.atoms[0].kind != AtomKind::clog2;
  }
  if (!bare) out_ += '(';
  integer(e, true);
  if (!bare) out_ += ')';
}

void Writer::operand(const Expr& e, const Binary* of, bool right) {
  bool parentheses = false;
  switch (e.kind) {
    case ExprKind::integer: {
      const bool comparison = of != nullptr && of->op >= BinaryOp::eq && of->op <= BinaryOp::ge;
      if (comparison) break;
      count(as<Integer>(e));
      return;
    }
    case ExprKind::unary: {
      // `a & |b` and `a - -b` are legal and unreadable.
      const UnaryOp op = as<Unary>(e).op;
      const bool readable = op == UnaryOp::minus || op == UnaryOp::bit_not;
      parentheses = !readable || (right && of != nullptr && of->op == BinaryOp::sub);
      break;
    }
    case ExprKind::binary: {
      const BinaryOp op = as<Binary>(e).op;
      const bool associative =
          op == BinaryOp::add || op == BinaryOp::bit_and || op == BinaryOp::bit_or || op == BinaryOp::bit_xor;
      parentheses = !(of != nullptr && associative && of->op == op);
      break;
    }
    case ExprKind::ternary:
      parentheses = true;
      break;
    default:
      break;
  }
  if (parentheses) out_ += '(';
  expr(e);
  if (parentheses) out_ += ')';
}

void Writer::list(std::span<const Expr* const> parts) {
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (i > 0) out_ += ", ";
    expr(*parts[i]);
  }
}

void Writer::bound(const Expr& e) {
  if (e.kind == ExprKind::integer) {
    integer(as<Integer>(e), true);
  } else if (e.kind == ExprKind::binary && as<Binary>(e).op == BinaryOp::mul) {
    // `x[index*WIDTH +: WIDTH]`
    const auto& product = as<Binary>(e);
    operand(*product.a, &product, false);
    out_ += '*';
    operand(*product.b, &product, true);
  } else {
    expr(e);
  }
}

void Writer::expr(const Expr& e) {
  switch (e.kind) {
    case ExprKind::name:
      out_ += as<Name>(e).text;
      break;
    case ExprKind::literal: {
      const auto& l = as<Literal>(e);
      append_number(out_, l.width);
      out_ += l.is_signed ? "'s" : "'";
      out_ += l.binary ? 'b' : 'd';
      append_number(out_, l.value);
      break;
    }
    case ExprKind::integer:
      integer(as<Integer>(e), false);
      break;
    case ExprKind::index: {
      const auto& i = as<Index>(e);
      expr(*i.base);
      out_ += '[';
      bound(*i.index);
      out_ += ']';
      break;
    }
    case ExprKind::range: {
      const auto& r = as<Range>(e);
      expr(*r.base);
      out_ += '[';
      bound(*r.msb);
      out_ += ':';
      bound(*r.lsb);
      out_ += ']';
      break;
    }
    case ExprKind::part: {
      const auto& p = as<Part>(e);
      expr(*p.base);
      out_ += '[';
      bound(*p.lsb);
      out_ += " +: ";
      bound(*p.width);
      out_ += ']';
      break;
    }
    case ExprKind::unary: {
      const auto& u = as<Unary>(e);
      out_ += unary_text(u.op);
      const bool open =
          u.a->kind == ExprKind::unary || u.a->kind == ExprKind::binary || u.a->kind == ExprKind::ternary;
      if (open) out_ += '(';
      expr(*u.a);
      if (open) out_ += ')';
      break;
    }
    case ExprKind::binary: {
      const auto& b = as<Binary>(e);
      operand(*b.a, &b, false);
      out_ += ' ';
      out_ += binary_text(b.op);
      out_ += ' ';
      operand(*b.b, &b, true);
      break;
    }
    case ExprKind::ternary: {
      const auto& t = as<Ternary>(e);
      operand(*t.condition, nullptr, false);
      out_ += " ? ";
      operand(*t.yes, nullptr, false);
      out_ += " : ";
      operand(*t.no, nullptr, false);
      break;
    }
    case ExprKind::concat:
      out_ += '{';
      list(as<Concat>(e).parts);
      out_ += '}';
      break;
    case ExprKind::repeat: {
      const auto& r = as<Repeat>(e);
      out_ += '{';
      count(as<Integer>(*r.count));
      out_ += '{';
      expr(*r.what);
      out_ += "}}";
      break;
    }
    case ExprKind::call: {
      const auto& c = as<Call>(e);
      out_ += c.function;
      out_ += '(';
      list(c.arguments);
      out_ += ')';
      break;
    }
  }
}

// ---- Lines ----

/// Wrapped as prose, with the comment marker on each line.
void Writer::comment(int indent, std::string_view text) {
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
      pad(static_cast<std::size_t>(indent));
      out_ += "// ";
      out_ += piece;
      out_ += '\n';
      paragraph.remove_prefix(std::min(paragraph.size(), piece.size() + 1));
    } while (!paragraph.empty());
  }
}

void Writer::range(const Expr* msb) {
  out_ += '[';
  bound(*msb);
  out_ += ":0]";
}

void Writer::shape(const Shape& s) {
  if (s.is_signed) out_ += "signed ";
  if (s.msb == nullptr) return;
  range(s.msb);
  out_ += ' ';
}

// ---- The head of a module ----

void Writer::header(const ModuleFile& file) {
  std::string title(file.name);
  if (!file.doc.empty()) title.append(": ").append(file.doc);
  comment(0, title);
  if (!file.parameters.empty()) {
    out_ += "//\n// Parameters\n";
    std::size_t width = 0;
    for (const auto& p : file.parameters) width = std::max(width, p.name.size());
    for (const auto& p : file.parameters) {
      std::string row = "  ";
      row.append(p.name).append(width - p.name.size() + 2, ' ').append(p.doc);
      comment(0, row);
    }
  }
  out_ += "//\n// Source: ";
  out_ += file.source;
  out_ += "\n\n`default_nettype none\n\n";
}

void Writer::parameters(const ModuleFile& file) {
  if (file.parameters.empty()) return;
  out_ += " #(\n";
  std::size_t width = 0;
  for (const auto& p : file.parameters) {
    if (p.integer) width = std::max(width, p.name.size());
  }
  for (const auto& p : file.parameters) {
    out_ += p.integer ? "  parameter integer " : "  parameter ";
    out_ += p.name;
    if (p.integer) pad(width - p.name.size());
    out_ += " = ";
    expr(*p.value);
    out_ += &p != &file.parameters.back() ? ",\n" : "\n";
  }
  out_ += ")";
}

void Writer::ports(const ModuleFile& file) {
  out_ += "module ";
  out_ += file.name;
  parameters(file);
  out_ += " (\n";
  struct Row {
    std::string kind;
    std::string range;
  };
  std::vector<Row> rows;
  std::size_t kind_width = 0;
  std::size_t range_width = 0;
  std::size_t name_width = 0;
  for (const auto& p : file.ports) {
    Row r{p.input ? "input  wire" : p.is_reg ? "output reg" : "output wire", ""};
    if (p.shape.is_signed) r.kind += " signed";
    if (p.shape.msb != nullptr) {
      // Its width is needed before its place is known.
      const auto start = out_.size();
      range(p.shape.msb);
      r.range = out_.substr(start);
      out_.resize(start);
    }
    kind_width = std::max(kind_width, r.kind.size());
    range_width = std::max(range_width, r.range.size());
    name_width = std::max(name_width, p.name.size());
    rows.push_back(std::move(r));
  }
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const Port& p = file.ports[i];
    const bool last = i + 1 == rows.size();
    for (const Attribute& a : p.attributes) attribute(a, 2);
    out_ += "  ";
    out_ += rows[i].kind;
    pad(kind_width - rows[i].kind.size() + 1);
    out_ += rows[i].range;
    pad(range_width - rows[i].range.size() + (range_width > 0 ? 1 : 0));
    out_ += p.name;
    if (!last) out_ += ',';
    if (!p.doc.empty()) {
      pad(name_width - p.name.size() + (last ? 3 : 2));
      out_ += "// ";
      out_ += p.doc;
    }
    out_ += '\n';
  }
  out_ += ");\n";
}

// ---- Items ----

void Writer::items(const Items& list, int indent, bool outermost) {
  for (const Item* i = list.first; i != nullptr; i = i->next) item(*i, indent, outermost);
}

void Writer::item(const Item& i, int indent, bool outermost) {
  switch (i.kind) {
    case ItemKind::blank:
      out_ += '\n';
      break;
    case ItemKind::comment:
      comment(indent, as<Comment>(i).text);
      break;
    case ItemKind::section:
      begin(indent);
      out_ += "// ---- ";
      out_ += as<Comment>(i).text;
      out_ += " ----";
      end();
      break;
    case ItemKind::localparam:
      localparam(as<Localparam>(i), indent);
      break;
    case ItemKind::net:
      net(as<Net>(i), indent);
      break;
    case ItemKind::assign: {
      const auto& a = as<ContinuousAssign>(i);
      begin(indent);
      out_ += "assign ";
      expr(*a.target);
      out_ += " = ";
      expr(*a.value);
      out_ += ';';
      end();
      break;
    }
    case ItemKind::always:
      always(as<Always>(i), indent);
      break;
    case ItemKind::initial: {
      const auto& s = as<Initial>(i);
      begin(indent);
      out_ += "initial ";
      if (s.guard != nullptr) {
        out_ += "if (";
        expr(*s.guard);
        out_ += ") ";
      }
      expr(*s.task);
      out_ += ';';
      end();
      break;
    }
    case ItemKind::instance:
      instance(as<Instance>(i), indent);
      break;
    case ItemKind::generate_for:
      generate_for(as<GenerateFor>(i), indent, outermost);
      break;
    case ItemKind::generate_if:
      generate_if(as<GenerateIf>(i), indent, outermost);
      break;
    case ItemKind::ifdef: {
      const auto& d = as<Ifdef>(i);
      out_ += "`ifdef ";
      out_ += d.macro;
      out_ += '\n';
      items(d.body, indent, outermost);
      out_ += "`endif\n";
      break;
    }
  }
}

void Writer::localparam(const Localparam& p, int indent) {
  const auto definition = [&] {
    begin(indent);
    out_ += "localparam ";
    if (p.integer) {
      out_ += "integer ";
    } else {
      shape(p.shape);
    }
    out_ += p.name;
    out_ += " = ";
    expr(*p.value);
    out_ += ';';
  };
  definition();
  if (!p.doc.empty()) {
    if (out_.size() - line_ + p.doc.size() + 5 > max_columns) {
      // A comment cannot go on in the next line.
      out_.resize(line_);
      comment(indent, p.doc);
      definition();
    } else {
      out_ += "  // ";
      out_ += p.doc;
    }
  }
  end();
}

void Writer::attribute(const Attribute& a, int indent) {
  if (a.name.empty()) return;
  begin(indent);
  out_ += "(* ";
  out_ += a.name;
  out_ += " = \"";
  out_ += a.value;
  // Never broken: a string ends on its line.
  out_ += "\" *)\n";
}

void Writer::net(const Net& n, int indent) {
  attribute(n.attribute, indent);
  begin(indent);
  out_ += n.is_reg ? "reg " : "wire ";
  shape(n.shape);
  out_ += n.name;
  if (!n.last_indices.empty()) out_ += ' ';
  for (const Expr* last : n.last_indices) {
    out_ += "[0:";
    bound(*last);
    out_ += ']';
  }
  if (n.split) out_ += " /* verilator split_var */";
  if (n.value != nullptr) {
    out_ += " = ";
    expr(*n.value);
  }
  out_ += ';';
  end();
}

void Writer::always(const Always& a, int indent) {
  attribute(a.attribute, indent);
  begin(indent);
  if (a.edges.empty()) {
    out_ += "always @* begin";
  } else {
    out_ += "always @(";
    for (const Edge& e : a.edges) {
      if (&e != &a.edges.front()) out_ += " or ";
      out_ += e.falling ? "negedge " : "posedge ";
      out_ += e.signal;
    }
    out_ += ") begin";
  }
  end();
  statements(a.body, indent + 2);
  line(indent, "end");
}

void Writer::connections(std::span<const Connection> all, int indent) {
  std::size_t width = 0;
  for (const auto& c : all) width = std::max(width, c.port.size());
  for (const auto& c : all) {
    begin(indent);
    out_ += '.';
    out_ += c.port;
    pad(width - c.port.size() + 1);
    out_ += '(';
    if (c.value != nullptr) expr(*c.value);
    out_ += ')';
    if (&c != &all.back()) out_ += ',';
    end();
  }
}

void Writer::instance(const Instance& u, int indent) {
  begin(indent);
  out_ += u.module;
  if (!u.parameters.empty()) {
    out_ += " #(";
    end();
    connections(u.parameters, indent + 2);
    begin(indent);
    out_ += ')';
  }
  out_ += ' ';
  out_ += u.name;
  out_ += " (";
  end();
  connections(u.ports, indent + 2);
  line(indent, ");");
}

void Writer::generate_for(const GenerateFor& g, int indent, bool outermost) {
  begin(indent);
  out_ += "genvar ";
  out_ += g.genvar;
  out_ += ';';
  end();
  if (outermost) line(indent, "generate");
  const int inner = indent + (outermost ? 2 : 0);
  begin(inner);
  out_ += "for (";
  out_ += g.genvar;
  out_ += " = 0; ";
  out_ += g.genvar;
  out_ += " < ";
  expr(*g.count);
  out_ += "; ";
  out_ += g.genvar;
  out_ += " = ";
  out_ += g.genvar;
  out_ += " + 1) begin : ";
  out_ += g.label;
  end();
  items(g.body, inner + 2, false);
  line(inner, "end");
  if (outermost) line(indent, "endgenerate");
}

void Writer::generate_if(const GenerateIf& g, int indent, bool outermost) {
  if (outermost) line(indent, "generate");
  const int inner = indent + (outermost ? 2 : 0);
  begin(inner);
  out_ += "if (";
  expr(*g.condition);
  out_ += ") begin : ";
  out_ += g.label;
  end();
  items(g.body, inner + 2, false);
  if (!g.else_label.empty()) {
    begin(inner);
    out_ += "end else begin : ";
    out_ += g.else_label;
    end();
    items(g.else_body, inner + 2, false);
  }
  line(inner, "end");
  if (outermost) line(indent, "endgenerate");
}

// ---- Statements ----

void Writer::statements(const Stmts& list, int indent) {
  for (const Stmt* s = list.first; s != nullptr; s = s->next) {
    switch (s->kind) {
      case StmtKind::assign: {
        const auto& a = as<Assignment>(*s);
        begin(indent);
        expr(*a.target);
        out_ += a.nonblocking ? " <= " : " = ";
        expr(*a.value);
        out_ += ';';
        end();
        break;
      }
      case StmtKind::if_:
        if_statement(as<If>(*s), indent);
        break;
      case StmtKind::case_:
        case_statement(as<Case>(*s), indent);
        break;
      case StmtKind::comment:
        comment(indent, as<CommentStmt>(*s).text);
        break;
      case StmtKind::assertion: {
        const auto& a = as<Assertion>(*s);
        begin(indent);
        out_ += a.label;
        out_ += ": ";
        out_ += a.verb;
        out_ += " (";
        expr(*a.condition);
        out_ += ");";
        end();
        break;
      }
    }
  }
}

void Writer::if_statement(const If& s, int indent) {
  for (const IfArm& a : s.arms) {
    begin(indent);
    if (&a != &s.arms.front()) out_ += "end else ";
    if (a.condition != nullptr) {
      out_ += "if (";
      expr(*a.condition);
      out_ += ") ";
    }
    out_ += "begin";
    end();
    statements(a.body, indent + 2);
  }
  line(indent, "end");
}

void Writer::case_statement(const Case& s, int indent) {
  begin(indent);
  out_ += "case (";
  expr(*s.selector);
  out_ += ')';
  end();
  for (const CaseArm& a : s.arms) {
    begin(indent + 2);
    if (a.labels.empty()) out_ += "default";
    list(a.labels);
    out_ += a.body.empty() ? ": ;" : ": begin";
    end();
    if (a.body.empty()) continue;
    statements(a.body, indent + 4);
    line(indent + 2, "end");
  }
  line(indent, "endcase");
}

}  // namespace

std::string to_text(const ModuleFile& file) {
  return Writer().run(file);
}

}  // namespace offramp::hw::verilog
