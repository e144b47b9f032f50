#include "blocks/exit_verdicts.h"

#include <fmt/format.h>

namespace offramp::blocks {
namespace {

/// agreed_<e>: the exit names the class of the exit before, and both were computed.
std::vector<hw::Value> agreements(hw::ModuleBuilder& m, int early, const std::vector<hw::Reg>& exit_class,
                                  const hw::Value* skipped_q) {
  std::vector<hw::Value> agreed(1);  // the first has none before it
  for (int e = 1; e < early; ++e) {
    const auto i = static_cast<std::size_t>(e);
    hw::Value same = exit_class[i] == exit_class[i - 1];
    if (skipped_q != nullptr) same = same & ~hw::any(hw::slice(*skipped_q, e, e - 1));
    agreed.push_back(m.let(fmt::format("agreed_{}", e), same));
  }
  return agreed;
}

/// Whether the `patience` exits before exit `e` agreed with it, each with the one before.
hw::Value patient(const std::vector<hw::Value>& agreed, int e, const hw::Value& patience) {
  hw::Value enough = patience == 0;
  hw::Value row;
  for (int n = 1; n <= e; ++n) {
    const hw::Value& link = agreed[static_cast<std::size_t>(e - n + 1)];
    row = n == 1 ? link : row & link;
    enough = enough | ((patience == n) & row);
  }
  return enough;
}

}  // namespace

DecisionPorts DecisionPorts::inputs(hw::ModuleBuilder& m, int exits, int class_bits, bool prunes) {
  DecisionPorts p;
  p.decided = m.input("decided_i", hw::uint(exits), "a pulse an exit");
  p.confident = m.input("confident_i", hw::uint(exits), "with it");
  p.classes = m.input("class_i", hw::uint(exits * class_bits), "with it");
  if (exits > 1) {
    p.by_patience = m.input("by_patience_i", hw::uint(exits - 1), "the early exit's criterion is patience");
    p.patience = m.input("patience_i", hw::uint((exits - 1) * kPatienceBits),
                         "exits before it that must name its class; as many as there are, or more: never");
    if (prunes) p.skipped = m.input("skipped_i", hw::uint(exits - 1), "with decided_i: it was not computed");
  }
  return p;
}

Verdicts keep_verdicts(hw::ModuleBuilder& m, const hw::Clocking& ck, int exits, int class_bits,
                       const DecisionPorts& in, const hw::Value& forget) {
  const int early = exits - 1;
  const bool prunes = in.skipped.module() != nullptr;
  auto decided_q = m.reg("decided_q", hw::uint(exits), {.reset = 0});
  auto confident_q = early > 0 ? m.reg("confident_q", hw::uint(early), {.reset = 0}) : hw::Reg{};
  auto skipped_q = prunes ? m.reg("skipped_q", hw::uint(early), {.reset = 0}) : hw::Reg{};
  m.clocked(ck, [&] {
    m.when(forget, [&] {
       m.next(decided_q, 0);
       if (early > 0) m.next(confident_q, 0);
       if (prunes) m.next(skipped_q, 0);
     }).otherwise([&] {
      m.next(decided_q, decided_q | in.decided);
      if (early == 0) return;
      const auto pulses = hw::slice(in.decided, early - 1, 0);
      m.next(confident_q, confident_q | (pulses & hw::slice(in.confident, early - 1, 0)));
      if (prunes) m.next(skipped_q, skipped_q | (pulses & in.skipped));
    });
  });

  Verdicts v;
  for (int e = 0; e < exits; ++e)
    v.exit_class.push_back(m.reg(fmt::format("class_{}q", e), hw::uint(class_bits)));
  m.clocked(ck, [&] {
    for (int e = 0; e < exits; ++e) {
      m.when(hw::bit_of(in.decided, e), [&] {
        m.next(v.exit_class[static_cast<std::size_t>(e)], hw::part(in.classes, e * class_bits, class_bits));
      });
    }
  });

  v.last = hw::bit_of(decided_q, exits - 1);
  if (early == 0) {
    m.unused(in.confident);
    return v;
  }
  m.unused(hw::bit_of(in.confident, early));
  m.comment("An exit may speak only when all before it have declined.");
  const hw::Value skipped = prunes ? hw::Value{skipped_q} : hw::Value{};
  const std::vector<hw::Value> agreed = agreements(m, early, v.exit_class, prunes ? &skipped : nullptr);
  for (int e = 0; e < early; ++e) {
    const auto patience =
        hw::part(in.patience, e * DecisionPorts::kPatienceBits, DecisionPorts::kPatienceBits);
    hw::Value long_row = patient(agreed, e, patience);
    if (prunes) long_row = long_row & ~hw::bit_of(skipped_q, e);
    const auto sure = m.let(fmt::format("sure_{}", e),
                            hw::mux(hw::bit_of(in.by_patience, e), long_row, hw::bit_of(confident_q, e)));
    const auto decided = hw::bit_of(decided_q, e);
    v.takes.push_back(
        m.let(fmt::format("takes_{}", e), e == 0 ? decided & sure : decided & sure & v.declined));
    const auto no = decided & ~sure;
    v.declined = m.let(fmt::format("declined_{}", e), e == 0 ? no : v.declined & no);
  }
  return v;
}

}  // namespace offramp::blocks
