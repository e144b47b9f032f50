#pragma once
// Builds one module: parameters, ports, declarations, processes, generate blocks, instances. See
// docs/hw/README.md.
#include <initializer_list>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "hw/design.h"
#include "hw/value.h"

namespace offramp::hw {

/// An integer parameter of the module; use it like any IntExpr.
class Param : public IntExpr {
 public:
  using IntExpr::IntExpr;
};

/// A string parameter of the module.
struct StrParam {
  std::string name;
};

/// Declared range of a parameter: widths are proved over all of it.
struct ParamRange {
  std::int64_t min = 1;
  std::int64_t max = 65536;
};

struct Clocking {
  In clk;
  In rst_n;
};

struct ClockingOptions {
  std::string clk = "clk_i";
  std::string rst_n = "rst_ni";
  bool reset = true;  ///< false: no reset port, for modules whose registers have no reset
};

struct WireOptions {
  /// Its parts or elements feed each other in the same cycle (an adder's carries, a chain of stages). Printed
  /// with a remark that lets Verilator split it; without, such a chain is HW0025.
  bool chain = false;
};

struct RegOptions {
  std::optional<IntExpr> reset = std::nullopt;
  std::optional<Value> enable = std::nullopt;  ///< one bit; while it is 0 the register keeps its value
  /// Starts as 0 when the device is configured: for what must not be high even before the first clock edge.
  bool power_up = false;
  /// One of several copies that hold the same so that each drives few loads: synthesis must not merge them.
  /// Printed with `keep` on the register (Vivado) and on the process that sets it (Yosys), which sets nothing
  /// else.
  bool keep = false;
  bool synchronizer = false;  ///< takes a value of another clock: one bit, two in a row
};

/// File of initial contents: a string parameter or a fixed name.
struct MemoryInit {
  std::string text;  ///< as printed in $readmemh
  MemoryInit() = default;
  MemoryInit(const StrParam& p) : text(p.name) {}                          // NOLINT: implicit by design
  MemoryInit(const char* file) : text("\"" + std::string(file) + "\"") {}  // NOLINT
  MemoryInit(const std::string& file) : text("\"" + file + "\"") {}        // NOLINT
};

struct MemoryOptions {
  MemoryInit init = {};
  std::string ram_style = {};
  std::string doc = {};  ///< printed above the memory
};

/// What a read of the word that is written in the same cycle gives.
enum class ReadUnderWrite { old_word, new_word };

/// The signals of a write port, for read ports that forward from it.
struct WritePort {
  Value enable;
  Value address;
  Value data;
};

struct ReadPortOptions {
  int latency = 1;  ///< clock edges from address to data: 1, or 2 with an output register
  std::optional<Value> enable = std::nullopt;
  ReadUnderWrite under_write = ReadUnderWrite::old_word;
  std::optional<WritePort> write = std::nullopt;  ///< needed for new_word
};

struct ExternalOptions {
  bool combinational = false;  ///< outputs depend on inputs in the same cycle
};

/// Value of a parameter override.
struct ParamValue {
  std::variant<IntExpr, std::string> value;  ///< a string is already printed as Verilog
  template <std::integral T>
  ParamValue(T v) : value(IntExpr(v)) {}                                    // NOLINT: implicit by design
  ParamValue(IntExpr v) : value(std::move(v)) {}                            // NOLINT
  ParamValue(const Param& v) : value(static_cast<const IntExpr&>(v)) {}     // NOLINT
  ParamValue(const char* text) : value("\"" + std::string(text) + "\"") {}  // NOLINT
  ParamValue(const std::string& text) : value("\"" + text + "\"") {}        // NOLINT
  ParamValue(const StrParam& p) : value(p.name) {}                          // NOLINT
};

struct InstanceOptions {
  std::optional<Clocking> ck = std::nullopt;
  std::vector<std::pair<std::string, ParamValue>> params = {};
};

/// An unpacked array of wires.
class NetArray {
 public:
  NetArray() = default;
  NetArray(Module* m, Id decl) : token_(m->token), decl_(decl) {}
  /// One element, which can be read and driven.
  [[nodiscard]] Value at(const std::vector<IntExpr>& indices, SourceLoc loc = SourceLoc::here()) const;

 private:
  ModuleToken* token_ = nullptr;
  Id decl_ = none;
};

class Memory {
 public:
  Memory() = default;
  Memory(Module* m, Id decl) : token_(m->token), decl_(decl) {}
  /// Null for an empty handle, and once the design is gone.
  [[nodiscard]] Module* module() const { return token_ == nullptr ? nullptr : token_->module; }
  [[nodiscard]] Id decl() const { return decl_; }

 private:
  ModuleToken* token_ = nullptr;
  Id decl_ = none;
};

class InstanceBase;
class ModuleBuilder;

/// The rest of a conditional: `when(...).elsewhen(...).otherwise(...)`.
class When {
 public:
  When& elsewhen(const Operand& cond, const std::function<void()>& body);
  void otherwise(const std::function<void()>& body);

 private:
  friend class ModuleBuilder;
  When(ModuleBuilder* m, Id stmt) : builder_(m), stmt_(stmt) {}
  ModuleBuilder* builder_;
  Id stmt_;
};

struct SwitchCase {
  Operand value;
  std::function<void()> body;
};

class ModuleBuilder {
 public:
  ModuleBuilder(Design& design, Module& module);
  ModuleBuilder(const ModuleBuilder&) = delete;
  ModuleBuilder& operator=(const ModuleBuilder&) = delete;

  /// One sentence of purpose, printed above the module; the place of the call is the module's source.
  void doc(std::string_view text, SourceLoc loc = SourceLoc::here());

  Param param(std::string_view name, const IntExpr& dflt, ParamRange range = {}, std::string_view doc = {},
              SourceLoc loc = SourceLoc::here());
  StrParam string_param(std::string_view name, std::string_view dflt, std::string_view doc = {},
                        SourceLoc loc = SourceLoc::here());
  IntExpr localparam(std::string_view name, const IntExpr& value, std::string_view doc = {},
                     SourceLoc loc = SourceLoc::here());
  /// A named constant of a type (a localparam).
  Value constant(std::string_view name, const Type& type, const IntExpr& value,
                 SourceLoc loc = SourceLoc::here());
  Value literal(const Type& type, const IntExpr& value, SourceLoc loc = SourceLoc::here());

  Clocking clocking(const ClockingOptions& options = {}, SourceLoc loc = SourceLoc::here());
  In input(std::string_view name, const Type& type, std::string_view doc = {},
           SourceLoc loc = SourceLoc::here());
  Out output(std::string_view name, const Type& type, std::string_view doc = {},
             SourceLoc loc = SourceLoc::here());
  /// Gives each port declared so far the attributes that `of_port` names for it, for tools that read them.
  void annotate_ports(const std::function<std::vector<Attribute>(std::string_view name)>& of_port);
  /// An output that is a register: takes its value by next, and is printed as `output reg`.
  Out output_reg(std::string_view name, const Type& type, const RegOptions& options = {},
                 std::string_view doc = {}, SourceLoc loc = SourceLoc::here());
  Value wire(std::string_view name, const Type& type, SourceLoc loc = SourceLoc::here());
  Value wire(std::string_view name, const Type& type, const WireOptions& options,
             SourceLoc loc = SourceLoc::here());
  Value let(std::string_view name, const Operand& value);
  NetArray wire_array(std::string_view name, const Type& type, const std::vector<IntExpr>& dims,
                      const WireOptions& options = {}, SourceLoc loc = SourceLoc::here());
  Reg reg(std::string_view name, const Type& type, const RegOptions& options = {},
          SourceLoc loc = SourceLoc::here());
  Memory memory(std::string_view name, const Type& type, const IntExpr& depth,
                const MemoryOptions& options = {}, SourceLoc loc = SourceLoc::here());

  /// `assign`, or an assignment where it is called inside comb.
  void drive(const Value& target, const Operand& value);
  /// Next value of a register, inside clocked.
  void next(const Value& target, const Operand& value);
  /// Asynchronous read; inside clocked, as the value of a next, it is a synchronous read.
  [[nodiscard]] Value read(const Memory& memory, const Operand& address);
  void write(const Memory& memory, const Operand& address, const Operand& data);
  /// A whole port, with its own process; what it does is printed above the memory.
  WritePort write_port(const Memory& memory, const Clocking& ck, Value enable, Value address, Value data,
                       SourceLoc loc = SourceLoc::here());
  Value read_port(std::string_view name, const Memory& memory, const Clocking& ck, Value address,
                  const ReadPortOptions& options = {}, SourceLoc loc = SourceLoc::here());

  void clocked(const Clocking& ck, const std::function<void()>& body, SourceLoc loc = SourceLoc::here());
  void comb(const std::function<void()>& body, SourceLoc loc = SourceLoc::here());
  When when(const Operand& cond, const std::function<void()>& body);
  void switch_(const Operand& selector, const std::vector<SwitchCase>& cases,
               const std::function<void()>& otherwise = {});

  void generate_for(std::string_view label, const IntExpr& count, const std::function<void(IntExpr)>& body,
                    SourceLoc loc = SourceLoc::here());
  void generate_if(const IntCondition& condition, std::string_view label, const std::function<void()>& body,
                   std::string_view else_label = {}, const std::function<void()>& else_body = {},
                   SourceLoc loc = SourceLoc::here());

  /// Items for formal tools alone, printed under `ifdef FORMAL: registers, values, processes, properties.
  void formal(const std::function<void()>& body, SourceLoc loc = SourceLoc::here());
  // Properties, inside formal: at every rising edge while reset is inactive. The name is the label.
  void assert_always(const Clocking& ck, std::string_view name, const Operand& condition);
  void assume_always(const Clocking& ck, std::string_view name, const Operand& condition);
  void cover_sometime(const Clocking& ck, std::string_view name, const Operand& condition);

  /// This module is hand-written in `file`; only its parameters and ports are described, and check() compares
  /// them with the file.
  void external(std::string_view file, const ExternalOptions& options = {},
                SourceLoc loc = SourceLoc::here());

  template <Generator G>
  auto instance(std::string_view name, const G& g, const InstanceOptions& options = {},
                SourceLoc loc = SourceLoc::here());

  /// Before the next item.
  void comment(std::string_view text);
  void section(std::string_view title, SourceLoc loc = SourceLoc::here());
  /// Says that bits are deliberately not read, so that linters agree; printed as a wire `_unused_...`.
  void unused(const Operand& value);

  [[nodiscard]] Module& module() { return *module_; }

 private:
  friend class When;
  friend class InstanceBase;

  enum class Place { structural, comb, clocked };

  Id declare(Decl d);
  void set_register(Decl& d, const RegOptions& options);
  Value declare_port(Decl d);
  Value ref(Id decl, SourceLoc loc);
  Item& append(ItemKind kind, Id index);
  Id open_scope(ScopeKind kind, std::string_view label, SourceLoc loc);
  std::vector<Id> body_of(const std::function<void()>& body);
  Id add_stmt(Stmt s);
  void add_arm(Id stmt, const Operand& cond, const std::function<void()>& body);
  void property(PropertyKind kind, const Clocking& ck, std::string_view name, const Operand& condition);
  void describe_port(const Memory& memory, const std::string& text);
  bool assignable(const Value& target, const Value& value, SourceLoc loc);
  Id begin_instance(std::string_view name, const Module& child, const InstanceOptions& options,
                    SourceLoc loc);

  Design* design_;
  Module* module_;
  Place place_ = Place::structural;
  std::vector<std::vector<Id>> bodies_;  // open statement lists, innermost last
  std::string pending_comment_;
  std::map<std::string, int> unused_;  // wires of unused(), by name
};

/// What an instance offers whatever its generator is.
class InstanceBase {
 public:
  InstanceBase(ModuleBuilder* m, Id id) : builder_(m), id_(id) {}
  /// Connects an input; the handle is the child's own.
  void in(const Value& port, const Operand& value);
  /// A wire of this name and the port's type, connected to the output.
  [[nodiscard]] Value out(const Value& port, std::string_view name, SourceLoc loc = SourceLoc::here());

 private:
  ModuleBuilder* builder_;
  Id id_;
};

template <class Ports>
class Instantiated : public InstanceBase {
 public:
  Instantiated(ModuleBuilder* m, Id id, const Ports& p) : InstanceBase(m, id), ports(p) {}
  const Ports& ports;  ///< the child's handles
};

template <Generator G>
auto ModuleBuilder::instance(std::string_view name, const G& g, const InstanceOptions& options,
                             SourceLoc loc) {
  const auto& ports = design_->add(g, loc);
  return Instantiated<typename G::Ports>(this, begin_instance(name, design_->module_of(g, loc), options, loc),
                                         ports);
}

template <Generator G>
const Design::Entry& Design::entry(const G& g, SourceLoc loc) {
  for (const auto& e : entries_) {
    if (e.type == std::type_index(typeid(G)) && *static_cast<const G*>(e.config.get()) == g) return e;
  }
  const std::type_index type(typeid(G));
  for (const Open& o : open_) {
    if (o.type == type && *static_cast<const G*>(o.config.get()) == g) refuse_recursion(*o.module, loc);
  }
  Module& m = start(g.name(), loc);
  auto config = std::make_shared<const G>(g);
  const Building building(*this, m, config, type);
  auto ports = std::make_shared<const typename G::Ports>(g.build(builder_of(m)));
  finish(m);
  return entries_.emplace_back(Entry{type, std::move(config), &m, std::move(ports)});
}

}  // namespace offramp::hw
