#include <stdexcept>

#include "hw/interpret_place.h"

namespace offramp::hw::interpret {

Place& Place::of_scope(Id wanted) {
  for (Place* p = this; p != nullptr; p = p->parent) {
    if (p->scope == wanted) return *p;
  }
  throw std::logic_error("an expression of module '" + module->name + "' is used outside its scope");
}

const DeclNets& Place::nets_of(Id decl) {
  const Place& home = of_scope(module->decls[decl].scope);
  const auto it = home.decls.find(decl);
  if (it == home.decls.end()) {
    throw std::logic_error("'" + module->decls[decl].name + "' of module '" + module->name +
                           "' is used but not declared");
  }
  return it->second;
}

NetId Expressions::add_net(NetKind kind, std::int64_t width, SourceLoc loc, std::uint32_t index) {
  constexpr std::int64_t widest = std::int64_t{1} << 26;
  if (width < 1 || width > widest) {
    throw DesignError(error_id,
                      "a vector of " + std::to_string(width) +
                          " bits cannot be interpreted; narrow the range of a parameter",
                      loc);
  }
  Net net;
  net.kind = kind;
  net.width = static_cast<std::uint32_t>(width);
  net.index = index;
  n_.nets.push_back(std::move(net));
  return static_cast<NetId>(n_.nets.size() - 1);
}

Wire Expressions::constant(std::int64_t width, std::int64_t value) {
  auto [it, fresh] = constants_.try_emplace({width, value});
  if (fresh) {
    it->second =
        n_.whole(add_net(NetKind::constant, width, {}, static_cast<std::uint32_t>(n_.constants.size())));
    n_.constants.push_back(LogicVector::of(width, value));
  }
  return it->second;
}

Wire Expressions::unknown(std::int64_t width) {
  auto [it, fresh] = unknowns_.try_emplace(width);
  if (fresh) {
    it->second =
        n_.whole(add_net(NetKind::constant, width, {}, static_cast<std::uint32_t>(n_.constants.size())));
    n_.constants.emplace_back(width);
  }
  return it->second;
}

Wire Expressions::operation(Compute what, std::uint32_t width, std::vector<Operand> args, SourceLoc loc,
                            bool is_signed, std::uint32_t amount) {
  const NetId net = add_net(NetKind::operation, width, loc, static_cast<std::uint32_t>(n_.operations.size()));
  Operation o;
  o.what = what;
  o.is_signed = is_signed;
  o.amount = amount;
  o.loc = loc;
  for (std::size_t i = 0; i < args.size(); ++i) o.args[i] = args[i];
  n_.operations.push_back(o);
  return n_.whole(net);
}

Wire Expressions::join(const std::vector<Wire>& parts, SourceLoc loc) {
  std::int64_t width = 0;
  for (const Wire w : parts) width += w.width;
  const NetId net = add_net(NetKind::wire, width, loc);
  std::uint32_t low = 0;
  for (auto it = parts.rbegin(); it != parts.rend(); ++it) {
    n_.nets[net].drivers.push_back({low, *it});
    low += it->width;
  }
  return n_.whole(net);
}

Wire Expressions::extend(Operand a, std::uint32_t width, SourceLoc loc) {
  if (a.wire.width >= width) return a.wire.part(0, width);
  if (!a.is_signed) return join({constant(width - a.wire.width, 0), a.wire}, loc);
  return operation(Compute::extend, width, {a}, loc);
}

Wire Expressions::mux(Wire sel, Wire t, Wire f, SourceLoc loc) {
  if (t == f) return t;
  return operation(Compute::mux, t.width, {{sel}, {t}, {f}}, loc);
}

Wire Expressions::bit_and(Wire a, Wire b, SourceLoc loc) {
  return operation(Compute::bit_and, a.width, {{a}, {b}}, loc);
}

Wire Expressions::bit_or(Wire a, Wire b, SourceLoc loc) {
  return operation(Compute::bit_or, a.width, {{a}, {b}}, loc);
}

Wire Expressions::bit_not(Wire a, SourceLoc loc) {
  return operation(Compute::bit_not, a.width, {{a}}, loc);
}

Wire Expressions::equal(Operand a, Operand b, SourceLoc loc) {
  return operation(Compute::eq, 1, {a, b}, loc);
}

Operand Expressions::number(Place& at, Id expr) {
  // Extensions keep the number, and operations extend their operands themselves.
  const Expr* e = &at.module->exprs[expr];
  while (e->op == Op::extend || e->op == Op::to_signed) {
    expr = e->args[0];
    e = &at.module->exprs[expr];
  }
  return {compile(at, expr), e->type.is_signed()};
}

Wire Expressions::variable(Place& at, const Expr& e) {
  const Module& m = *at.module;
  const Decl& d = m.decls[e.decl];
  if (d.kind == DeclKind::constant) {
    return constant(evaluate(d.type.width, at.env), evaluate(d.value, at.env));
  }
  const DeclNets& nets = at.nets_of(e.decl);
  std::int64_t index = 0;
  for (std::size_t i = 0; i < e.indices.size(); ++i) {
    const std::int64_t k = evaluate(e.indices[i], at.env);
    if (k < 0 || k >= nets.dims[i]) {
      throw DesignError("HW0015",
                        "index " + std::to_string(k) + " leaves '" + at.prefix + d.name + "', which has " +
                            std::to_string(nets.dims[i]) + " elements there",
                        e.loc);
    }
    index = index * nets.dims[i] + k;
  }
  return n_.whole(nets.first + static_cast<NetId>(index));
}

Wire Expressions::target(Place& at, Id expr) {
  const Expr& e = at.module->exprs[expr];
  if (e.op == Op::ref || e.op == Op::element) return variable(at, e);
  const Wire base = target(at, e.args[0]);
  const std::int64_t low = evaluate(e.op == Op::slice ? e.i1 : e.i0, at.env);
  return base.part(static_cast<std::uint32_t>(low),
                   static_cast<std::uint32_t>(evaluate(e.type.width, at.env)));
}

Wire Expressions::compile(Place& at, Id expr) {
  const Expr& e = at.module->exprs[expr];
  Place& home = at.of_scope(e.scope);
  if (const auto it = home.exprs.find(expr); it != home.exprs.end()) return it->second;
  const Wire w = make(home, e);
  home.exprs.emplace(expr, w);
  return w;
}

Wire Expressions::make(Place& at, const Expr& e) {
  const auto arg = [&](std::size_t i) { return compile(at, e.args[i]); };
  const auto num = [&](std::size_t i) { return number(at, e.args[i]); };
  const auto is_signed = [&](std::size_t i) { return at.module->exprs[e.args[i]].type.is_signed(); };
  const std::int64_t wide = evaluate(e.type.width, at.env);
  const auto width = static_cast<std::uint32_t>(wide);
  const auto value = [&](const IntExpr& i) { return evaluate(i, at.env); };
  const auto binary = [&](Compute what) { return operation(what, width, {num(0), num(1)}, e.loc); };
  const auto swapped = [&](Compute what) { return operation(what, width, {num(1), num(0)}, e.loc); };
  const auto bitwise = [&](Compute what) { return operation(what, width, {{arg(0)}, {arg(1)}}, e.loc); };
  const auto part = [&](std::int64_t low) {
    const Wire w = arg(0);
    if (low < 0 || low + wide > w.width) {
      throw DesignError("HW0015",
                        "bits [" + std::to_string(low + wide - 1) + ":" + std::to_string(low) +
                            "] leave a vector of " + std::to_string(w.width) + " in '" + at.prefix +
                            at.module->name + "'",
                        e.loc);
    }
    return w.part(static_cast<std::uint32_t>(low), width);
  };
  switch (e.op) {
    case Op::invalid:
      break;
    case Op::literal:
      return constant(wide, value(e.i0));
    case Op::ref:
    case Op::element:
      return variable(at, e);
    case Op::add:
    case Op::add_wrap:
      return binary(Compute::add);
    case Op::sub:
    case Op::sub_wrap:
      return binary(Compute::sub);
    case Op::mul:
      return binary(Compute::mul);
    case Op::neg:
      return operation(Compute::sub, width, {{constant(1, 0)}, num(0)}, e.loc);
    case Op::as_signed:
    case Op::as_unsigned:
      return arg(0);
    case Op::truncate:
      return part(0);
    case Op::bit_of:
    case Op::part:
      return part(value(e.i0));
    case Op::slice:
      return part(value(e.i1));
    case Op::extend:
    case Op::to_signed:
      return extend({arg(0), is_signed(0)}, width, e.loc);
    case Op::saturate:
      return operation(Compute::saturate, width, {num(0)}, e.loc, e.type.is_signed());
    case Op::bit_and:
      return bitwise(Compute::bit_and);
    case Op::bit_or:
      return bitwise(Compute::bit_or);
    case Op::bit_xor:
      return bitwise(Compute::bit_xor);
    case Op::bit_not:
      return bit_not(arg(0), e.loc);
    case Op::eq:
      return binary(Compute::eq);
    case Op::ne:
      return binary(Compute::ne);
    case Op::lt:
      return binary(Compute::lt);
    case Op::le:
      return binary(Compute::le);
    case Op::gt:
      return swapped(Compute::lt);
    case Op::ge:
      return swapped(Compute::le);
    case Op::mux:
      return mux(arg(0), arg(1), arg(2), e.loc);
    case Op::concat: {
      std::vector<Wire> parts;
      for (const Id a : e.list) parts.push_back(compile(at, a));
      return join(parts, e.loc);
    }
    case Op::replicate: {
      const Wire w = arg(0);
      if (w.width == 1) return extend({w, true}, width, e.loc);
      return join(std::vector<Wire>(static_cast<std::size_t>(value(e.i0)), w), e.loc);
    }
    case Op::select:
      return operation(Compute::select, width, {{arg(0)}, {arg(1)}}, e.loc, false,
                       static_cast<std::uint32_t>(value(e.i1)));
    case Op::any:
      return operation(Compute::any, 1, {{arg(0)}}, e.loc);
    case Op::all:
      return operation(Compute::all, 1, {{arg(0)}}, e.loc);
    case Op::parity:
      return operation(Compute::parity, 1, {{arg(0)}}, e.loc);
    case Op::shift_left: {
      const std::int64_t by = value(e.i0);
      return by == 0 ? arg(0) : join({arg(0), constant(by, 0)}, e.loc);
    }
    case Op::shift_right: {
      const Wire w = arg(0);
      const std::int64_t by = value(e.i0);
      if (by < w.width) {
        const auto low = static_cast<std::uint32_t>(by);
        return extend({w.part(low, w.width - low), is_signed(0)}, width, e.loc);
      }
      return is_signed(0) ? extend({w.part(w.width - 1, 1), true}, width, e.loc) : constant(wide, 0);
    }
    case Op::shift_left_by:
      return operation(Compute::shift_left_by, width, {{arg(0)}, {arg(1)}}, e.loc);
    case Op::shift_right_by:
      return operation(Compute::shift_right_by, width, {{arg(0), is_signed(0)}, {arg(1)}}, e.loc);
    case Op::mem_read:
      return operation(Compute::mem_read, width, {{arg(0)}}, e.loc, false, at.nets_of(e.decl).memory);
  }
  throw DesignError(error_id,
                    "module '" + at.module->name +
                        "' holds an invalid expression; fix what check() reports before interpreting",
                    e.loc);
}

}  // namespace offramp::hw::interpret
