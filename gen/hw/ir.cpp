#include "hw/ir.h"

namespace offramp::hw {

std::string describe(const Type& type) {
  return (type.is_signed() ? "sint(" : "uint(") + type.width.verilog() + ")";
}

void Module::report(const char* id, std::string message, SourceLoc at, std::vector<Note> notes) {
  diagnostics.push_back({id, Severity::error, std::move(message), at, std::move(notes)});
}

void Module::require_open(SourceLoc at) const {
  if (!frozen) return;
  throw DesignError("HW0020",
                    "module '" + name +
                        "' is finished and is changed here; describe all of it in its build function, " +
                        "or instantiate it and work on the instance's ports",
                    at, {{"the module is built here", loc}});
}

Id Module::add(Expr e) {
  require_open(e.loc);
  e.scope = scope;
  exprs.push_back(std::move(e));
  return static_cast<Id>(exprs.size() - 1);
}

Id target_decl(const Module& m, Id expr) {
  while (expr != none) {
    const Expr& e = m.exprs[expr];
    switch (e.op) {
      case Op::ref:
      case Op::element:
        return e.decl;
      case Op::bit_of:
      case Op::slice:
      case Op::part:
        expr = e.args[0];
        break;
      default:
        return none;
    }
  }
  return none;
}

bool encloses(const Module& m, Id outer, Id inner) {
  for (Id s = inner; s != none; s = m.scopes[s].parent) {
    if (s == outer) return true;
  }
  return false;
}

std::string describe(const Module& m, Id expr) {
  if (expr == none) return "a value";
  const Expr& e = m.exprs[expr];
  const auto arg = [&](int i) { return describe(m, e.args[static_cast<std::size_t>(i)]); };
  switch (e.op) {
    case Op::invalid:
      return "an invalid value";
    case Op::literal:
      return "the literal " + e.i0.verilog();
    case Op::ref:
      return "'" + m.decls[e.decl].name + "'";
    case Op::element: {
      std::string s = "'" + m.decls[e.decl].name;
      for (const auto& i : e.indices) s += "[" + i.verilog() + "]";
      return s + "'";
    }
    case Op::bit_of:
      return "bit " + e.i0.verilog() + " of " + arg(0);
    case Op::slice:
      return "bits [" + e.i0.verilog() + ":" + e.i1.verilog() + "] of " + arg(0);
    case Op::part:
      return "bits [" + e.i0.verilog() + " +: " + e.i1.verilog() + "] of " + arg(0);
    case Op::add:
      return "a sum of " + arg(0) + " and " + arg(1);
    case Op::sub:
      return "a difference of " + arg(0) + " and " + arg(1);
    case Op::mul:
      return "a product of " + arg(0) + " and " + arg(1);
    case Op::mem_read:
      return "a word of '" + m.decls[e.decl].name + "'";
    case Op::eq:
    case Op::ne:
    case Op::lt:
    case Op::le:
    case Op::gt:
    case Op::ge:
      return "a comparison";
    case Op::concat:
      return "a concatenation";
    case Op::mux:
      return "a mux";
    default:
      return "an expression";
  }
}

}  // namespace offramp::hw
