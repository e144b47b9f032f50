#include "model/features.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <utility>

namespace offramp::model {
namespace {

using hw::Decl;
using hw::DeclKind;
using hw::Expr;
using hw::Id;
using hw::IntEnv;
using hw::Module;
using hw::Op;
using hw::Stmt;
using hw::StmtKind;

/// Shortest chain of registers that becomes a shift register in a lookup table.
constexpr std::int64_t kLeastShift = 3;
constexpr std::int64_t kShiftOfTable = 32;

std::int64_t ceil_div(std::int64_t a, std::int64_t b) {
  return (a + b - 1) / b;
}

std::int64_t shift_tables(std::int64_t bits, std::int64_t depth) {
  return bits * ceil_div(depth, kShiftOfTable);
}

/// What the assignments to one register or comb signal are.
struct Assigned {
  int variables = 0;
  int constants = 0;
  bool conditional = false;
  std::int64_t width = 0;
};

class Walk {
 public:
  Walk(const Module& m, netlist::Family family)
      : m_(m), family_(family), visited_(m.exprs.size(), 0), iteration_(m.scopes.size(), 0) {}

  Counted count(const IntEnv& env) {
    scope(0, env);
    join_chains();
    for (const auto& [key, memory] : memories_) add_memory(memory);
    for (auto& [key, n] : below_) result_.below.push_back({key.first, below_env_.at(key), n});
    return std::move(result_);
  }

 private:
  [[nodiscard]] std::int64_t width(Id e, const IntEnv& env) const {
    return hw::evaluate(m_.exprs[e].type.width, env);
  }
  double& operator[](Feature f) { return result_.own[f]; }

  /// Sees through what costs nothing and changes no bit's place above zero.
  [[nodiscard]] Id plain(Id e) const {
    for (;;) {
      const Expr& x = m_.exprs[e];
      if (x.op == Op::as_signed || x.op == Op::as_unsigned) {
        e = x.args[0];
      } else if (x.op == Op::ref && m_.decls[x.decl].kind == DeclKind::let) {
        e = m_.decls[x.decl].source;
      } else {
        return e;
      }
    }
  }
  /// A factor as Yosys sees it once it has dropped extensions: width and sign.
  [[nodiscard]] std::pair<std::int64_t, bool> factor(Id e, const IntEnv& env) const {
    for (;;) {
      const Expr& x = m_.exprs[e];
      const bool sign_kept = x.op == Op::extend || x.op == Op::to_signed;
      if (sign_kept && width(e, env) >= width(x.args[0], env)) {
        const bool inner_signed = m_.exprs[x.args[0]].type.is_signed();
        if (x.op == Op::to_signed && !inner_signed) return {width(e, env), true};
        e = x.args[0];
      } else if (x.op == Op::ref && m_.decls[x.decl].kind == DeclKind::let) {
        e = m_.decls[x.decl].source;
      } else {
        return {width(e, env), x.type.is_signed()};
      }
    }
  }
  [[nodiscard]] bool is_constant(Id e) const {
    const Expr& x = m_.exprs[e];
    switch (x.op) {
      case Op::literal:
        return true;
      case Op::ref:
        return m_.decls[x.decl].kind == DeclKind::constant ||
               (m_.decls[x.decl].kind == DeclKind::let && is_constant(m_.decls[x.decl].source));
      case Op::element:
      case Op::mem_read:
        return false;
      default:
        break;
    }
    bool any = false;
    for (const Id a : x.args) {
      if (a == hw::none) continue;
      if (!is_constant(a)) return false;
      any = true;
    }
    for (const Id a : x.list) {
      if (!is_constant(a)) return false;
      any = true;
    }
    return any;
  }

  void product(const Expr& x, const IntEnv& env) {
    const auto [a, a_signed] = factor(x.args[0], env);
    const auto [b, b_signed] = factor(x.args[1], env);
    const int slices = dsp_slices(a, a_signed, b, b_signed, family_);
    result_.own.dsp += slices;
    if (slices == 0) {
      (*this)[Feature::soft_product] += static_cast<double>(a * b);
    } else {
      (*this)[Feature::dsp_product] += static_cast<double>(a + b);
    }
  }

  /// Counts an expression and what it is made of, once for every iteration of the scope that made it.
  void visit(Id id, const IntEnv& env) {
    if (id == hw::none) return;
    const Expr& x = m_.exprs[id];
    const std::uint32_t now = iteration_[x.scope];
    if (visited_[id] == now) return;
    visited_[id] = now;
    switch (x.op) {
      case Op::literal:
      case Op::element:
      case Op::invalid:
        return;
      case Op::ref:
        return;  // a let is counted where it is declared
      default:
        break;
    }
    for (const Id a : x.args) visit(a, env);
    for (const Id a : x.list) visit(a, env);
    if (is_constant(id)) return;
    const auto w = static_cast<double>(hw::evaluate(x.type.width, env));
    const auto fixed = [&](std::size_t n) { return x.args[n] != hw::none && is_constant(x.args[n]); };
    const auto in = [&](std::size_t n) { return static_cast<double>(width(x.args[n], env)); };
    switch (x.op) {
      case Op::add:
      case Op::sub:
      case Op::add_wrap:
      case Op::sub_wrap:
        (*this)[fixed(0) || fixed(1) ? Feature::count : Feature::add] += w;
        return;
      case Op::neg:
        (*this)[Feature::count] += w;
        return;
      case Op::mul:
        if (fixed(0) || fixed(1)) {
          (*this)[Feature::add] += w;
        } else {
          product(x, env);
        }
        return;
      case Op::saturate:
        (*this)[Feature::less_fixed] += in(0) - w;
        (*this)[Feature::gate] += w;
        return;
      case Op::bit_and:
      case Op::bit_or:
      case Op::bit_xor:
        if (!fixed(0) && !fixed(1)) (*this)[Feature::gate] += w;
        return;
      case Op::eq:
      case Op::ne:
        if (fixed(0) || fixed(1)) {
          (*this)[Feature::equal_fixed] += fixed(0) ? in(1) : in(0);
        } else {
          (*this)[Feature::equal] += std::max(in(0), in(1));
        }
        return;
      case Op::lt:
      case Op::le:
      case Op::gt:
      case Op::ge:
        if (fixed(0) || fixed(1)) {
          (*this)[Feature::less_fixed] += fixed(0) ? in(1) : in(0);
        } else {
          (*this)[Feature::less] += std::max(in(0), in(1));
        }
        return;
      case Op::mux:
        if (fixed(0)) return;
        (*this)[fixed(1) || fixed(2) ? Feature::gate : Feature::mux] += w;
        return;
      case Op::select: {
        const double choices = in(0) / std::max(1.0, w);
        (*this)[Feature::select] += w * std::ceil(choices / 4);
        return;
      }
      case Op::any:
      case Op::all:
      case Op::parity:
        (*this)[Feature::reduce] += in(0);
        return;
      case Op::shift_left_by:
      case Op::shift_right_by: {
        const double value = fixed(0) ? w / 2 : w;
        const double stages = std::min(in(1), std::ceil(std::log2(std::max(2.0, w))));
        (*this)[Feature::shift] += value * stages;
        return;
      }
      case Op::mem_read:
        read(x, env);
        return;
      default:
        return;
    }
  }

  // Memories.
  struct Memory {
    MemoryShape shape;
    Id write_address = hw::none;
    std::vector<Id> reads;
  };
  using MemoryKey = std::pair<Id, std::uint32_t>;

  Memory& memory(Id decl, const IntEnv& env) {
    const Decl& d = m_.decls[decl];
    Memory& memory = memories_[{decl, iteration_[d.scope]}];
    memory.shape.width = hw::evaluate(d.type.width, env);
    memory.shape.depth = hw::evaluate(d.dims[0], env);
    memory.shape.block = d.ram_style == "block";
    return memory;
  }
  void read(const Expr& x, const IntEnv& env) {
    memory(x.decl, env).reads.push_back(static_cast<Id>(&x - m_.exprs.data()));
  }
  void add_memory(Memory at) {
    if (at.reads.empty()) return;
    at.shape.written = at.write_address != hw::none;
    at.shape.reads = static_cast<int>(at.reads.size());
    at.shape.reads_of_written = 0;
    for (const Id id : at.reads) {
      at.shape.registered = at.shape.registered && registered_reads_.contains(id);
      if (at.shape.written && same(plain(m_.exprs[id].args[0]), at.write_address))
        ++at.shape.reads_of_written;
    }
    const MemoryMapping mapping = map_memory(at.shape, family_);
    result_.own.fixed_lut += static_cast<double>(mapping.luts);
    result_.own.fixed_ff += static_cast<double>(mapping.ff);
    result_.own.bram18 += mapping.bram18;
    (*this)[Feature::memory_mux] += static_cast<double>(mapping.mux_bits);
    (*this)[Feature::memory_decode] += static_cast<double>(mapping.decode_bits);
  }
  /// The same signal, as far as its name says.
  [[nodiscard]] bool same(Id a, Id b) const {
    if (a == b) return true;
    const Expr& x = m_.exprs[a];
    const Expr& y = m_.exprs[b];
    return x.op == Op::ref && y.op == Op::ref && x.decl == y.decl;
  }

  // Registers.
  struct Register {
    std::int64_t width = 0;
    Assigned assigned;
    bool behind_memory = false;  // holds the word that a memory was read for
    Id source = hw::none;        // takes a register's value as it is
    std::int64_t step = 0;       // of one that shifts itself by so many bits
  };
  using RegisterKey = std::pair<Id, std::uint32_t>;

  RegisterKey key_of(Id decl) const { return {decl, iteration_[m_.decls[decl].scope]}; }

  /// The register that an expression names, whole, or none.
  [[nodiscard]] Id whole_register(Id e) const {
    const Expr& x = m_.exprs[plain(e)];
    if (x.op != Op::ref) return hw::none;
    const Decl& d = m_.decls[x.decl];
    return d.kind == DeclKind::reg && !d.has_reset ? x.decl : hw::none;
  }
  /// By how many bits `value` shifts the register `decl` up, or 0: {register, new bits}, cut to its width.
  [[nodiscard]] std::int64_t shift_step(Id decl, Id value, const IntEnv& env) const {
    Id at = plain(value);
    while (m_.exprs[at].op == Op::truncate) at = plain(m_.exprs[at].args[0]);
    const Expr& x = m_.exprs[at];
    if (x.op != Op::concat || x.list.size() != 2) return 0;
    Id kept = plain(x.list[0]);
    while (m_.exprs[kept].op == Op::slice || m_.exprs[kept].op == Op::truncate)
      kept = plain(m_.exprs[kept].args[0]);
    if (m_.exprs[kept].op != Op::ref || m_.exprs[kept].decl != decl) return 0;
    return width(x.list[1], env);
  }

  void assign(Id target, Id value, bool clocked, bool conditional, const IntEnv& env) {
    const Id decl = hw::target_decl(m_, target);
    if (decl == hw::none) return;
    const Decl& d = m_.decls[decl];
    const std::int64_t bits = width(target, env);
    if (!clocked) {
      Assigned& a = comb_[key_of(decl)];
      a.width = std::max(a.width, bits);
      ++(is_constant(value) ? a.constants : a.variables);
      a.conditional = a.conditional || conditional;
      return;
    }
    Register& r = registers_[key_of(decl)];
    r.width = d.kind == DeclKind::net_array ? r.width + bits : hw::evaluate(d.type.width, env);
    r.assigned.width = bits;
    ++(is_constant(value) ? r.assigned.constants : r.assigned.variables);
    r.assigned.conditional = r.assigned.conditional || conditional;
    const Id plain_value = plain(value);
    if (m_.exprs[plain_value].op == Op::mem_read) {
      r.behind_memory = true;
      registered_reads_.insert(plain_value);
    }
    if (!d.has_reset && !conditional && d.kind == DeclKind::reg) {
      r.source = whole_register(value);
      r.step = shift_step(decl, value, env);
    }
  }

  void statements(const std::vector<Id>& body, bool clocked, bool conditional, const IntEnv& env) {
    for (const Id id : body) {
      const Stmt& s = m_.stmts[id];
      switch (s.kind) {
        case StmtKind::assign:
          assign(s.target, s.value, clocked, conditional, env);
          visit(s.value, env);
          break;
        case StmtKind::mem_write: {
          Memory& at = memory(s.target, env);
          at.write_address = plain(s.address);
          visit(s.address, env);
          visit(s.value, env);
          break;
        }
        case StmtKind::if_:
        case StmtKind::switch_:
          if (s.kind == StmtKind::switch_) {
            visit(s.target, env);
            (*this)[Feature::equal_fixed] +=
                static_cast<double>(width(s.target, env)) * static_cast<double>(s.arms.size());
          }
          for (const hw::Arm& arm : s.arms) {
            visit(arm.cond, env);
            (*this)[Feature::conditions] += 1;
            statements(arm.body, clocked, true, env);
          }
          break;
        default:
          break;
      }
    }
  }

  void choose(const Assigned& a, bool held) {
    // Of n values one needs no choice; a register that holds its value has an enable for it.
    const int choices = a.variables + a.constants - (a.conditional && !held ? 0 : 1);
    const int muxes = std::min(choices, std::max(0, a.variables - 1));
    (*this)[Feature::mux] += static_cast<double>(muxes * a.width);
    (*this)[Feature::gate] += static_cast<double>(std::max(0, choices - muxes) * a.width);
  }

  /// Registers become flip-flops, but for chains that become shift registers and words of memories, which
  /// map_memory() knows.
  void join_chains() {
    std::map<RegisterKey, int> readers;
    for (const auto& [key, r] : registers_) {
      if (r.source != hw::none) ++readers[{r.source, key.second}];
    }
    std::set<RegisterKey> in_chain;
    for (auto& [key, r] : registers_) {
      choose(r.assigned, true);
      if (r.step > 0 && r.width / r.step >= kLeastShift) {
        result_.own.fixed_lut += static_cast<double>(shift_tables(r.step, r.width / r.step));
        in_chain.insert(key);
      }
      // From the end of a chain of whole registers back to its start.
      if (r.source == hw::none || readers.contains(key)) continue;
      std::vector<RegisterKey> chain{key};
      for (Id at = r.source; at != hw::none;) {
        const RegisterKey before{at, key.second};
        const auto found = registers_.find(before);
        if (found == registers_.end() || found->second.assigned.conditional || readers[before] != 1 ||
            uses_[at] != 1)
          break;
        chain.push_back(before);
        at = found->second.source;
      }
      if (static_cast<std::int64_t>(chain.size()) < kLeastShift) continue;
      result_.own.fixed_lut +=
          static_cast<double>(shift_tables(r.width, static_cast<std::int64_t>(chain.size())));
      in_chain.insert(chain.begin(), chain.end());
    }
    for (const auto& [key, r] : registers_) {
      if (!in_chain.contains(key) && !r.behind_memory)
        (*this)[Feature::registers] += static_cast<double>(r.width);
    }
    for (const auto& [key, a] : comb_) choose(a, false);
  }

  void instance(const hw::Instance& u, const IntEnv& env) {
    for (const auto& [port, value] : u.inputs) visit(value, env);
    IntEnv inner = hw::parameters_of(u, env);
    std::vector<std::int64_t> values;
    for (const auto& p : u.module->params) values.push_back(inner.at(p.get()));
    const auto key = std::pair(u.module, std::move(values));
    ++below_[key];
    below_env_.try_emplace(key, std::move(inner));
  }

  void scope(Id id, const IntEnv& env) {
    iteration_[id] = ++iterations_;
    for (const hw::Item& i : m_.scopes[id].items) {
      switch (i.kind) {
        case hw::ItemKind::decl: {
          const Decl& d = m_.decls[i.index];
          if (d.kind == DeclKind::let) visit(d.source, env);
          break;
        }
        case hw::ItemKind::assign:
          visit(m_.assigns[i.index].value, env);
          break;
        case hw::ItemKind::process:
          statements(m_.processes[i.index].body, m_.processes[i.index].clocked, false, env);
          break;
        case hw::ItemKind::instance:
          instance(m_.instances[i.index], env);
          break;
        case hw::ItemKind::generate_for: {
          const auto* g = m_.scopes[i.index].genvar.get();
          const std::int64_t count = hw::evaluate(g->value, env);
          IntEnv inner = env;
          for (std::int64_t k = 0; k < count; ++k) {
            inner[g] = k;
            scope(i.index, inner);
          }
          break;
        }
        case hw::ItemKind::generate_if:
          if (m_.scopes[i.index].condition.evaluate(env)) {
            scope(i.index, env);
          } else if (i.else_scope != hw::none) {
            scope(i.else_scope, env);
          }
          break;
        default:
          break;  // what is for proofs alone is not hardware
      }
    }
  }

 public:
  /// How often each declaration is named in expressions.
  void count_uses() {
    uses_.assign(m_.decls.size(), 0);
    for (const Expr& x : m_.exprs) {
      if (x.op == Op::ref || x.op == Op::element) ++uses_[x.decl];
    }
  }

 private:
  const Module& m_;
  netlist::Family family_;
  std::vector<std::uint32_t> visited_;    // by expression: the iteration of its scope that counted it
  std::vector<std::uint32_t> iteration_;  // by scope: which one is under way
  std::uint32_t iterations_ = 0;
  std::vector<int> uses_;
  std::map<MemoryKey, Memory> memories_;
  std::map<RegisterKey, Register> registers_;
  std::map<RegisterKey, Assigned> comb_;
  std::set<Id> registered_reads_;
  using BelowKey = std::pair<const Module*, std::vector<std::int64_t>>;
  std::map<BelowKey, std::int64_t> below_;
  std::map<BelowKey, IntEnv> below_env_;
  Counted result_;
};

/// Pieces of `bits` where a slice takes `most` and, of what is cut off, `piece` each: Yosys' rounding.
std::int64_t cuts(std::int64_t bits, std::int64_t most, std::int64_t piece) {
  return bits > most ? (bits - most + piece - 1) / piece : 0;
}

}  // namespace

const char* to_string(Feature feature) {
  constexpr std::array<const char*, kFeatures> kNames = {
      "module", "registers",    "add",         "count",      "equal",         "equal_fixed",
      "less",   "less_fixed",   "mux",         "gate",       "select",        "reduce",
      "shift",  "soft_product", "dsp_product", "memory_mux", "memory_decode", "conditions"};
  return kNames[static_cast<std::size_t>(feature)];
}

int dsp_slices(std::int64_t a, bool a_signed, std::int64_t b, bool b_signed, netlist::Family family) {
  constexpr std::int64_t kLeastFactor = 2;
  constexpr std::int64_t kLeastProduct = 9;
  constexpr std::int64_t kMostB = 18;
  constexpr std::int64_t kPiece = 17;  // 18 bits with a sign
  const std::int64_t most_a = family == netlist::Family::xcup ? 27 : 25;
  if (a < kLeastFactor || b < kLeastFactor || a + b < kLeastProduct) return 0;
  if (!a_signed && !b_signed) {
    ++a;
    ++b;
  }
  if (a < b) std::swap(a, b);
  const std::int64_t n = cuts(a, most_a, kPiece);
  const std::int64_t k = cuts(b, kMostB, kPiece);
  return static_cast<int>((n + 1) * (k + 1));
}

Counted count_features(const Module& module, const IntEnv& parameters, netlist::Family family) {
  Counted counted;
  if (!module.external.empty()) {
    counted.own[Feature::module] = 1;
    counted.own.dsp = 1;
    return counted;
  }
  Walk walk(module, family);
  walk.count_uses();
  counted = walk.count(parameters);
  counted.own[Feature::module] = 1;
  return counted;
}

}  // namespace offramp::model
