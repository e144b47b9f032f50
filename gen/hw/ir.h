#pragma once
// The intermediate representation of one module: expression nodes, declarations, a statement tree for clocked
// and comb processes, instances, and generate scopes, each in its own vector and named by index. Users never
// see it; the builder writes it, checks and the printer read it.
#include <array>
#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "hw/diagnostic.h"
#include "hw/int_expr.h"
#include "hw/type.h"

namespace offramp::hw {

class Design;

using Id = std::uint32_t;
inline constexpr Id none = ~Id{0};

enum class Op : std::uint8_t {
  invalid,  // stands for a value whose making was already reported
  literal,  // i0 = value
  ref,      // decl
  element,  // decl, indices
  add,
  sub,
  mul,
  neg,
  add_wrap,
  sub_wrap,
  truncate,
  extend,
  saturate,
  as_signed,
  as_unsigned,
  to_signed,
  bit_and,
  bit_or,
  bit_xor,
  bit_not,
  eq,
  ne,
  lt,
  le,
  gt,
  ge,
  mux,        // args = sel, t, f
  concat,     // list, most significant first
  replicate,  // i0 = count
  bit_of,     // i0 = index
  slice,      // i0 = msb, i1 = lsb
  part,       // i0 = lsb, i1 = width
  select,     // args[1] = index, i1 = width
  any,
  all,
  parity,
  shift_left,
  shift_right,  // i0 = amount
  shift_left_by,
  shift_right_by,  // args[1] = amount
  mem_read,        // decl, args[0] = address
};

struct Expr {
  Op op = Op::invalid;
  Type type;
  SourceLoc loc;
  std::array<Id, 3> args{none, none, none};
  Id decl = none;
  Id scope = 0;  ///< where it was made
  IntExpr i0;
  IntExpr i1;
  std::vector<Id> list;
  std::vector<IntExpr> indices;
};

enum class DeclKind : std::uint8_t {
  input,
  output,
  wire,
  let,
  reg,
  constant,
  net_array,
  memory,
  instance_output
};

struct Decl {
  DeclKind kind = DeclKind::wire;
  std::string name;
  Type type;
  SourceLoc loc;
  std::string doc;
  Id scope = 0;
  std::vector<IntExpr> dims;  ///< net_array; memory: one entry, the depth
  bool has_reset = false;     ///< reg
  IntExpr value;              ///< reset value of a reg, value of a constant
  Id source = none;           ///< let: the expression
  bool procedural = false;    ///< driven in a comb block, so printed as reg
  bool clock = false;         ///< the clock or reset of a Clocking
  std::string init;           ///< memory: name of the string parameter, or a file name in quotes
  std::string ram_style;      ///< memory
};

enum class StmtKind : std::uint8_t { assign, if_, switch_, mem_write, comment };

/// One branch of an if (cond == none: else) or of a switch (no labels: default).
struct Arm {
  Id cond = none;
  std::vector<Id> labels;
  std::vector<Id> body;
};

struct Stmt {
  StmtKind kind = StmtKind::assign;
  SourceLoc loc;
  Id target = none;  ///< assign: an lvalue expression; mem_write: the memory's decl; switch: the selector
  Id value = none;
  Id address = none;
  std::vector<Arm> arms;
  std::string text;
};

struct Process {
  bool clocked = false;
  Id clock = none;  ///< decl
  Id reset = none;  ///< decl, or none
  std::vector<Id> body;
  SourceLoc loc;
};

struct Assign {
  Id target = none;
  Id value = none;
  SourceLoc loc;
};

struct Module;

struct Instance {
  std::string name;
  const Module* module = nullptr;
  std::vector<std::pair<std::string, std::variant<IntExpr, std::string>>> params;
  std::vector<std::pair<Id, Id>> inputs;   ///< decl of the child, expression here
  std::vector<std::pair<Id, Id>> outputs;  ///< decl of the child, decl here
  Id scope = 0;
  SourceLoc loc;
};

enum class ItemKind : std::uint8_t {
  decl,
  assign,
  process,
  instance_outputs,
  instance,
  generate_for,
  generate_if,
  localparam,
  comment,
  section
};

/// What a scope contains, in the order in which it is printed.
struct Item {
  ItemKind kind = ItemKind::decl;
  Id index = none;       ///< into the vector of its kind; generate: the scope
  Id else_scope = none;  ///< generate_if
  SymbolRef localparam;
  std::string text;
  std::string comment;
};

enum class ScopeKind : std::uint8_t { module, loop, branch };

struct Scope {
  ScopeKind kind = ScopeKind::module;
  Id parent = none;
  std::string label;
  std::shared_ptr<IntSymbol> genvar;  ///< loop
  IntCondition condition;             ///< branch; already negated for an else branch
  Facts facts;
  std::vector<Item> items;
  SourceLoc loc;
};

struct StringParam {
  std::string name;
  std::string value;
  std::string doc;
  SourceLoc loc;
};

struct Module {
  Design* design = nullptr;
  std::string name;
  std::string doc;
  SourceLoc loc;
  std::vector<std::shared_ptr<IntSymbol>> params;
  std::vector<StringParam> string_params;
  std::vector<std::shared_ptr<IntSymbol>> localparams;
  std::vector<std::variant<SymbolRef, std::string>>
      param_order;  ///< integer and string parameters as declared
  std::vector<Decl> decls;
  std::vector<Id> ports;  ///< decls, as declared
  std::vector<Expr> exprs;
  std::vector<Stmt> stmts;
  std::vector<Assign> assigns;
  std::vector<Process> processes;
  std::vector<Instance> instances;
  std::vector<Scope> scopes;
  Diagnostics diagnostics;  ///< mistakes found while building

  // While building.
  Id scope = 0;
  std::uint32_t symbols = 0;

  [[nodiscard]] const Facts* facts() const { return &scopes[scope].facts; }
  void report(const char* id, std::string message, SourceLoc at, std::vector<Note> notes = {});
  Id add(Expr e);
};

/// The declaration behind an lvalue: sees through slices.
Id target_decl(const Module& m, Id expr);
/// Is `inner` the same scope as `outer`, or inside it?
bool encloses(const Module& m, Id outer, Id inner);
/// What a person would call an expression in a message: its name, or what it is.
std::string describe(const Module& m, Id expr);

}  // namespace offramp::hw
