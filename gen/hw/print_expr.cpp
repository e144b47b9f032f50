#include "hw/print_expr.h"

#include <algorithm>
#include <cctype>

namespace offramp::hw {

namespace {

std::string repeat(const IntExpr& n, const std::string& what) {
  return "{" + count_text(n) + "{" + what + "}}";
}

/// A name made of an expression's text: "ROWS - 1" gives "ROWS_m1".
std::string word_of(const IntExpr& e) {
  std::string s;
  for (const char c : e.verilog()) {
    if (std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_') {
      s += c;
    } else if (c == '-') {
      s += "m";
    } else if (c == '+') {
      s += "p";
    } else if (c == '*') {
      s += "x";
    } else if (!s.empty() && s.back() != '_') {
      s += "_";
    }
  }
  while (!s.empty() && s.back() == '_') s.pop_back();
  return s;
}

/// Sized decimal literal; the value is known to fit.
Text number(std::int64_t value, std::int64_t width, bool is_signed) {
  Text t;
  t.is_signed = is_signed;
  const std::string prefix = std::to_string(width) + (is_signed ? "'sd" : "'d");
  if (value < 0) {
    const std::uint64_t magnitude = ~static_cast<std::uint64_t>(value) + 1;
    t.s = "-" + prefix + std::to_string(magnitude);
    t.binding = Binding::unary;
  } else if (width == 1) {
    t.s = is_signed ? "1'sb" + std::to_string(value) : "1'b" + std::to_string(value);
  } else {
    t.s = prefix + std::to_string(value);
  }
  return t;
}

const char* op_word(Op op) {
  switch (op) {
    case Op::add:
    case Op::add_wrap:
      return "add";
    case Op::sub:
    case Op::sub_wrap:
      return "sub";
    case Op::mul:
      return "mul";
    case Op::neg:
      return "neg";
    case Op::truncate:
      return "low";
    case Op::extend:
    case Op::to_signed:
      return "ext";
    case Op::saturate:
      return "sat";
    case Op::bit_and:
      return "and";
    case Op::bit_or:
      return "or";
    case Op::bit_xor:
      return "xor";
    case Op::bit_not:
      return "not";
    case Op::eq:
      return "eq";
    case Op::ne:
      return "ne";
    case Op::lt:
      return "lt";
    case Op::le:
      return "le";
    case Op::gt:
      return "gt";
    case Op::ge:
      return "ge";
    case Op::mux:
      return "mux";
    case Op::concat:
    case Op::replicate:
      return "cat";
    case Op::select:
      return "sel";
    case Op::any:
      return "any";
    case Op::all:
      return "all";
    case Op::parity:
      return "parity";
    case Op::shift_left:
    case Op::shift_left_by:
      return "shl";
    case Op::shift_right:
    case Op::shift_right_by:
      return "shr";
    case Op::mem_read:
      return "word";
    default:
      return "val";
  }
}

bool is_name(Op op) {
  return op == Op::ref || op == Op::element;
}

}  // namespace

std::string count_text(const IntExpr& n) {
  const std::string s = compact(n);
  const bool simple = std::all_of(s.begin(), s.end(), [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
  });
  // A single max or quotient brings its own parentheses.
  const bool whole = n.offset() == 0 && n.terms().size() == 1 && n.terms()[0].factor == 1 &&
                     n.terms()[0].atoms.size() == 1 && s.starts_with("(");
  return simple || whole ? s : "(" + s + ")";
}

void append_line(std::string& to, int indent, std::string_view text) {
  std::size_t pad = static_cast<std::size_t>(indent);
  while (pad + text.size() > max_columns) {
    // At the outermost bracket level that has a space in the second half of the line.
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
    pad = static_cast<std::size_t>(indent) + 4;
  }
  to.append(pad, ' ');
  to += text;
  to += '\n';
}

std::string compact(const IntExpr& e, bool expand) {
  std::string s;
  const std::string text = e.verilog(expand);
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool around =
        text[i] == ' ' && ((i + 1 < text.size() && (text[i + 1] == '+' || text[i + 1] == '-')) ||
                           (i > 0 && (text[i - 1] == '+' || text[i - 1] == '-')));
    if (!around) s += text[i];
  }
  return s;
}

std::string range_text(const IntExpr& width, bool expand) {
  if (width == IntExpr(1)) return "";
  return "[" + compact(width - 1, expand) + ":0]";
}

std::string bits_text(const IntExpr& msb, const IntExpr& lsb) {
  if (msb == lsb) return "[" + compact(lsb) + "]";
  return "[" + compact(msb) + ":" + compact(lsb) + "]";
}

ExprPrinter::ExprPrinter(const Module& m) : m_(m), uses_(m.exprs.size(), 0) {
  for (const auto& d : m.decls) names_.insert(d.name);
  for (const auto& p : m.params) names_.insert(p->name);
  for (const auto& p : m.localparams) names_.insert(p->name);
  for (const auto& u : m.instances) names_.insert(u.name);
  for (const auto& s : m.scopes) names_.insert(s.label);

  // How often each node is used by what is printed.
  std::vector<Id> open;
  const auto use = [&](Id id) {
    if (id != none && uses_[id]++ == 0) open.push_back(id);
  };
  for (const auto& d : m.decls) use(d.source);
  for (const auto& a : m.assigns) {
    use(a.target);
    use(a.value);
  }
  for (const auto& u : m.instances) {
    for (const auto& [port, value] : u.inputs) use(value);
  }
  for (const auto& s : m.stmts) {
    if (s.kind != StmtKind::mem_write) use(s.target);
    use(s.value);
    use(s.address);
    for (const auto& a : s.arms) {
      use(a.cond);
      for (const Id l : a.labels) use(l);
    }
  }
  while (!open.empty()) {
    const Id id = open.back();
    open.pop_back();
    for (const Id a : m.exprs[id].args) use(a);
    for (const Id a : m.exprs[id].list) use(a);
  }
}

void ExprPrinter::enter(Id scope, int indent, std::string lhs, std::string* prelude) {
  scope_ = scope;
  indent_ = indent;
  lhs_ = std::move(lhs);
  prelude_ = prelude;
}

void ExprPrinter::line(const std::string& text) {
  append_line(*prelude_, indent_, text);
}

std::string ExprPrinter::unique(const std::string& name) {
  std::string s = name;
  for (int n = 2; !names_.insert(s).second; ++n) s = name + "_" + std::to_string(n);
  return s;
}

bool ExprPrinter::is_one(const IntExpr& width) const {
  return width == IntExpr(1);
}

std::string ExprPrinter::decl_name(const Expr& e) const {
  std::string s = m_.decls[e.decl].name;
  for (const auto& i : e.indices) s += "[" + compact(i) + "]";
  return s;
}

/// Nodes that are as short as a name are written again at each use.
bool ExprPrinter::inlined(Id id) const {
  const Expr& e = at(id);
  switch (e.op) {
    case Op::invalid:
    case Op::literal:
    case Op::ref:
    case Op::element:
      return true;
    case Op::as_signed:
    case Op::as_unsigned:
      return inlined(e.args[0]);
    case Op::bit_not:
      return is_name(at(e.args[0]).op);
    case Op::bit_of:
    case Op::slice:
    case Op::part:
      return is_name(at(e.args[0]).op);
    default:
      return uses_[id] <= 1;
  }
}

std::string ExprPrinter::spill(Id id) {
  auto& known = spilled_[id];
  for (const auto& k : known) {
    if (encloses(m_, k.scope, scope_)) return k.name;
  }
  const Expr& e = at(id);
  const std::string saved = lhs_;
  const std::string stem = saved.starts_with("_") ? saved : "_" + saved;
  const std::string name = unique(stem + "_" + op_word(e.op));
  lhs_ = name;
  const std::string text = top(id).s;
  lhs_ = saved;
  const std::string range = range_text(e.type.width);
  line(std::string("wire ") + (e.type.is_signed() ? "signed " : "") + range + (range.empty() ? "" : " ") +
       name + " = " + text + ";");
  spilled_[id].push_back({name, scope_});
  return name;
}

std::string ExprPrinter::name_of(Id id, const IntExpr* used_lsb, const IntExpr* used_width) {
  const Expr& e = at(id);
  if (e.op == Op::as_signed || e.op == Op::as_unsigned) return name_of(e.args[0], used_lsb, used_width);
  if (e.op == Op::element) return decl_name(e);
  if (e.op == Op::ref && m_.decls[e.decl].kind != DeclKind::constant) return decl_name(e);
  const bool fresh = std::none_of(spilled_[id].begin(), spilled_[id].end(),
                                  [&](const Spilled& k) { return encloses(m_, k.scope, scope_); });
  const std::string name = spill(id);
  if (fresh && uses_[id] <= 1 && used_width != nullptr) {
    // Say which bits of the temporary are dropped, so that a linter does not have to ask.
    std::string rest;
    const IntExpr top_bits = e.type.width - *used_lsb - *used_width;
    if (provably_ge(top_bits, 1, facts())) rest = name + bits_text(e.type.width - 1, *used_lsb + *used_width);
    if (provably_ge(*used_lsb, 1, facts())) {
      rest += (rest.empty() ? "" : ", ") + name + bits_text(*used_lsb - 1, 0);
    }
    if (!rest.empty()) line("wire " + unique("_unused" + name) + " = |{" + rest + "};");
  }
  return name;
}

std::string ExprPrinter::operand(const Text& t, const char* op) const {
  const std::string_view o = op;
  const bool associative = o == "+" || o == "&" || o == "|" || o == "^";
  if (t.binding == Binding::primary) return t.s;
  if (t.binding == Binding::unary && !o.empty() && o != "~") {
    // `a & |b` is legal and unreadable.
    const char c = t.s[0];
    if (c == '-' || c == '~') return t.s;
  }
  if (t.binding == Binding::binary && associative && o == t.op) return t.s;
  return "(" + t.s + ")";
}

/// The same bits, taken by Verilog as signed or unsigned; `closed` makes a text that no context can widen.
Text ExprPrinter::with_sign(Text t, bool is_signed, bool closed) const {
  const bool is_open = t.binding != Binding::primary;
  // A comparison or a reduction has its own width already, but one bit wide ones are rare enough to wrap.
  if (t.is_signed == is_signed && !(closed && is_open)) return t;
  return {std::string(is_signed ? "$signed(" : "$unsigned(") + t.s + ")", Binding::primary, is_signed, ""};
}

Text ExprPrinter::constant(const Type& type, const IntExpr& value, const std::string& given) {
  const auto width = type.width.constant();
  const auto v = value.constant();
  if (given.empty()) {
    if (width && v) return number(*v, *width, type.is_signed());
    if (v && *v == 0) return {repeat(type.width, "1'b0"), Binding::primary, false, ""};
    if (v && *v == -1) return {repeat(type.width, "1'b1"), Binding::primary, false, ""};
  }
  const bool is_integer = !v || (*v >= -(std::int64_t{1} << 31) && *v < (std::int64_t{1} << 31));
  if (given.empty() && v && *v > 0) {
    const std::int64_t bits = *clog2(IntExpr(*v) + 1).constant();
    if (provably_ge(type.width, bits + 1, facts())) {
      return {"{" + repeat(type.width - bits, "1'b0") + ", " + number(*v, bits, false).s + "}",
              Binding::primary, false, ""};
    }
  }
  const std::string key = given.empty() ? "_k_" + word_of(value) + " " + word_of(type.width) : given;
  auto& known = constants_[key];
  for (const auto& k : known) {
    if (encloses(m_, k.scope, scope_)) return {k.name, Binding::primary, width && v && type.is_signed(), ""};
  }
  const std::string name = given.empty() ? unique("_k_" + word_of(value)) : given;
  Text ref{name, Binding::primary, false, ""};
  if (width && v) {
    const std::string range = range_text(type.width);
    line(std::string("localparam ") + (type.is_signed() ? "signed " : "") + range +
         (range.empty() ? "" : " ") + name + " = " + number(*v, *width, type.is_signed()).s + ";");
    ref.is_signed = type.is_signed();
  } else if (is_integer && provably_ge(32, type.width, facts())) {
    line("localparam integer " + name + " = " + value.verilog() + ";");
    ref.s = name + bits_text(type.width - 1, 0);
  } else {
    // An integer has 32 bits; a wider constant is put together and cut, which holds for every width.
    const std::int64_t bits = is_integer ? 32 : 64;
    std::string low = v ? number(*v, bits, *v < 0).s : std::string();
    if (low.empty()) {
      const std::string integer = unique(name + "_int");
      line("localparam integer " + integer + " = " + value.verilog() + ";");
      low = integer + "[31:0]";
    }
    line("localparam [" + compact(type.width + bits - 1) + ":0] " + name + " = {" +
         repeat(type.width, v && *v < 0 ? "1'b1" : "1'b0") + ", " + low + "};");
    ref.s = name + bits_text(type.width - 1, 0);
  }
  constants_[key].push_back({ref.s, scope_});
  return ref;
}

/// Bits [lsb +: width] of a node.
Text ExprPrinter::part_of(Id id, const IntExpr& lsb, const IntExpr& width, bool plus) {
  const Expr& e = at(id);
  if (e.type.width == width) return emit(id);
  if (!is_name(e.op) && lsb == IntExpr(0)) return truncated(id, width);
  const std::string name = name_of(id, &lsb, &width);
  if (plus && !is_one(width))
    return {name + "[" + compact(lsb) + " +: " + compact(width) + "]", Binding::primary, false, ""};
  return {name + bits_text(lsb + width - 1, lsb), Binding::primary, false, ""};
}

Text ExprPrinter::resized(Id id, const IntExpr& width) {
  const IntExpr own = at(id).type.width;
  if (own == width) return emit(id);
  if (provably_ge(width, own, facts())) return extended(id, width);
  return truncated(id, width);
}

Text ExprPrinter::extended(Id id, const IntExpr& width) {
  const Expr& e = at(id);
  const IntExpr own = e.type.width;
  if (own == width) return emit(id);
  const bool is_signed = e.type.is_signed();
  if (e.op == Op::literal) return constant({width, e.type.sign}, e.i0);
  if (e.op == Op::extend && inlined(id)) return extended(e.args[0], width);
  const IntExpr more = width - own;
  if (provably_ge(more, 1, facts())) {
    if (!is_signed) {
      const std::string zeros = is_one(more) ? "1'b0" : repeat(more, "1'b0");
      return {"{" + zeros + ", " + emit(id).s + "}", Binding::primary, false, ""};
    }
    const std::string name = name_of(id);
    if (is_one(own)) return {repeat(width, name), Binding::primary, false, ""};
    const std::string sign = name + "[" + compact(own - 1) + "]";
    return {"{" + (is_one(more) ? sign : repeat(more, sign)) + ", " + name + "}", Binding::primary, false,
            ""};
  }
  // The extension may be empty for some parameter values, and {0{x}} is not Verilog.
  const std::string stem = lhs_.starts_with("_") ? lhs_ : "_" + lhs_;
  const std::string name = unique(stem + "_ext");
  const std::string source = is_signed ? name_of(id) : emit(id).s;
  const std::string sign =
      is_signed ? (is_one(own) ? source : source + "[" + compact(own - 1) + "]") : "1'b0";
  const std::string inner = "assign " + name + bits_text(width - 1, own) + " = " + repeat(more, sign) + ";";
  const bool outermost = scope_ == 0;
  line(std::string("wire ") + (is_signed ? "signed " : "") + range_text(width) + " " + name + ";");
  line("assign " + name + bits_text(own - 1, 0) + " = " + source + ";");
  if (outermost) line("generate");
  const std::string pad = outermost ? "  " : "";
  line(pad + "if (" + width.verilog() + " > " + own.verilog() + ") begin : gen" + name);
  line(pad + "  " + inner);
  line(pad + "end");
  if (outermost) line("endgenerate");
  return {name, Binding::primary, is_signed, ""};
}

/// The low bits of a node. Sums and products are cut before they are computed: the low bits are the same.
Text ExprPrinter::truncated(Id id, const IntExpr& width) {
  const Expr& e = at(id);
  const auto comparable = [&](Id a) {
    return provably_ge(width, at(a).type.width, facts()) || provably_ge(at(a).type.width, width, facts());
  };
  if (inlined(id)) {
    switch (e.op) {
      case Op::add:
      case Op::sub:
      case Op::mul:
      case Op::add_wrap:
      case Op::sub_wrap:
        if (comparable(e.args[0]) && comparable(e.args[1])) return arithmetic(e, width);
        break;
      case Op::neg:
        if (comparable(e.args[0])) return arithmetic(e, width);
        break;
      case Op::extend:
      case Op::to_signed:
      case Op::truncate:
        if (comparable(e.args[0])) return resized(e.args[0], width);
        break;
      case Op::as_signed:
      case Op::as_unsigned:
        return truncated(e.args[0], width);
      case Op::shift_right:
        if (provably_ge(at(e.args[0]).type.width, e.i0 + width, facts()) && !(e.i0 == IntExpr(0))) {
          return part_of(e.args[0], e.i0, width, false);
        }
        break;
      case Op::literal:
        if (const auto w = width.constant(), v = e.i0.constant(); w && v && *w < 63) {
          return number(*v & ((std::int64_t{1} << *w) - 1), *w, false);
        }
        break;
      default:
        break;
    }
  }
  const IntExpr zero = 0;
  const std::string name = name_of(id, &zero, &width);
  return {name + bits_text(width - 1, 0), Binding::primary, false, ""};
}

/// Sums and products modulo 2^width, with operands of that width.
Text ExprPrinter::arithmetic(const Expr& e, const IntExpr& width) {
  if (e.op == Op::neg) {
    const Text a = resized(e.args[0], width);
    return {"-" + operand(a, "~"), Binding::unary, false, ""};
  }
  const char* op = e.op == Op::mul ? "*" : e.op == Op::add || e.op == Op::add_wrap ? "+" : "-";
  // `cnt_q + 1'b1`: the other operand already has the full width, so the 1 is extended by zeros.
  const auto term = [&](Id id, Id other) -> Text {
    const Expr& l = at(id);
    if (l.op == Op::literal && l.i0 == IntExpr(1) && !width.is_constant() && at(other).op != Op::literal) {
      return {"1'b1", Binding::primary, false, ""};
    }
    return resized(id, width);
  };
  const Text a = resized(e.args[0], width);  // Verilator accepts the short 1 on the right alone
  const Text b = term(e.args[1], e.args[0]);
  Text t;
  t.s = operand(a, op) + " " + op + " " + operand(b, *op == '-' ? "" : op);
  t.binding = Binding::binary;
  t.op = op;
  t.is_signed = a.is_signed && b.is_signed;
  return t;
}

Text ExprPrinter::compared(const Expr& e) {
  const IntExpr width = max(at(e.args[0]).type.width, at(e.args[1]).type.width);
  Text a = extended(e.args[0], width);
  Text b = extended(e.args[1], width);
  const bool ordered = e.op != Op::eq && e.op != Op::ne;
  const bool is_signed = at(e.args[0]).type.is_signed();
  if (ordered) {
    a = with_sign(a, is_signed, false);
    b = with_sign(b, is_signed, false);
  }
  const char* op = "==";
  switch (e.op) {
    case Op::ne:
      op = "!=";
      break;
    case Op::lt:
      op = "<";
      break;
    case Op::le:
      op = "<=";
      break;
    case Op::gt:
      op = ">";
      break;
    case Op::ge:
      op = ">=";
      break;
    default:
      break;
  }
  return {operand(a, op) + " " + op + " " + operand(b, op), Binding::binary, false, op};
}

Text ExprPrinter::saturated(const Expr& e) {
  const Id source = e.args[0];
  const IntExpr from = at(source).type.width;
  const IntExpr to = e.type.width;
  const bool from_signed = at(source).type.is_signed();
  const bool to_signed = e.type.is_signed();
  const std::string x = name_of(source);
  const std::string low = x + (from == to ? std::string() : bits_text(to - 1, 0));
  const std::string sign = is_one(from) ? x : x + "[" + compact(from - 1) + "]";
  std::string s;
  if (from_signed && to_signed) {
    s = "(" + x + bits_text(from - 1, to - 1) + " == " + repeat(from - to + 1, sign) + ") ? " + low + " : {" +
        sign + ", " + repeat(to - 1, "~" + sign) + "}";
  } else if (from_signed) {
    const IntExpr above = from - 1 - to;  // bits that must be zero
    std::string rest = low;
    if (provably_ge(above, 1, facts())) {
      rest = "(|" + x + bits_text(from - 2, to) + ") ? " + repeat(to, "1'b1") + " : " + low;
      rest = "(" + rest + ")";
    } else if (provably_ge(to, from, facts())) {
      rest = operand(extended(source, to), "?");
    }
    s = sign + " ? " + repeat(to, "1'b0") + " : " + rest;
  } else if (to_signed) {
    s = "(|" + x + bits_text(from - 1, to - 1) + ") ? {1'b0, " + repeat(to - 1, "1'b1") + "} : " + low;
  } else {
    s = "(|" + x + bits_text(from - 1, to) + ") ? " + repeat(to, "1'b1") + " : " + low;
  }
  return {s, Binding::ternary, false, ""};
}

Text ExprPrinter::emit(Id id) {
  if (!inlined(id)) return {spill(id), Binding::primary, at(id).type.is_signed(), ""};
  return emit_fresh(id);
}

Text ExprPrinter::emit_fresh(Id id) {
  const Expr& e = at(id);
  const auto arg = [&](std::size_t i) { return emit(e.args[i]); };
  const auto binary = [&](const char* op) {
    const Text a = arg(0);
    const Text b = arg(1);
    return Text{operand(a, op) + " " + op + " " + operand(b, op), Binding::binary, a.is_signed && b.is_signed,
                op};
  };
  switch (e.op) {
    case Op::invalid:
      return {"1'bx /* invalid */", Binding::primary, false, ""};
    case Op::literal:
      return constant(e.type, e.i0);
    case Op::ref: {
      const Decl& d = m_.decls[e.decl];
      if (d.kind == DeclKind::constant) return constant(d.type, d.value, d.name);
      return {d.name, Binding::primary, d.type.is_signed(), ""};
    }
    case Op::element:
      return {decl_name(e), Binding::primary, e.type.is_signed(), ""};
    case Op::add:
    case Op::sub:
    case Op::neg:
    case Op::add_wrap:
    case Op::sub_wrap:
      return arithmetic(e, e.type.width);
    // A product of extended operands would hide the multiplier's real size from a synthesizer.
    case Op::mul:
      return {spill(id), Binding::primary, e.type.is_signed(), ""};
    case Op::truncate:
      return truncated(e.args[0], e.type.width);
    case Op::extend:
      return extended(e.args[0], e.type.width);
    case Op::saturate:
      return saturated(e);
    case Op::as_signed:
    case Op::as_unsigned:
      return arg(0);  // the same bits; who needs a sign asks for it
    case Op::to_signed:
      return {"{1'b0, " + arg(0).s + "}", Binding::primary, false, ""};
    case Op::bit_and:
      return binary("&");
    case Op::bit_or:
      return binary("|");
    case Op::bit_xor:
      return binary("^");
    case Op::bit_not: {
      const Text a = arg(0);
      return {"~" + operand(a, "~"), Binding::unary, a.is_signed, ""};
    }
    case Op::eq:
    case Op::ne:
    case Op::lt:
    case Op::le:
    case Op::gt:
    case Op::ge:
      return compared(e);
    case Op::mux: {
      const Text sel = arg(0);
      const Text t = arg(1);
      const Text f = arg(2);
      return {operand(sel, "?") + " ? " + operand(t, "?") + " : " + operand(f, "?"), Binding::ternary,
              t.is_signed && f.is_signed, ""};
    }
    case Op::concat: {
      std::string s = "{";
      for (const Id a : e.list) s += (s.size() > 1 ? ", " : "") + emit(a).s;
      return {s + "}", Binding::primary, false, ""};
    }
    case Op::replicate:
      return {repeat(e.i0, arg(0).s), Binding::primary, false, ""};
    case Op::bit_of:
      return part_of(e.args[0], e.i0, 1, false);
    case Op::slice:
      return part_of(e.args[0], e.i1, e.i0 - e.i1 + 1, false);
    case Op::part:
      return part_of(e.args[0], e.i0, e.i1, true);
    case Op::select: {
      if (at(e.args[0]).type.width == e.i1) return with_sign(arg(0), false, true);
      const std::string name = name_of(e.args[0]);
      const std::string index = with_sign(arg(1), false, true).s;
      const IntExpr exact = clog2(at(e.args[0]).type.width);
      if (is_one(e.i1) && at(e.args[1]).type.width == exact) {
        return {name + "[" + index + "]", Binding::primary, false, ""};
      }
      if (is_one(e.i1)) return {name + "[" + index + " +: 1]", Binding::primary, false, ""};
      return {name + "[" + index + "*" + count_text(e.i1) + " +: " + compact(e.i1) + "]", Binding::primary,
              false, ""};
    }
    case Op::any:
      return {"|" + operand(arg(0)), Binding::unary, false, ""};
    case Op::all:
      return {"&" + operand(arg(0)), Binding::unary, false, ""};
    case Op::parity:
      return {"^" + operand(arg(0)), Binding::unary, false, ""};
    case Op::shift_left: {
      if (provably_ge(e.i0, 1, facts())) {
        return {"{" + arg(0).s + ", " + repeat(e.i0, "1'b0") + "}", Binding::primary, false, ""};
      }
      return {operand(extended(e.args[0], e.type.width), "<<") + " << " + count_text(e.i0), Binding::binary,
              false, "<<"};
    }
    case Op::shift_left_by:
      return {operand(arg(0), "<<") + " << " + operand(arg(1), "<<"), Binding::binary, false, "<<"};
    case Op::shift_right:
    case Op::shift_right_by: {
      const std::string amount = e.op == Op::shift_right ? count_text(e.i0) : operand(arg(1), ">>");
      if (!e.type.is_signed()) {
        return {operand(arg(0), ">>") + " >> " + amount, Binding::binary, false, ">>"};
      }
      // Closed: an unsigned neighbour would turn it into a logical shift.
      return {"$signed(" + operand(with_sign(arg(0), true, false), ">>>") + " >>> " + amount + ")",
              Binding::primary, true, ""};
    }
    case Op::mem_read:
      return {m_.decls[e.decl].name + "[" + arg(0).s + "]", Binding::primary, e.type.is_signed(), ""};
  }
  return {};
}

/// The whole right-hand side of something exactly as wide as the node: here the natural form of exact
/// arithmetic is right, since the assignment itself extends the operands.
Text ExprPrinter::top(Id id) {
  const Expr& e = at(id);
  const auto natural = [&](Id a) { return with_sign(emit(a), at(a).type.is_signed(), true).s; };
  switch (e.op) {
    case Op::add:
    case Op::sub:
      if (!(at(e.args[0]).type.width == at(e.args[1]).type.width)) break;
      return {natural(e.args[0]) + (e.op == Op::add ? " + " : " - ") + natural(e.args[1]), Binding::binary,
              false, ""};
    case Op::mul:
      return {natural(e.args[0]) + " * " + natural(e.args[1]), Binding::binary, false, "*"};
    case Op::neg:
      return {"-" + natural(e.args[0]), Binding::unary, false, ""};
    case Op::shift_right:
    case Op::shift_right_by:
      if (e.type.is_signed()) {
        const std::string amount =
            e.op == Op::shift_right ? count_text(e.i0) : operand(emit(e.args[1]), ">>");
        return {operand(with_sign(emit(e.args[0]), true, false), ">>>") + " >>> " + amount, Binding::binary,
                true, ">>>"};
      }
      break;
    default:
      break;
  }
  return emit_fresh(id);
}

std::string ExprPrinter::assigned(Id id) {
  if (!inlined(id)) return spill(id);
  return top(id).s;
}

std::string ExprPrinter::standalone(Id id) {
  return emit(id).s;
}

std::string ExprPrinter::lvalue(Id id) {
  const Expr& e = at(id);
  if (is_name(e.op)) return decl_name(e);
  const Expr& base = at(e.args[0]);
  const std::string name = decl_name(base);
  if (base.type.width == e.type.width) return name;
  switch (e.op) {
    case Op::bit_of:
      return name + "[" + compact(e.i0) + "]";
    case Op::slice:
      return name + bits_text(e.i0, e.i1);
    case Op::part:
      if (is_one(e.i1)) return name + "[" + compact(e.i0) + "]";
      return name + "[" + compact(e.i0) + " +: " + compact(e.i1) + "]";
    default:
      return name;
  }
}

}  // namespace offramp::hw
