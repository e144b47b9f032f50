// Random clocked and comb processes: against statements executed one after the other, as they are written,
// and sound where inputs are unknown.
#include <gtest/gtest.h>

#include <array>
#include <random>

#include "hw/evaluate.h"
#include "hw/hw.h"
#include "hw/interpreter.h"
#include "hw/random_expressions.h"

namespace offramp::hw::test {
namespace {

class RandomProcesses {
 public:
  explicit RandomProcesses(std::uint64_t seed) : random_(seed), expressions_(seed, false) {}

  std::vector<std::string> observed;

  void build(ModuleBuilder& m) {
    m_ = &m;
    const auto ck = m.clocking();
    const auto load = m.input("load_i", bit());
    expressions_.build(m, 25);
    pool_ = expressions_.outputs;
    for (int i = 0; i < 5; ++i) {
      const RegOptions reset{.reset = 1};
      targets_.push_back(
          m.reg("r" + std::to_string(i), uint(1 + pick(70)), i % 2 == 0 ? reset : RegOptions{}));
      pool_.push_back(targets_.back());
    }
    const auto registers = targets_;
    m.clocked(ck, [&] {
      clocked_ = true;
      statements(4);
      m.when(load, [&] {
        // From inputs alone, so that everything is known after the first edge.
        for (const Value r : registers)
          m.next(r, fit(expressions_.outputs[static_cast<std::size_t>(pick(25))], r.width()));
      });
    });
    clocked_ = false;
    targets_.clear();
    for (int i = 0; i < 3; ++i) targets_.push_back(m.wire("w" + std::to_string(i), uint(1 + pick(70))));
    const auto wires = targets_;
    m.comb([&] {
      for (const Value w : wires) m.drive(w, 0);
      statements(4);
    });
    for (const auto* all : {&registers, &wires}) {
      for (const Value v : *all) {
        const std::string name = "out" + std::to_string(observed.size());
        m.drive(m.output(name, v.type()), v);
        observed.push_back(name);
      }
    }
  }

 private:
  int pick(int n) { return static_cast<int>(random_() % static_cast<std::uint64_t>(n)); }
  static int number(const IntExpr& e) { return static_cast<int>(e.constant().value()); }
  Value value() { return pool_[static_cast<std::size_t>(pick(static_cast<int>(pool_.size())))]; }
  static Value fit(Value v, const IntExpr& w) {
    const Value u = as_unsigned(v);
    return number(u.width()) > number(w) ? truncate(u, w) : extend(u, w);
  }
  Value condition() { return pick(2) == 0 ? parity(value()) : bit_of(value(), 0); }

  void assign() {
    Value t = targets_[static_cast<std::size_t>(pick(static_cast<int>(targets_.size())))];
    if (pick(2) == 0) {
      const int w = number(t.width());
      const int low = pick(w);
      t = part(t, low, 1 + pick(w - low));
    }
    const Value v = fit(value(), t.width());
    clocked_ ? m_->next(t, v) : m_->drive(t, v);
  }

  void statements(int depth) {
    for (int n = 1 + pick(3); n > 0; --n) {
      switch (depth == 0 ? 0 : pick(4)) {
        case 0:
          assign();
          break;
        case 1: {
          auto w = m_->when(condition(), [&] { statements(depth - 1); });
          if (pick(2) == 0) w.elsewhen(condition(), [&] { statements(depth - 1); });
          if (pick(2) == 0) w.otherwise([&] { statements(depth - 1); });
          break;
        }
        case 2: {
          const Value s = fit(value(), 2);
          std::vector<SwitchCase> cases;
          for (int k = 0; k < 4; ++k) {
            if (pick(3) != 0) cases.push_back({k, [this, depth] { statements(depth - 1); }});
          }
          if (cases.empty()) break;
          m_->switch_(s, cases,
                      pick(2) == 0 ? std::function<void()>([this, depth] { statements(depth - 1); })
                                   : std::function<void()>());
          break;
        }
        default:
          assign();
          assign();
          break;
      }
    }
  }

  std::mt19937_64 random_;
  RandomModule expressions_;
  ModuleBuilder* m_ = nullptr;
  bool clocked_ = false;
  std::vector<Value> pool_;
  std::vector<Value> targets_;
};

/// Executes statements in their order on concrete values.
class Reference {
 public:
  explicit Reference(const Module& m) : m_(m), eval_(m, {}) {}

  std::map<Id, Bits> values;  // inputs and registers, then wires too

  void clock() {
    sample();
    auto next = values;
    for (const Process& p : m_.processes) {
      if (!p.clocked) continue;
      execute(p.body, next);
      if (values.at(p.reset) != 0) continue;
      for (Id d = 0; d < m_.decls.size(); ++d) {
        if (m_.decls[d].has_reset) next[d] = static_cast<Bits>(evaluate(m_.decls[d].value));
      }
    }
    values = next;
  }
  void settle() {
    sample();
    for (const Process& p : m_.processes) {
      if (!p.clocked) execute(p.body, values);
    }
  }

 private:
  void sample() {
    eval_.inputs = values;
    eval_.restart();
  }
  void execute(const std::vector<Id>& body, std::map<Id, Bits>& to) {
    for (const Id id : body) {
      const Stmt& s = m_.stmts[id];
      if (s.kind == StmtKind::assign) {
        const Expr& t = m_.exprs[s.target];
        const auto low = t.op == Op::part ? evaluate(t.i0) : 0;
        const Bits bits = mask(evaluate(t.type.width)) << low;
        Bits& v = to[target_decl(m_, s.target)];
        v = (v & ~bits) | (eval_.bits(s.value) << low);
      } else if (const Arm* arm = chosen(s)) {
        execute(arm->body, to);
      }
    }
  }
  const Arm* chosen(const Stmt& s) {
    const Arm* otherwise = nullptr;
    for (const Arm& a : s.arms) {
      if (s.kind == StmtKind::if_) {
        if (a.cond == none || eval_.bits(a.cond) != 0) return &a;
      } else if (a.labels.empty()) {
        otherwise = &a;
      } else {
        for (const Id l : a.labels) {
          if (eval_.bits(l) == eval_.bits(s.target)) return &a;
        }
      }
    }
    return otherwise;
  }

  const Module& m_;
  Evaluator eval_;
};

LogicVector vector_of(Bits value, std::int64_t width) {
  LogicVector v = LogicVector::of(width, 0);
  for (std::int64_t i = 0; i < width; ++i) v.set_bit(i, ((value >> i) & 1) != 0 ? '1' : '0');
  return v;
}

std::int64_t width_of(const Decl& d) {
  return evaluate(d.type.width);
}

class InterpretedProcesses : public testing::TestWithParam<int> {};

TEST_P(InterpretedProcesses, DoWhatTheirStatementsDoOneAfterTheOther) {
  Design design;
  RandomProcesses made(static_cast<std::uint64_t>(GetParam()));
  const Module& m = design.add_module("dut", [&](ModuleBuilder& b) { made.build(b); });
  design.require_clean();
  Interpreter sim(m);
  Reference reference(m);
  std::mt19937_64 random(static_cast<std::uint64_t>(GetParam()));
  for (Id d = 0; d < m.decls.size(); ++d) reference.values[d] = 0;
  for (int cycle = 0; cycle < 60; ++cycle) {
    for (const Id p : m.ports) {
      const Decl& d = m.decls[p];
      if (d.kind != DeclKind::input || d.name == "clk_i") continue;
      Bits v = random() & mask(width_of(d));
      if (d.name == "rst_ni") v = cycle == 0 || random() % 8 != 0 ? 1 : 0;
      if (d.name == "load_i") v = cycle == 0 || random() % 8 == 0 ? 1 : 0;
      reference.values[p] = v;
      sim.set(d.name, vector_of(v, width_of(d)));
    }
    sim.step();
    reference.clock();
    reference.settle();
    for (Id d = 0; d < m.decls.size(); ++d) {
      const Decl& decl = m.decls[d];
      if (decl.kind != DeclKind::reg && decl.kind != DeclKind::wire) continue;
      ASSERT_EQ(sim.get(decl.name).text(), vector_of(reference.values[d], width_of(decl)).text())
          << decl.name << " after cycle " << cycle;
    }
  }
}

TEST_P(InterpretedProcesses, KnowABitOnlyWhereAllValuesOfTheUnknownOnesAgree) {
  Design design;
  RandomProcesses made(static_cast<std::uint64_t>(GetParam()));
  const Module& m = design.add_module("dut", [&](ModuleBuilder& b) { made.build(b); });
  std::mt19937_64 random(static_cast<std::uint64_t>(GetParam()));
  constexpr int cycles = 5;
  std::array<std::map<std::string, LogicVector>, cycles> inputs;
  for (int t = 0; t < cycles; ++t) {
    for (const Id p : m.ports) {
      const Decl& d = m.decls[p];
      if (d.kind != DeclKind::input || d.name == "clk_i") continue;
      LogicVector v = vector_of(random() & mask(width_of(d)), width_of(d));
      if (d.name == "rst_ni") v = LogicVector::of(1, 1);
      if (d.name == "load_i" && t == 0) v = LogicVector::of(1, 1);
      for (std::int64_t b = 0; b < v.width(); ++b) {
        if (random() % 12 == 0 && (t > 0 || v.width() > 1)) v.set_bit(b, 'x');
      }
      inputs[static_cast<std::size_t>(t)][d.name] = v;
    }
  }
  Interpreter unsure(m);
  std::array<std::map<std::string, LogicVector>, cycles> claims;
  std::uint64_t known = 0;
  std::uint64_t all = 0;
  for (std::size_t t = 0; t < cycles; ++t) {
    for (const auto& [name, v] : inputs[t]) unsure.set(name, v);
    unsure.step();
    for (const auto& name : made.observed) {
      const LogicVector v = unsure.get(name);
      for (std::int64_t b = 0; b < v.width(); ++b) known += v.bit(b) != 'x' ? 1 : 0;
      all += static_cast<std::uint64_t>(v.width());
      claims[t][name] = v;
    }
  }
  EXPECT_GT(known * 10, all);
  for (int trial = 0; trial < 20; ++trial) {
    Interpreter sure(m);
    for (std::size_t t = 0; t < cycles; ++t) {
      for (auto [name, v] : inputs[t]) {
        for (std::int64_t b = 0; b < v.width(); ++b) {
          if (v.bit(b) == 'x') v.set_bit(b, (random() & 1) != 0 ? '1' : '0');
        }
        sure.set(name, v);
      }
      sure.step();
      for (const auto& name : made.observed) {
        ASSERT_TRUE(claims[t][name].agrees_with(sure.get(name)))
            << name << " after cycle " << t << ": claimed " << claims[t][name].text() << ", is "
            << sure.get(name).text();
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, InterpretedProcesses, testing::Range(1, 13));

}  // namespace
}  // namespace offramp::hw::test
