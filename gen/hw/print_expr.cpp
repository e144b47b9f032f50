#include "hw/print_expr.h"

#include <algorithm>
#include <cctype>

namespace offramp::hw {

using verilog::BinaryOp;
using verilog::UnaryOp;

namespace {

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
    case Op::element:
      return "word";
    default:
      return "val";
  }
}

bool is_name(Op op) {
  return op == Op::ref || op == Op::element;
}

const IntExpr one = 1;

/// Does Verilog take it as one operand, whatever stands beside it?
bool is_primary(const verilog::Expr* e) {
  using Kind = verilog::ExprKind;
  return e->kind != Kind::unary && e->kind != Kind::binary && e->kind != Kind::ternary;
}

BinaryOp binary_op(Op op) {
  switch (op) {
    case Op::mul:
      return BinaryOp::mul;
    case Op::add:
    case Op::add_wrap:
      return BinaryOp::add;
    case Op::sub:
    case Op::sub_wrap:
      return BinaryOp::sub;
    case Op::bit_and:
      return BinaryOp::bit_and;
    case Op::bit_or:
      return BinaryOp::bit_or;
    case Op::bit_xor:
      return BinaryOp::bit_xor;
    case Op::ne:
      return BinaryOp::ne;
    case Op::lt:
      return BinaryOp::lt;
    case Op::le:
      return BinaryOp::le;
    case Op::gt:
      return BinaryOp::gt;
    case Op::ge:
      return BinaryOp::ge;
    default:
      return BinaryOp::eq;
  }
}

}  // namespace

std::string active_high_name(std::string_view name) {
  if (name.ends_with("_ni")) return std::string(name.substr(0, name.size() - 2)) + "i";
  if (name.ends_with("_n")) name.remove_suffix(2);
  if (name.ends_with("n")) name.remove_suffix(1);  // aresetn
  return std::string(name);
}

ExprLowering::ExprLowering(const Module& m, const PrintOptions& options, verilog::Tree& tree)
    : m_(m), options_(options), t_(tree), uses_(m.exprs.size(), 0) {
  count_uses();
}

/// How often each node is used by what is printed.
void ExprLowering::count_uses() {
  std::vector<Id> open;
  const auto use = [&](Id id) {
    if (id != none && uses_[id]++ == 0) open.push_back(id);
  };
  for (const auto& d : m_.decls) use(d.source);
  for (const auto& a : m_.assigns) {
    use(a.target);
    use(a.value);
  }
  for (const auto& u : m_.instances) {
    for (const auto& [port, value] : u.inputs) use(value);
  }
  for (const auto& s : m_.stmts) {
    if (s.kind != StmtKind::mem_write) use(s.target);
    use(s.value);
    use(s.address);
    for (const auto& a : s.arms) {
      use(a.cond);
      for (const Id l : a.labels) use(l);
    }
  }
  for (const auto& p : m_.properties) use(p.condition);
  while (!open.empty()) {
    const Id id = open.back();
    open.pop_back();
    for (const Id a : m_.exprs[id].args) use(a);
    for (const Id a : m_.exprs[id].list) use(a);
  }
}

void ExprLowering::collect_names() {
  names_.reserve(2 * m_.decls.size());
  for (const auto& d : m_.decls) names_.insert(name_of_decl(d));
  for (const auto& p : m_.params) names_.insert(p->name);
  for (const auto& p : m_.localparams) names_.insert(p->name);
  for (const auto& u : m_.instances) names_.insert(u.name);
  for (const auto& p : m_.properties) names_.insert(p.name);
  for (const auto& s : m_.scopes) names_.insert(s.label);
}

std::string_view ExprLowering::unique(const std::string& name) {
  if (names_.empty()) collect_names();
  std::string s = name;
  for (int n = 2; names_.contains(s); ++n) s = name + "_" + std::to_string(n);
  return *names_.insert(t_.text(s)).first;
}

void ExprLowering::enter(Id scope, std::string_view lhs, verilog::Items* prelude) {
  scope_ = scope;
  lhs_ = lhs;
  prelude_ = prelude;
}

std::string ExprLowering::stem() const {
  return lhs_.starts_with("_") ? lhs_ : "_" + lhs_;
}

std::string_view ExprLowering::name_of_decl(const Decl& d) {
  return inverted(d) ? t_.text(active_high_name(d.name)) : std::string_view(d.name);
}

verilog::Shape ExprLowering::shape(const Type& type, bool expand) {
  verilog::Shape s{type.is_signed(), nullptr};
  if (!(type.width == one)) s.msb = t_.integer(expand ? (type.width - 1).expanded() : type.width - 1);
  return s;
}

const verilog::Expr* ExprLowering::condition(const IntCondition& c) {
  static constexpr BinaryOp ops[] = {BinaryOp::eq, BinaryOp::ne, BinaryOp::gt,
                                     BinaryOp::ge, BinaryOp::lt, BinaryOp::le};
  return t_.binary(ops[static_cast<int>(c.op)], t_.integer(c.a), t_.integer(c.b));
}

void ExprLowering::declare_wire(const Type& type, std::string_view name, const verilog::Expr* value) {
  verilog::Net net{{verilog::ItemKind::net}};
  net.shape = shape(type);
  net.name = name;
  net.value = value;
  prelude_->add(t_.make(net));
}

void ExprLowering::assign(const verilog::Expr* target, const verilog::Expr* value) {
  prelude_->add(t_.make(verilog::ContinuousAssign{{verilog::ItemKind::assign}, target, value}));
}

/// Sized decimal literal; the value is known to fit.
Lowered ExprLowering::number(std::int64_t value, std::int64_t width, bool is_signed) {
  if (value < 0) {
    const std::uint64_t magnitude = ~static_cast<std::uint64_t>(value) + 1;
    return {t_.unary(UnaryOp::minus, t_.literal(width, magnitude, is_signed, false)), is_signed};
  }
  return {t_.literal(width, static_cast<std::uint64_t>(value), is_signed, width == 1), is_signed};
}

/// `1'b0` or `{n{1'b0}}`
const verilog::Expr* ExprLowering::zeros(const IntExpr& n) {
  return n == one ? t_.bit(false) : t_.repeat(n, t_.bit(false));
}

/// `x[msb:lsb]`, or `x[lsb]` where that is all.
const verilog::Expr* ExprLowering::bits(const verilog::Expr* base, const IntExpr& msb, const IntExpr& lsb) {
  if (msb == lsb) return t_.index(base, t_.integer(lsb));
  return t_.range(base, t_.integer(msb), t_.integer(lsb));
}

const verilog::Expr* ExprLowering::sign_of(const verilog::Expr* base, const IntExpr& width) {
  return width == one ? base : t_.index(base, t_.integer(width - 1));
}

const verilog::Expr* ExprLowering::declared(const Expr& e) {
  const verilog::Expr* x = t_.name(m_.decls[e.decl].name);
  for (const auto& i : e.indices) x = t_.index(x, t_.integer(i));
  return x;
}

/// Nodes that are as short as a name are written again at each use.
bool ExprLowering::inlined(Id id) const {
  const Expr& e = at(id);
  switch (e.op) {
    case Op::invalid:
    case Op::literal:
    case Op::ref:
      return true;
    case Op::element:
      return !in_comb_;
    case Op::mem_read:
      return !in_comb_ && uses_[id] <= 1;
    case Op::as_signed:
    case Op::as_unsigned:
      return inlined(e.args[0]);
    case Op::bit_not:
    case Op::bit_of:
    case Op::slice:
    case Op::part:
      return is_name(at(e.args[0]).op);
    default:
      return uses_[id] <= 1;
  }
}

const verilog::Expr* ExprLowering::spill(Id id) {
  for (const auto& k : spilled_[id]) {
    if (encloses(m_, k.scope, scope_)) return k.e;
  }
  const Expr& e = at(id);
  std::string saved = lhs_;
  const bool in_comb = in_comb_;
  const std::string_view name = unique(stem() + "_" + op_word(e.op));
  lhs_ = name;
  in_comb_ = false;
  const verilog::Expr* value = top(id).e;
  in_comb_ = in_comb;
  lhs_ = std::move(saved);
  declare_wire(e.type, name, value);
  return spilled_[id].emplace_back(Spilled{t_.name(name), scope_}).e;
}

const verilog::Expr* ExprLowering::name_of(Id id, const IntExpr* used_lsb, const IntExpr* used_width) {
  const Expr& e = at(id);
  if (e.op == Op::as_signed || e.op == Op::as_unsigned) return name_of(e.args[0], used_lsb, used_width);
  if (e.op == Op::element && !in_comb_) return declared(e);
  if (e.op == Op::ref) {
    const Decl& d = m_.decls[e.decl];
    if (d.kind != DeclKind::constant && !inverted(d)) return declared(e);
  }
  const auto& known = spilled_[id];
  const bool fresh = std::none_of(known.begin(), known.end(),
                                  [&](const Spilled& k) { return encloses(m_, k.scope, scope_); });
  const verilog::Expr* name = spill(id);
  if (fresh && uses_[id] <= 1 && used_width != nullptr) {
    // Say which bits of the temporary are dropped, so that a linter does not have to ask.
    std::vector<const verilog::Expr*> rest;
    const IntExpr above = *used_lsb + *used_width;
    if (provably_ge(e.type.width - above, 1, facts())) rest.push_back(bits(name, e.type.width - 1, above));
    if (provably_ge(*used_lsb, 1, facts())) rest.push_back(bits(name, *used_lsb - 1, 0));
    if (!rest.empty()) {
      const std::string unused = "_unused" + std::string(static_cast<const verilog::Name*>(name)->text);
      declare_wire(bit(), unique(unused), t_.unary(UnaryOp::any, t_.concat(rest)));
    }
  }
  return name;
}

/// The same bits, taken by Verilog as signed or unsigned; `closed` makes a text that no context can widen.
Lowered ExprLowering::with_sign(Lowered t, bool is_signed, bool closed) {
  // A comparison or a reduction has its own width already, but one bit wide ones are rare enough to wrap.
  if (t.is_signed == is_signed && !(closed && !is_primary(t.e))) return t;
  return {t_.call(is_signed ? "$signed" : "$unsigned", {t.e}), is_signed};
}

Lowered ExprLowering::constant(const Type& type, const IntExpr& value, std::string_view given) {
  const auto width = type.width.constant();
  const auto v = value.constant();
  if (given.empty()) {
    if (width && v) return number(*v, *width, type.is_signed());
    if (v && (*v == 0 || *v == -1)) return {t_.repeat(type.width, t_.bit(*v != 0))};
  }
  const bool is_integer = !v || (*v >= -(std::int64_t{1} << 31) && *v < (std::int64_t{1} << 31));
  if (given.empty() && v && *v > 0) {
    const std::int64_t bits_needed = *clog2(IntExpr(*v) + 1).constant();
    if (provably_ge(type.width, bits_needed + 1, facts())) {
      return {
          t_.concat({t_.repeat(type.width - bits_needed, t_.bit(false)), number(*v, bits_needed, false).e})};
    }
  }
  auto& known =
      constants_[given.empty() ? "_k_" + word_of(value) + " " + word_of(type.width) : std::string(given)];
  for (const auto& k : known) {
    if (encloses(m_, k.scope, scope_)) return {k.e, width && v && type.is_signed()};
  }
  const std::string_view name = given.empty() ? unique("_k_" + word_of(value)) : given;
  Lowered ref{t_.name(name)};
  const auto declare = [&](verilog::Localparam p) { prelude_->add(t_.make(p)); };
  verilog::Localparam p{{verilog::ItemKind::localparam}};
  p.name = name;
  if (width && v) {
    p.integer = false;
    p.shape = shape(type);
    p.value = number(*v, *width, type.is_signed()).e;
    ref.is_signed = type.is_signed();
  } else if (is_integer && provably_ge(32, type.width, facts())) {
    p.value = t_.integer(value);
    ref.e = bits(ref.e, type.width - 1, 0);
  } else {
    // An integer has 32 bits; a wider constant is put together and cut, which holds for every width.
    const std::int64_t low_bits = is_integer ? 32 : 64;
    const verilog::Expr* low = v ? number(*v, low_bits, *v < 0).e : nullptr;
    if (low == nullptr) {
      verilog::Localparam integer{{verilog::ItemKind::localparam}};
      integer.name = unique(std::string(name) + "_int");
      integer.value = t_.integer(value);
      declare(integer);
      low = bits(t_.name(integer.name), 31, 0);
    }
    p.integer = false;
    p.shape.msb = t_.integer(type.width + low_bits - 1);
    p.value = t_.concat({t_.repeat(type.width, t_.bit(v && *v < 0)), low});
    ref.e = bits(ref.e, type.width - 1, 0);
  }
  declare(p);
  known.push_back({ref.e, scope_});
  return ref;
}

/// Bits [lsb +: width] of a node.
Lowered ExprLowering::part_of(Id id, const IntExpr& lsb, const IntExpr& width, bool plus) {
  const Expr& e = at(id);
  if (is_width_of(id, width)) return emit(id);
  if (!is_name(e.op) && lsb == IntExpr(0)) return truncated(id, width);
  const verilog::Expr* name = name_of(id, &lsb, &width);
  if (plus && !(width == one)) return {t_.part(name, t_.integer(lsb), t_.integer(width))};
  return {bits(name, lsb + width - 1, lsb)};
}

Lowered ExprLowering::resized(Id id, const IntExpr& width) {
  const IntExpr& own = at(id).type.width;
  if (own == width) return emit(id);
  if (provably_ge(width, own, facts())) return extended(id, width);
  return truncated(id, width);
}

bool ExprLowering::is_width_of(Id id, const IntExpr& width) const {
  const IntExpr& own = at(id).type.width;
  return own == width || (provably_ge(own, width, facts()) && provably_ge(width, own, facts()));
}

Lowered ExprLowering::extended(Id id, const IntExpr& width) {
  const Expr& e = at(id);
  const IntExpr& own = e.type.width;
  if (is_width_of(id, width)) return emit(id);
  const bool is_signed = e.type.is_signed();
  if (e.op == Op::literal) return constant({width, e.type.sign}, e.i0);
  if (e.op == Op::extend && inlined(id)) return extended(e.args[0], width);
  const IntExpr more = width - own;
  if (provably_ge(more, 1, facts())) {
    if (!is_signed) return {t_.concat({zeros(more), emit(id).e})};
    const verilog::Expr* name = name_of(id);
    if (own == one) return {t_.repeat(width, name)};
    const verilog::Expr* sign = sign_of(name, own);
    return {t_.concat({more == one ? sign : t_.repeat(more, sign), name})};
  }
  // The extension may be empty for some parameter values, and {0{x}} is not Verilog.
  const std::string_view name = unique(stem() + "_ext");
  const verilog::Expr* whole = t_.name(name);
  const verilog::Expr* source = is_signed ? name_of(id) : emit(id).e;
  const verilog::Expr* sign = is_signed ? sign_of(source, own) : t_.bit(false);
  declare_wire({width, e.type.sign}, name, nullptr);
  assign(bits(whole, own - 1, 0), source);
  verilog::GenerateIf g{{verilog::ItemKind::generate_if}};
  g.condition = condition(greater(width, own));
  g.label = t_.text("gen" + std::string(name));
  g.body.add(t_.make(verilog::ContinuousAssign{
      {verilog::ItemKind::assign}, bits(whole, width - 1, own), t_.repeat(more, sign)}));
  prelude_->add(t_.make(g));
  return {whole, is_signed};
}

/// The low bits of a node. Sums and products are cut before they are computed: the low bits are the same.
Lowered ExprLowering::truncated(Id id, const IntExpr& width) {
  if (is_width_of(id, width)) return emit(id);
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
  return {bits(name_of(id, &zero, &width), width - 1, 0)};
}

/// Sums and products modulo 2^width, with operands of that width.
Lowered ExprLowering::arithmetic(const Expr& e, const IntExpr& width) {
  const Lowered a = resized(e.args[0], width);
  if (e.op == Op::neg) return {t_.unary(UnaryOp::minus, a.e)};
  // `cnt_q + 1'b1`: the other operand already has the full width, so the 1 is extended by zeros. Verilator
  // accepts the short 1 on the right alone.
  const Expr& right = at(e.args[1]);
  const bool short_one =
      right.op == Op::literal && right.i0 == one && !width.is_constant() && at(e.args[0]).op != Op::literal;
  const Lowered b = short_one ? Lowered{t_.bit(true)} : resized(e.args[1], width);
  return {t_.binary(binary_op(e.op), a.e, b.e), a.is_signed && b.is_signed};
}

Lowered ExprLowering::compared(const Expr& e) {
  const IntExpr width = max(at(e.args[0]).type.width, at(e.args[1]).type.width);
  Lowered a = extended(e.args[0], width);
  Lowered b = extended(e.args[1], width);
  if (e.op != Op::eq && e.op != Op::ne) {
    const bool is_signed = at(e.args[0]).type.is_signed();
    a = with_sign(a, is_signed, false);
    b = with_sign(b, is_signed, false);
  }
  return {t_.binary(binary_op(e.op), a.e, b.e)};
}

Lowered ExprLowering::saturated(const Expr& e) {
  const Id source = e.args[0];
  const IntExpr& from = at(source).type.width;
  const IntExpr& to = e.type.width;
  const bool from_signed = at(source).type.is_signed();
  const bool to_signed = e.type.is_signed();
  const verilog::Expr* x = name_of(source);
  const verilog::Expr* low = is_width_of(source, to) ? x : bits(x, to - 1, 0);
  const verilog::Expr* sign = sign_of(x, from);
  const auto any_above = [&](const IntExpr& msb, const IntExpr& lsb) {
    return t_.unary(UnaryOp::any, bits(x, msb, lsb));
  };
  const auto repeated = [&](const IntExpr& n, const verilog::Expr* what) {
    return n == one ? what : t_.repeat(n, what);
  };
  // One bit is a reduction. (Of `(|x[4:1]) ? 1'b1 : x[0]` Verilator 5.006 makes a wrong width where it is
  // extended.)
  if (to == one && !to_signed && !from_signed) return {t_.unary(UnaryOp::any, x)};
  if (to == one && !to_signed && provably_ge(from, 2, facts())) {
    return {t_.binary(BinaryOp::bit_and, t_.unary(UnaryOp::bit_not, sign),
                      t_.unary(UnaryOp::any, bits(x, from - 2, 0)))};
  }
  if (from_signed && to_signed) {
    const auto* fits = t_.binary(BinaryOp::eq, bits(x, from - 1, to - 1), repeated(from - to + 1, sign));
    return {t_.ternary(fits, low, t_.concat({sign, repeated(to - 1, t_.unary(UnaryOp::bit_not, sign))}))};
  }
  if (from_signed) {
    const IntExpr above = from - 1 - to;  // bits that must be zero
    const verilog::Expr* rest = low;
    if (provably_ge(above, 1, facts())) {
      rest = t_.ternary(any_above(from - 2, to), repeated(to, t_.bit(true)), low);
    } else if (provably_ge(to, from, facts())) {
      rest = extended(source, to).e;
    }
    return {t_.ternary(sign, repeated(to, t_.bit(false)), rest)};
  }
  if (to_signed) {
    return {t_.ternary(any_above(from - 1, to - 1),
                       t_.concat({t_.bit(false), repeated(to - 1, t_.bit(true))}), low)};
  }
  return {t_.ternary(any_above(from - 1, to), repeated(to, t_.bit(true)), low)};
}

Lowered ExprLowering::shifted_right(const Expr& e) {
  const verilog::Expr* amount = e.op == Op::shift_right ? t_.integer(e.i0) : emit(e.args[1]).e;
  const Lowered a = emit(e.args[0]);
  if (!e.type.is_signed()) return {t_.binary(BinaryOp::shift_right, a.e, amount)};
  return {t_.binary(BinaryOp::shift_right_signed, with_sign(a, true, false).e, amount), true};
}

Lowered ExprLowering::selected(const Expr& e) {
  const Id from = e.args[0];
  const IntExpr& width = e.i1;
  if (is_width_of(from, width)) return with_sign(emit(from), false, true);
  const verilog::Expr* name = name_of(from);
  const verilog::Expr* index = address(e.args[1]);
  if (width == one) {
    if (at(e.args[1]).type.width == clog2(at(from).type.width)) return {t_.index(name, index)};
    return {t_.part(name, index, t_.integer(1))};
  }
  const verilog::Expr* w = t_.integer(width);
  return {t_.part(name, t_.binary(BinaryOp::mul, index, w), w)};
}

Lowered ExprLowering::emit(Id id) {
  if (!inlined(id)) return {spill(id), at(id).type.is_signed()};
  return emit_fresh(id);
}

Lowered ExprLowering::emit_fresh(Id id) {
  const Expr& e = at(id);
  const auto arg = [&](std::size_t i) { return emit(e.args[i]); };
  switch (e.op) {
    case Op::invalid:
      return {t_.name("1'bx /* invalid */")};
    case Op::literal:
      return constant(e.type, e.i0);
    case Op::ref: {
      const Decl& d = m_.decls[e.decl];
      if (d.kind == DeclKind::constant) return constant(d.type, d.value, d.name);
      if (inverted(d)) return {t_.unary(UnaryOp::bit_not, t_.name(name_of_decl(d)))};
      return {t_.name(d.name), d.type.is_signed()};
    }
    case Op::element:
      return {declared(e), e.type.is_signed()};
    case Op::add:
    case Op::sub:
    case Op::neg:
    case Op::add_wrap:
    case Op::sub_wrap:
      return arithmetic(e, e.type.width);
    // A product of extended operands would hide the multiplier's real size from a synthesizer.
    case Op::mul:
      return {spill(id), e.type.is_signed()};
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
      return {t_.concat({t_.bit(false), arg(0).e})};
    case Op::bit_and:
    case Op::bit_or:
    case Op::bit_xor: {
      const Lowered a = arg(0);
      const Lowered b = arg(1);
      return {t_.binary(binary_op(e.op), a.e, b.e), a.is_signed && b.is_signed};
    }
    case Op::bit_not:
      return inverse(e.args[0]);
    case Op::eq:
    case Op::ne:
    case Op::lt:
    case Op::le:
    case Op::gt:
    case Op::ge:
      return compared(e);
    case Op::mux: {
      const Lowered sel = arg(0);
      const Lowered t = arg(1);
      const Lowered f = arg(2);
      return {t_.ternary(sel.e, t.e, f.e), t.is_signed && f.is_signed};
    }
    case Op::concat: {
      std::vector<const verilog::Expr*> parts;
      parts.reserve(e.list.size());
      for (const Id a : e.list) parts.push_back(emit(a).e);
      return {t_.concat(parts)};
    }
    case Op::replicate:
      return {t_.repeat(e.i0, arg(0).e)};
    case Op::bit_of:
      return part_of(e.args[0], e.i0, 1, false);
    case Op::slice:
      return part_of(e.args[0], e.i1, e.i0 - e.i1 + 1, false);
    case Op::part:
      return part_of(e.args[0], e.i0, e.i1, true);
    case Op::select:
      return selected(e);
    case Op::any:
      return {t_.unary(UnaryOp::any, arg(0).e)};
    case Op::all:
      return {t_.unary(UnaryOp::all, arg(0).e)};
    case Op::parity:
      return {t_.unary(UnaryOp::parity, arg(0).e)};
    case Op::shift_left: {
      if (provably_ge(e.i0, 1, facts())) {
        return {t_.concat({arg(0).e, t_.repeat(e.i0, t_.bit(false))})};
      }
      return {t_.binary(BinaryOp::shift_left, extended(e.args[0], e.type.width).e, t_.integer(e.i0))};
    }
    case Op::shift_left_by: {
      const Lowered amount = arg(1);
      return {t_.binary(BinaryOp::shift_left, arg(0).e, amount.e)};
    }
    case Op::shift_right:
    case Op::shift_right_by:
      // Closed: an unsigned neighbour would turn it into a logical shift.
      if (e.type.is_signed()) return {t_.call("$signed", {shifted_right(e).e}), true};
      return shifted_right(e);
    case Op::mem_read:
      return {t_.index(t_.name(m_.decls[e.decl].name), address(e.args[0])), e.type.is_signed()};
  }
  return {};
}

/// `~x`
Lowered ExprLowering::inverse(Id id) {
  const Expr& e = at(id);
  if (e.op == Op::ref && inverted(m_.decls[e.decl])) return {t_.name(name_of_decl(m_.decls[e.decl]))};
  const Lowered a = emit(id);
  return {t_.unary(UnaryOp::bit_not, a.e), a.is_signed};
}

/// The whole right-hand side of something exactly as wide as the node: here the natural form of exact
/// arithmetic is right, since the assignment itself extends the operands.
Lowered ExprLowering::top(Id id) {
  const Expr& e = at(id);
  const auto natural = [&](Id a) { return with_sign(emit(a), at(a).type.is_signed(), true).e; };
  switch (e.op) {
    case Op::add:
    case Op::sub:
      if (!(at(e.args[0]).type.width == at(e.args[1]).type.width)) break;
      [[fallthrough]];
    case Op::mul: {
      const verilog::Expr* b = natural(e.args[1]);  // first, so that temporaries keep their names
      return {t_.binary(binary_op(e.op), natural(e.args[0]), b)};
    }
    case Op::neg:
      return {t_.unary(UnaryOp::minus, natural(e.args[0]))};
    case Op::shift_right:
    case Op::shift_right_by:
      return shifted_right(e);
    default:
      break;
  }
  return emit_fresh(id);
}

const verilog::Expr* ExprLowering::assigned(Id id) {
  if (!inlined(id)) return spill(id);
  return top(id).e;
}

const verilog::Expr* ExprLowering::address(Id id) {
  Lowered a = emit(id);
  if (!is_primary(a.e)) {
    Id named = id;
    while (at(named).op == Op::as_signed || at(named).op == Op::as_unsigned) named = at(named).args[0];
    a = {name_of(named), at(named).type.is_signed()};
  }
  return with_sign(a, false, false).e;
}

const verilog::Expr* ExprLowering::standalone(Id id) {
  return emit(id).e;
}

const verilog::Expr* ExprLowering::lvalue(Id id) {
  const Expr& e = at(id);
  if (is_name(e.op)) return declared(e);
  const Expr& base = at(e.args[0]);
  const verilog::Expr* name = declared(base);
  if (is_width_of(e.args[0], e.type.width)) return name;
  switch (e.op) {
    case Op::bit_of:
      return t_.index(name, t_.integer(e.i0));
    case Op::slice:
      return bits(name, e.i0, e.i1);
    case Op::part:
      if (e.i1 == one) return t_.index(name, t_.integer(e.i0));
      return t_.part(name, t_.integer(e.i0), t_.integer(e.i1));
    default:
      return name;
  }
}

}  // namespace offramp::hw
