#pragma once
// Verilog-2005 as a small syntax tree: what a file says, without how it is laid out. Lowering (verilog_lower,
// verilog_expr) makes it from a module's IR, verilog_text turns it into text. Nodes are plain values in an
// arena that the tree owns; texts and integers in them may also belong to the module that is printed.
#include <cstdint>
#include <deque>
#include <initializer_list>
#include <memory>
#include <memory_resource>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "hw/int_expr.h"

namespace offramp::hw::verilog {

// ---- Expressions ----

enum class ExprKind : std::uint8_t {
  name,
  literal,
  integer,
  index,
  range,
  part,
  unary,
  binary,
  ternary,
  concat,
  repeat,
  call
};

struct Expr {
  ExprKind kind;
};

/// `data_i`, or what is Verilog already: a file name in quotes.
struct Name : Expr {
  std::string_view text;
};

/// `8'd200`, `8'sd5`, `1'b1`
struct Literal : Expr {
  std::int64_t width;
  std::uint64_t value;
  bool is_signed;
  bool binary;  ///< base 2, else 10
};

/// `ROWS*DATA_W - 1`: an integer over parameters, which prints itself.
struct Integer : Expr {
  std::int64_t constant;
  const IntExpr* value;  ///< null: the constant
};

/// `mem[addr]`
struct Index : Expr {
  const Expr* base;
  const Expr* index;
};

/// `x[msb:lsb]`
struct Range : Expr {
  const Expr* base;
  const Expr* msb;
  const Expr* lsb;
};

/// `x[lsb +: width]`
struct Part : Expr {
  const Expr* base;
  const Expr* lsb;
  const Expr* width;
};

enum class UnaryOp : std::uint8_t { minus, bit_not, logical_not, any, all, parity };

struct Unary : Expr {
  UnaryOp op;
  const Expr* a;
};

enum class BinaryOp : std::uint8_t {
  add,
  sub,
  mul,
  bit_and,
  bit_or,
  bit_xor,
  eq,
  ne,
  lt,
  le,
  gt,
  ge,
  shift_left,
  shift_right,
  shift_right_signed
};

struct Binary : Expr {
  BinaryOp op;
  const Expr* a;
  const Expr* b;
};

/// `condition ? yes : no`
struct Ternary : Expr {
  const Expr* condition;
  const Expr* yes;
  const Expr* no;
};

/// `{a, b}`
struct Concat : Expr {
  std::span<const Expr* const> parts;
};

/// `{count{what}}`
struct Repeat : Expr {
  const Expr* count;
  const Expr* what;
};

/// `$signed(x)`, `$readmemh(FILE, mem)`
struct Call : Expr {
  std::string_view function;
  std::span<const Expr* const> arguments;
};

// ---- Lists ----

/// Statements or items in order, linked through the nodes themselves.
template <class Node>
struct List {
  Node* first = nullptr;
  Node* last = nullptr;

  [[nodiscard]] bool empty() const { return first == nullptr; }
  void add(Node* node) {
    (first == nullptr ? first : last->next) = node;
    last = node;
  }
  void append(const List& more) {
    if (more.empty()) return;
    add(more.first);
    last = more.last;
  }
};

// ---- Statements ----

enum class StmtKind : std::uint8_t { assign, if_, case_, comment, assertion };

struct Stmt {
  StmtKind kind;
  Stmt* next = nullptr;
};
using Stmts = List<Stmt>;

struct Assignment : Stmt {
  const Expr* target = nullptr;
  const Expr* value = nullptr;
  bool nonblocking = false;
};

/// `if (condition) begin body end`; without a condition the last `else`.
struct IfArm {
  const Expr* condition;
  Stmts body = {};
};

struct If : Stmt {
  std::span<const IfArm> arms = {};
};

/// `label, label: begin body end`; without labels `default`.
struct CaseArm {
  std::span<const Expr* const> labels = {};
  Stmts body = {};
};

struct Case : Stmt {
  const Expr* selector = nullptr;
  std::span<const CaseArm> arms = {};
};

struct CommentStmt : Stmt {
  std::string_view text = {};
};

/// `label: assert (condition);`
struct Assertion : Stmt {
  std::string_view verb = {};  ///< assert, assume or cover
  std::string_view label = {};
  const Expr* condition = nullptr;
};

// ---- Module items ----

enum class ItemKind : std::uint8_t {
  blank,
  comment,
  section,
  localparam,
  net,
  assign,
  always,
  initial,
  instance,
  generate_for,
  generate_if,
  ifdef
};

struct Item {
  ItemKind kind;
  Item* next = nullptr;
};
using Items = List<Item>;

/// A comment, or the title of a section.
struct Comment : Item {
  std::string_view text = {};
};

/// `[msb:0]` and a sign: how a value is stored; msb is null for a single bit.
struct Shape {
  bool is_signed = false;
  const Expr* msb = nullptr;
};

/// `localparam integer NAME = value;  // doc`, or with a shape where it is not an integer.
struct Localparam : Item {
  bool integer = true;
  Shape shape = {};
  std::string_view name = {};
  const Expr* value = nullptr;
  std::string_view doc = {};
};

/// `(* name = "value" *)`
struct Attribute {
  std::string_view name = {};
  std::string_view value = {};
};

/// A wire or a register, also an array or a memory: `reg [7:0] mem [0:15];`
struct Net : Item {
  bool is_reg = false;
  Attribute attribute = {};  ///< without a name: none
  Shape shape = {};
  std::string_view name = {};
  std::span<const Expr* const> last_indices = {};  ///< one an unpacked dimension
  const Expr* value = nullptr;                     ///< `wire x = value;`
  bool split = false;                              ///< Verilator is to take its parts one by one
};

struct ContinuousAssign : Item {
  const Expr* target = nullptr;
  const Expr* value = nullptr;
};

/// `posedge clk_i`
struct Edge {
  bool falling = false;
  std::string_view signal = {};
};

/// Without edges `always @*`.
struct Always : Item {
  Attribute attribute = {};  ///< without a name: none
  std::span<const Edge> edges = {};
  Stmts body = {};
};

/// `initial if (guard) task;`
struct Initial : Item {
  const Expr* guard = nullptr;
  const Expr* task = nullptr;
};

/// `.port(value)`, also of a parameter
struct Connection {
  std::string_view port = {};
  const Expr* value;  ///< null: left open
};

struct Instance : Item {
  std::string_view module = {};
  std::string_view name = {};
  std::span<const Connection> parameters = {};
  std::span<const Connection> ports = {};
};

struct GenerateFor : Item {
  std::string_view genvar = {};
  const Expr* count = nullptr;
  std::string_view label = {};
  Items body = {};
};

struct GenerateIf : Item {
  const Expr* condition = nullptr;
  std::string_view label = {};
  Items body = {};
  std::string_view else_label = {};  ///< empty: no else
  Items else_body = {};
};

struct Ifdef : Item {
  std::string_view macro = {};
  Items body = {};
};

// ---- A file ----

struct Parameter {
  std::string_view name = {};
  const Expr* value;
  bool integer;
  std::string_view doc = {};  ///< for the table in the header
};

struct Port {
  bool input;
  bool is_reg;
  Shape shape = {};
  std::string_view name = {};
  std::string_view doc = {};
  std::span<const Attribute> attributes = {};  ///< each on a line of its own, in front
};

/// One file with one module.
struct ModuleFile {
  std::string_view name = {};
  std::string_view doc = {};
  std::string_view source = {};  ///< where the module is described
  std::span<const Parameter> parameters = {};
  std::span<const Port> ports = {};
  Items items = {};
};

/// Owns nodes, the texts made for them, and lists.
class Tree {
 public:
  Tree() = default;
  Tree(const Tree&) = delete;
  Tree& operator=(const Tree&) = delete;

  /// A node of any kind; the fields are set by the caller.
  template <class Node>
  Node* make(Node node) {
    static_assert(std::is_trivially_destructible_v<Node>, "nodes are given back without being destroyed");
    return new (memory_.allocate(sizeof(Node), alignof(Node))) Node(std::move(node));
  }
  template <class T>
  std::span<const T> list(std::span<const T> from) {
    static_assert(std::is_trivially_copyable_v<T>);
    if (from.empty()) return {};
    T* to = static_cast<T*>(memory_.allocate(from.size_bytes(), alignof(T)));
    std::uninitialized_copy(from.begin(), from.end(), to);
    return {to, from.size()};
  }
  template <class T>
  std::span<const T> list(const std::vector<T>& from) {
    return list(std::span<const T>(from));
  }
  /// A copy that lives as long as the tree.
  std::string_view text(std::string_view from) {
    const auto copy = list(std::span<const char>(from.data(), from.size()));
    return {copy.data(), copy.size()};
  }

  const Expr* name(std::string_view t) { return make(Name{{ExprKind::name}, t}); }
  const Expr* integer(const IntExpr& e) {
    if (e.is_constant()) return make(Integer{{ExprKind::integer}, e.offset(), nullptr});
    return make(Integer{{ExprKind::integer}, 0, &integers_.emplace_back(e)});
  }
  const Expr* bit(bool value) { return literal(1, value ? 1 : 0, false, true); }
  const Expr* literal(std::int64_t width, std::uint64_t value, bool is_signed, bool binary) {
    return make(Literal{{ExprKind::literal}, width, value, is_signed, binary});
  }
  const Expr* index(const Expr* base, const Expr* i) { return make(Index{{ExprKind::index}, base, i}); }
  const Expr* range(const Expr* base, const Expr* msb, const Expr* lsb) {
    return make(Range{{ExprKind::range}, base, msb, lsb});
  }
  const Expr* part(const Expr* base, const Expr* lsb, const Expr* width) {
    return make(Part{{ExprKind::part}, base, lsb, width});
  }
  const Expr* unary(UnaryOp op, const Expr* a) { return make(Unary{{ExprKind::unary}, op, a}); }
  const Expr* binary(BinaryOp op, const Expr* a, const Expr* b) {
    return make(Binary{{ExprKind::binary}, op, a, b});
  }
  const Expr* ternary(const Expr* condition, const Expr* yes, const Expr* no) {
    return make(Ternary{{ExprKind::ternary}, condition, yes, no});
  }
  const Expr* concat(std::initializer_list<const Expr*> parts) {
    return concat(std::span<const Expr* const>(parts.begin(), parts.size()));
  }
  const Expr* concat(std::span<const Expr* const> parts) {
    return make(Concat{{ExprKind::concat}, list(parts)});
  }
  const Expr* repeat(const IntExpr& count, const Expr* what) {
    return make(Repeat{{ExprKind::repeat}, integer(count), what});
  }
  const Expr* call(std::string_view function, std::initializer_list<const Expr*> arguments) {
    return make(Call{
        {ExprKind::call}, function, list(std::span<const Expr* const>(arguments.begin(), arguments.size()))});
  }

 private:
  std::pmr::monotonic_buffer_resource memory_;
  std::deque<IntExpr> integers_;
};

}  // namespace offramp::hw::verilog
