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

/// `(* name = "value" *)` in front of a declaration: for a tool downstream, no meaning of its own here.
struct Attribute {
  std::string name;
  std::string value;
};

struct Decl {
  DeclKind kind = DeclKind::wire;
  std::string name;
  Type type;
  SourceLoc loc;
  std::string doc;
  Id scope = 0;
  std::vector<IntExpr> dims;          ///< net_array; memory: one entry, the depth
  bool has_reset = false;             ///< reg
  Id enable = none;                   ///< reg: the expression that has to be 1 for a new value
  IntExpr value;                      ///< reset value of a reg, value of a constant
  Id source = none;                   ///< let: the expression
  bool procedural = false;            ///< set by a process, so printed as reg
  bool registered = false;            ///< output that is itself a register
  bool chain = false;                 ///< its parts may feed each other in one cycle; printed with split_var
  bool clock = false;                 ///< the clock or reset of a Clocking
  bool reset = false;                 ///< the reset of a Clocking
  bool synchronizer = false;          ///< reg: may take a value of another clock; printed with ASYNC_REG
  bool power_up = false;              ///< reg: 0 before the first clock edge
  bool keep = false;                  ///< reg: tools may not merge it with another that holds the same
  std::string init;                   ///< memory: name of the string parameter, or a file name in quotes
  std::string ram_style;              ///< memory
  std::vector<Attribute> attributes;  ///< port: printed in front of it, one a line
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

enum class PropertyKind : std::uint8_t { assert_, assume, cover };

/// Something that holds (or may happen) at every rising edge of a clock while reset is inactive.
struct Property {
  PropertyKind kind = PropertyKind::assert_;
  std::string name;  ///< the label of the statement
  Id condition = none;
  Id clock = none;  ///< decl
  Id reset = none;  ///< decl, or none
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
  formal,    ///< index = a scope of kind formal, printed between `ifdef FORMAL and `endif
  property,  ///< only in a formal scope
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

enum class ScopeKind : std::uint8_t { module, loop, branch, formal };

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

/// A state machine; its register, names and processes are ordinary declarations, this is what they mean.
struct StateMachine {
  struct State {
    std::string name;
    SourceLoc loc;
  };
  struct Transition {
    Id from = none;  ///< index of the state
    Id to = none;
    SourceLoc loc;
  };
  std::string name;
  std::vector<State> states;  ///< the first is the reset state
  std::vector<Transition> transitions;
  SourceLoc loc;
};

/// Ports that form a ready/valid stream.
struct StreamPorts {
  std::string name;
  bool incoming = true;
  std::vector<Id> data;         ///< decls
  Id valid = none;              ///< decl
  Id ready = none;              ///< decl
  bool ready_may_wait = false;  ///< an incoming stream whose ready may depend on its own valid
  SourceLoc loc;
};

struct StringParam {
  std::string name;
  std::string value;
  std::string doc;
  SourceLoc loc;
};

/// What a handle knows of its module. Tokens outlive their designs, so that the use of a handle after its
/// design's end is found, not undefined.
struct ModuleToken {
  Module* module = nullptr;  ///< null when the design is gone
  std::string name;
  SourceLoc loc;
};

struct Module {
  Design* design = nullptr;
  ModuleToken* token = nullptr;
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
  std::vector<Property> properties;
  std::vector<StateMachine> fsms;
  std::vector<StreamPorts> streams;
  std::vector<Scope> scopes;
  std::string external;  ///< file of a hand-written module: only parameters and ports are described here
  bool external_combinational = false;  ///< its outputs depend on its inputs in the same cycle
  Diagnostics diagnostics;              ///< mistakes found while building

  // While building.
  Id scope = 0;
  std::uint32_t symbols = 0;
  bool frozen = false;  ///< built; nothing changes any more

  [[nodiscard]] const Facts* facts() const { return &scopes[scope].facts; }
  void report(const char* id, std::string message, SourceLoc at, std::vector<Note> notes = {});
  /// Throws DesignError once the module is frozen.
  void require_open(SourceLoc at) const;
  Id add(Expr e);
};

/// The declaration behind an lvalue: sees through slices.
Id target_decl(const Module& m, Id expr);
/// Is `inner` the same scope as `outer`, or inside it?
bool encloses(const Module& m, Id outer, Id inner);
/// What a person would call an expression in a message: its name, or what it is.
std::string describe(const Module& m, Id expr);

}  // namespace offramp::hw
