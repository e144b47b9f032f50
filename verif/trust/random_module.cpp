#include "verif/trust/random_module.h"

#include <algorithm>

#include "verif/trust/random_expression.h"

namespace offramp::trust {

using hw::IntExpr;
using hw::Sign;
using hw::Type;
using hw::Value;

namespace {

class Maker;

/// A child that is built from the tape where it is first used.
struct Child {
  std::string child_name;
  Tape* tape = nullptr;
  bool* reads_undefined = nullptr;

  bool operator==(const Child& other) const { return child_name == other.child_name; }
  struct Ports {
    hw::Clocking ck;
    std::vector<hw::In> inputs;
    std::vector<hw::Out> outputs;
  };
  [[nodiscard]] std::string name() const { return child_name; }
  [[nodiscard]] Ports build(hw::ModuleBuilder& m) const;
};

struct MemoryTarget {
  hw::Memory memory;
  IntExpr address_width;
  Type type;
};

class Maker {
 public:
  Maker(hw::ModuleBuilder& m, Tape& tape, std::string name, bool top, bool& reads_undefined)
      : m_(m),
        tape_(tape),
        name_(std::move(name)),
        top_(top),
        reads_undefined_(reads_undefined),
        make_(m, tape, reads_undefined) {}

  Child::Ports build();

 private:
  std::string fresh(const std::string& what) { return what + std::to_string(count_++); }
  int some(int n) { return tape_.choose(n); }

  void parameters();
  void ports();
  void state();
  void item(int depth);
  void let_item();
  void wire_item();
  void parts_item();
  void comb_item();
  void constant_item();
  void loop_item(int depth);
  void branch_item(int depth);
  void instance_item();
  void clocked_items();
  void outputs();

  IntExpr loop_count();
  hw::IntCondition condition();
  Value local_value(int depth);
  Value register_of(const Type& type);
  Value child_output();
  void clock(const std::vector<Value>& registers, bool write_memories);

  void complete(const std::vector<Value>& targets, int depth, bool clocked);
  void statement(const std::vector<Value>& targets, int depth, bool clocked);
  void set(const Value& target, const hw::Operand& value, bool clocked);
  void set_part(const Value& target, bool clocked);
  void when(const std::vector<Value>& targets, int depth, bool clocked, bool complete_branches);
  void switch_on(const std::vector<Value>& targets, int depth, bool clocked, bool complete_branches);
  void write_memory();

  hw::ModuleBuilder& m_;
  Tape& tape_;
  std::string name_;
  bool top_;
  bool& reads_undefined_;
  ExpressionMaker make_;
  Child::Ports ports_;
  bool clocked_ = false;
  bool has_reset_ = false;
  int count_ = 0;
  int children_ = 0;
  std::vector<Value> registers_;
  std::vector<MemoryTarget> memories_;
  std::vector<Value> constants_;
};

void Maker::parameters() {
  const int n = some(4);
  for (int i = 0; i < n; ++i) {
    const std::int64_t min = 1 + some(4);
    const std::int64_t max = min + some(10);
    const std::int64_t dflt = min + some(static_cast<int>(max - min) + 1);
    make_.widths.push_back(m_.param("P" + std::to_string(i), dflt, {.min = min, .max = max}));
  }
  const int derived = n == 0 ? 0 : some(4);
  for (int i = 0; i < derived; ++i) {
    const auto& a = make_.widths[static_cast<std::size_t>(some(static_cast<int>(make_.widths.size())))];
    const auto& b = make_.widths[static_cast<std::size_t>(some(n))];
    IntExpr e = a + b;
    switch (some(7)) {
      case 1:
        e = a * 2 + 1;
        break;
      case 2:
        e = hw::clog2(a + 1);
        break;
      case 3:
        e = hw::max(a, b);
        break;
      case 4:
        e = hw::max(hw::clog2(a), 1);
        break;
      case 5:
        e = a * b;
        break;
      case 6:
        e = a + 1 + some(20);
        break;
      default:
        break;
    }
    if (make_.high(e) > 90) continue;
    make_.widths.push_back(some(2) == 0 ? e : m_.localparam("L" + std::to_string(i), e));
  }
}

void Maker::ports() {
  const int clocks = some(8);
  clocked_ = clocks != 0;
  has_reset_ = clocks > 1;
  if (clocked_) ports_.ck = m_.clocking({.reset = has_reset_});
  const int n = 1 + some(4);
  for (int i = 0; i < n; ++i) {
    ports_.inputs.push_back(m_.input(fresh("i"), make_.type()));
    make_.pool.push_back(ports_.inputs.back());
  }
}

Value Maker::register_of(const Type& type) {
  if (has_reset_ && !tape_.one_in(4)) {
    const int bits = std::min(make_.low(type.width), 30) - (type.is_signed() ? 1 : 0);
    IntExpr reset = some(4) == 0 || bits <= 0 ? 0 : some(1 << std::min(bits, 20));
    if (type.is_signed() && tape_.one_in(4)) reset = -1 - some(1 << std::max(bits, 0));
    return m_.reg(fresh("r"), type, {.reset = reset});
  }
  return m_.reg(fresh("r"), type);
}

/// Registers and memories can be read by everything, so they come first.
void Maker::state() {
  if (!clocked_) return;
  const int n = some(4);
  for (int i = 0; i < n; ++i) {
    registers_.push_back(register_of(make_.type()));
    make_.pool.push_back(registers_.back());
  }
  if (tape_.one_in(3)) {
    IntExpr depth = 2 << some(3);
    if (tape_.one_in(4)) {
      depth = make_.widths.empty()
                  ? IntExpr(2 + some(12))
                  : make_.widths[static_cast<std::size_t>(some(static_cast<int>(make_.widths.size())))] + 1;
      reads_undefined_ = true;
    }
    const Type type{1 + some(12), some(2) == 0 ? Sign::unsigned_ : Sign::signed_};
    const IntExpr address = hw::max(hw::clog2(depth), 1);
    const hw::Memory memory =
        m_.memory(fresh("mem"), type, depth, {.ram_style = tape_.one_in(4) ? "distributed" : ""});
    memories_.push_back({memory, address, type});
    make_.memories.push_back(memory);
    make_.address_widths.push_back(address);
  }
}

void Maker::let_item() {
  const Value v = make_.value(3);
  make_.pool.push_back(tape_.one_in(4) ? v : m_.let(fresh("n"), v));
}

void Maker::wire_item() {
  const Type type = make_.type();
  const Value w = m_.wire(fresh("w"), type);
  m_.drive(w, make_.value_of(type, 3));
  make_.pool.push_back(w);
}

void Maker::parts_item() {
  const Type type{make_.width() + 1, some(2) == 0 ? Sign::unsigned_ : Sign::signed_};
  const Value w = m_.wire(fresh("w"), type);
  const int cut = 1 + some(std::min(make_.low(type.width), 64) - 1);
  const Value below = make_.value_of(hw::uint(cut), 2);
  const Value above = make_.value_of(hw::uint(type.width - cut), 2);
  m_.drive(cut == 1 ? hw::bit_of(w, 0) : hw::slice(w, cut - 1, 0), below);
  m_.drive(hw::part(w, cut, type.width - cut), above);
  make_.pool.push_back(w);
}

void Maker::constant_item() {
  const Type type = make_.type();
  const int bits = std::min(make_.low(type.width), 30) - (type.is_signed() ? 1 : 0);
  const Value c = m_.constant(fresh("K"), type, some(1 << std::max(bits, 0)));
  constants_.push_back(c);
  make_.pool.push_back(c);
}

void Maker::comb_item() {
  const int n = 1 + some(3);
  std::vector<Value> targets;
  for (int i = 0; i < n; ++i) targets.push_back(m_.wire(fresh("c"), make_.type()));
  m_.comb([&] {
    // A block that reads nothing is refused: `always @*` would never run.
    m_.drive(targets[0], make_.as(make_.pool.front(), targets[0].type()));
    complete(targets, 2, false);
  });
  make_.pool.insert(make_.pool.end(), targets.begin(), targets.end());
}

void Maker::set(const Value& target, const hw::Operand& value, bool clocked) {
  if (clocked) {
    m_.next(target, value);
  } else {
    m_.drive(target, value);
  }
}

void Maker::set_part(const Value& target, bool clocked) {
  const int n = std::min(make_.low(target.width()), 64);
  const int lsb = some(n);
  const int w = 1 + some(n - lsb);
  const Value v = make_.value_of(hw::uint(w), 1);
  set(w == 1         ? hw::bit_of(target, lsb)
      : some(2) == 0 ? hw::slice(target, lsb + w - 1, lsb)
                     : hw::part(target, lsb, w),
      v, clocked);
}

/// Gives every target a value on every path.
void Maker::complete(const std::vector<Value>& targets, int depth, bool clocked) {
  switch (depth <= 0 ? 0 : some(4)) {
    case 2:
      when(targets, depth, clocked, true);
      break;
    case 3:
      switch_on(targets, depth, clocked, true);
      break;
    default:
      for (const Value& t : targets) set(t, make_.value_of(t.type(), 2), clocked);
      break;
  }
  const int more = depth <= 0 ? 0 : some(3);
  for (int i = 0; i < more; ++i) statement(targets, depth - 1, clocked);
}

void Maker::statement(const std::vector<Value>& targets, int depth, bool clocked) {
  const Value target = targets[static_cast<std::size_t>(some(static_cast<int>(targets.size())))];
  switch (depth <= 0 ? some(3) : some(5)) {
    case 0:
      set(target, make_.value_of(target.type(), 2), clocked);
      break;
    case 1:
      set_part(target, clocked);
      break;
    case 2: {
      const int largest = target.is_signed() ? (make_.low(target.width()) > 1 ? 1 : 0) : 1;
      set(target, some(2) == 0 ? 0 : largest, clocked);
      break;
    }
    case 3:
      when(targets, depth, clocked, false);
      break;
    default:
      switch_on(targets, depth, clocked, false);
      break;
  }
}

void Maker::when(const std::vector<Value>& targets, int depth, bool clocked, bool complete_branches) {
  const auto branch = [&] {
    if (complete_branches) {
      complete(targets, depth - 1, clocked);
    } else {
      statement(targets, depth - 1, clocked);
    }
  };
  const Value first = make_.bit(1);
  hw::When w = m_.when(first, branch);
  const int more = some(3) == 2 ? 1 : 0;
  for (int i = 0; i < more; ++i) {
    const Value cond = make_.bit(1);
    w.elsewhen(cond, branch);
  }
  if (complete_branches || some(2) == 1) w.otherwise(branch);
}

void Maker::switch_on(const std::vector<Value>& targets, int depth, bool clocked, bool complete_branches) {
  const auto branch = [&] {
    if (complete_branches) {
      complete(targets, depth - 1, clocked);
    } else {
      statement(targets, depth - 1, clocked);
    }
  };
  const int bits = 1 + some(3);
  const bool is_signed = tape_.one_in(4);
  const Value sel = make_.as(make_.value(1), {bits, is_signed ? Sign::signed_ : Sign::unsigned_});
  const int all = 1 << bits;
  const int n = 1 + some(std::min(all, 5));
  const int first = is_signed ? -(all / 2) : 0;
  const int start = some(all);
  std::vector<hw::SwitchCase> cases;
  for (int i = 0; i < n; ++i) {
    // Each label once: which of two equal ones counts would be a question of its own.
    cases.push_back({hw::Operand(first + (start + i) % all), branch});
  }
  if (complete_branches ? n < all || some(2) == 1 : some(2) == 1) {
    m_.switch_(sel, cases, branch);
  } else {
    m_.switch_(sel, cases);
  }
}

void Maker::write_memory() {
  for (const auto& t : memories_) {
    const Value address = make_.as(make_.value(1), hw::uint(t.address_width));
    const Value data = make_.value_of(t.type, 2);
    if (tape_.one_in(4)) {
      m_.write(t.memory, address, data);
    } else {
      const Value enable = make_.bit(1);
      m_.when(enable, [&] { m_.write(t.memory, address, data); });
    }
  }
}

/// One process that drives all of these registers at some time.
void Maker::clock(const std::vector<Value>& registers, bool write_memories) {
  m_.clocked(ports_.ck, [&] {
    if (!registers.empty()) {
      if (some(3) == 0) {
        complete(registers, 2, true);
      } else {
        const Value enable = make_.bit(1);
        m_.when(enable, [&] { complete(registers, 1, true); });
        const int more = some(2);
        for (int i = 0; i < more; ++i) statement(registers, 2, true);
      }
    }
    if (write_memories) write_memory();
    if (!memories_.empty() && !registers.empty() && tape_.one_in(2)) {
      // A synchronous read.
      const Value target = registers.back();
      const Value address = make_.as(make_.value(1), hw::uint(memories_.back().address_width));
      m_.next(target, make_.as(m_.read(memories_.back().memory, address), target.type()));
    }
  });
}

void Maker::clocked_items() {
  if (!clocked_) return;
  const std::size_t first = registers_.size() < 2
                                ? registers_.size()
                                : static_cast<std::size_t>(some(static_cast<int>(registers_.size()) + 1));
  const std::vector<Value> one(registers_.begin(), registers_.begin() + static_cast<std::ptrdiff_t>(first));
  const std::vector<Value> two(registers_.begin() + static_cast<std::ptrdiff_t>(first), registers_.end());
  if (!one.empty() || !memories_.empty()) clock(one, true);
  if (!two.empty()) clock(two, false);
}

IntExpr Maker::loop_count() {
  for (const IntExpr& w : make_.widths) {
    if (make_.high(w) <= 8 && some(2) == 1) return w;
  }
  return 1 + some(4);
}

hw::IntCondition Maker::condition() {
  if (make_.widths.empty()) return hw::equal(some(2), some(2));
  const IntExpr w = make_.widths[static_cast<std::size_t>(some(static_cast<int>(make_.widths.size())))];
  const IntExpr k = 1 + some(8);
  switch (some(4)) {
    case 0:
      return hw::greater(w, k);
    case 1:
      return hw::equal(w, k);
    case 2:
      return hw::less_equal(w, k);
    default:
      return hw::not_equal(w, k);
  }
}

/// A value of a generate block with declarations of its own on the way.
Value Maker::local_value(int depth) {
  switch (some(6)) {
    case 1: {
      const Value v = make_.value(2);
      return m_.let(fresh("n"), v);
    }
    case 2:
      comb_item();
      return make_.pool.back();
    case 3:
      if (clocked_) {
        const Value r = register_of(make_.type());
        make_.pool.push_back(r);
        clock({r}, false);
        return r;
      }
      return make_.value(2);
    case 4:
      if (top_) return child_output();
      return make_.value(2);
    case 5:
      if (depth > 0) {
        item(depth - 1);
        return make_.pool.back();
      }
      return make_.value(2);
    default:
      return make_.value(2);
  }
}

void Maker::loop_item(int depth) {
  const IntExpr count = loop_count();
  const Type element{make_.width(), some(2) == 0 ? Sign::unsigned_ : Sign::signed_};
  const int kind = some(4);
  const std::size_t outside = make_.pool.size();
  const std::size_t widths = make_.widths.size();
  const std::string label = fresh("gen_");
  if (kind == 0 && make_.high(count * element.width) <= 200) {
    // Parts of one vector.
    const Value whole = m_.wire(fresh("v"), hw::uint(count * element.width));
    m_.generate_for(label, count, [&](const IntExpr& i) {
      const Value v = local_value(depth);
      m_.drive(hw::part(whole, i * element.width, element.width), make_.as(v, hw::uint(element.width)));
    });
    make_.pool.resize(outside);
    make_.pool.push_back(whole);
    return;
  }
  const bool chain = kind == 2;
  const bool edges = kind == 3;
  const hw::NetArray array =
      m_.wire_array(fresh("a"), element, {chain ? count + 1 : count}, {.chain = chain || edges});
  if (chain) m_.drive(array.at({0}), make_.value_of(element, 2));
  m_.generate_for(label, count, [&](const IntExpr& i) {
    const std::size_t before = make_.pool.size();
    if (tape_.one_in(4)) make_.widths.push_back(i + 1 + some(5));
    if (chain) {
      make_.pool.push_back(array.at({i}));
      m_.drive(array.at({i + 1}), make_.as(local_value(depth), element));
    } else if (edges) {
      m_.generate_if(
          hw::equal(i, 0), fresh("gen_first"), [&] { m_.drive(array.at({i}), make_.value_of(element, 2)); },
          fresh("gen_next"),
          [&] {
            make_.pool.push_back(array.at({i - 1}));
            m_.drive(array.at({i}), make_.as(local_value(depth), element));
            make_.pool.resize(before);
          });
    } else {
      m_.drive(array.at({i}), make_.as(local_value(depth), element));
    }
    make_.pool.resize(before);
  });
  make_.widths.resize(widths);  // one that speaks of the loop's own variable means nothing outside
  make_.pool.resize(outside);
  make_.pool.push_back(array.at({0}));
  make_.pool.push_back(array.at({chain ? count : count - 1}));
}

void Maker::branch_item(int depth) {
  const Type type = make_.type();
  const Value w = m_.wire(fresh("g"), type);
  const std::size_t outside = make_.pool.size();
  const hw::IntCondition c = condition();
  const auto body = [&] {
    m_.drive(w, make_.as(local_value(depth), type));
    make_.pool.resize(outside);
  };
  if (some(3) == 2) {
    // Two blocks without else.
    m_.generate_if(c, fresh("gen_yes"), body);
    m_.generate_if(c.negated(), fresh("gen_no"), body);
  } else {
    m_.generate_if(c, fresh("gen_yes"), body, fresh("gen_no"), body);
  }
  make_.pool.push_back(w);
}

/// An output of a new instance of a child that may have been used before.
Value Maker::child_output() {
  const int n = std::min(children_ + 1, 2);
  const int which = some(n);
  children_ = std::max(children_, which + 1);
  const Child child{name_ + "_child" + std::to_string(which), &tape_, &reads_undefined_};
  const hw::Module& module = m_.module().design->module_of(child);
  hw::InstanceOptions options;
  std::map<const hw::IntSymbol*, IntExpr> values;
  for (const auto& p : module.params) {
    IntExpr value = hw::substitute(p->value, values);
    const int how = some(3);
    if (how == 1) value = p->min + some(static_cast<int>(p->max - p->min) + 1);
    if (how == 2) {
      for (const IntExpr& w : make_.widths) {
        if (hw::provably_ge(w, p->min, m_.module().facts()) &&
            hw::provably_ge(p->max, w, m_.module().facts()))
          value = w;
      }
    }
    values[p.get()] = value;
    if (how != 0) options.params.emplace_back(p->name, value);
  }
  // A clock that the parent lacks comes from an input.
  const bool needs_clock =
      std::any_of(module.ports.begin(), module.ports.end(), [&](hw::Id d) { return module.decls[d].clock; });
  if (needs_clock && !clocked_) return make_.value(2);
  if (needs_clock) options.ck = ports_.ck;
  auto u = m_.instance(fresh("u_"), child, options);
  if (needs_clock && u.ports.ck.rst_n.module() != nullptr && !has_reset_) {
    u.in(u.ports.ck.rst_n, make_.bit(1));
  }
  for (const hw::In& port : u.ports.inputs) {
    const Type type = port.type();
    u.in(port, make_.value_of({hw::substitute(type.width.expanded(), values), type.sign}, 2));
  }
  Value last;
  for (const hw::Out& port : u.ports.outputs) {
    last = u.out(port, fresh("y"));
    make_.pool.push_back(last);
  }
  return last;
}

void Maker::instance_item() {
  if (top_) {
    (void)child_output();
  } else {
    wire_item();
  }
}

void Maker::item(int depth) {
  switch (some(12)) {
    case 0:
    case 1:
    case 2:
      let_item();
      break;
    case 3:
      wire_item();
      break;
    case 4:
      parts_item();
      break;
    case 5:
      constant_item();
      break;
    case 6:
    case 7:
      comb_item();
      break;
    case 8:
    case 9:
      loop_item(depth);
      break;
    case 10:
      branch_item(depth);
      break;
    default:
      instance_item();
      break;
  }
}

/// Most of what there is can be seen from outside, so that little is compared in vain.
void Maker::outputs() {
  std::vector<Value> seen;
  for (const Value& v : make_.pool) {
    const auto& e = m_.module().exprs[v.id()];
    const bool input = e.op == hw::Op::ref && m_.module().decls[e.decl].kind == hw::DeclKind::input;
    if (!input && some(5) != 4) seen.push_back(v);
  }
  // At least one, and of a child only a few.
  if (seen.empty()) seen.push_back(make_.value(2));
  if (!top_ && seen.size() > 3) seen.erase(seen.begin(), seen.end() - 3);
  for (const Value& v : seen) {
    const hw::Out o = m_.output(fresh("o"), v.type());
    m_.drive(o, v);
    ports_.outputs.push_back(o);
  }
}

Child::Ports Maker::build() {
  parameters();
  ports();
  state();
  const int items = some(top_ ? 6 : 3);
  for (int i = 0; i < items; ++i) item(1);
  clocked_items();
  outputs();
  return ports_;
}

Child::Ports Child::build(hw::ModuleBuilder& m) const {
  return Maker(m, *tape, child_name, false, *reads_undefined).build();
}

}  // namespace

RandomModule random_module(Tape& tape, const std::string& name) {
  RandomModule made;
  made.design = std::make_unique<hw::Design>();
  made.top = &made.design->add_module(
      name, [&](hw::ModuleBuilder& m) { (void)Maker(m, tape, name, true, made.reads_undefined).build(); });
  for (const auto& p : made.top->params) {
    if (tape.choose(2) == 0) continue;  // the default
    made.parameters[p->name] = p->min + tape.choose(static_cast<int>(p->max - p->min) + 1);
  }
  return made;
}

}  // namespace offramp::trust
