#include "blocks/sample_control.h"

#include <fmt/format.h>

namespace offramp::blocks {

SampleControl::Ports SampleControl::build(hw::ModuleBuilder& m) const {
  m.doc(fmt::format("Starts samples and picks each one's result among {} exits.", exits));
  constexpr int kExitW = 8;
  const hw::Type class_t = hw::uint(class_bits);
  Ports p;
  p.ck = m.clocking();
  p.enable = m.input("enable_i", hw::bit());
  p.sample_ready = m.input("sample_ready_i", hw::bit());
  p.result_ready = m.input("result_ready_i", hw::bit());
  if (rejects) p.reject = m.input("reject_i", hw::bit(), "answer samples without work on them");
  p.decisions = DecisionPorts::inputs(m, exits, class_bits, prunes);
  p.start = m.output("start_o", hw::bit());
  p.stop = m.output("stop_o", hw::bit(), "the result is out: drop what is left of the sample");
  p.active = m.output("active_o", hw::bit());
  p.exit = m.output("exit_o", hw::uint(kExitW), "the exit taken, with stop_o");
  p.exit_class = m.output("class_o", class_t);

  auto active_q = m.reg("active_q", hw::bit(), {.reset = 0});
  const auto start = m.let("start", ~active_q & p.sample_ready & p.enable);
  auto stop = m.wire("stop", hw::bit());
  m.clocked(p.ck, [&] {
    m.when(start, [&] { m.next(active_q, 1); }).elsewhen(stop, [&] { m.next(active_q, 0); });
  });

  const Verdicts verdicts = keep_verdicts(m, p.ck, exits, class_bits, p.decisions, stop);
  const std::vector<hw::Reg>& class_q = verdicts.exit_class;
  std::vector<hw::Value> takes = verdicts.takes;
  takes.push_back(m.let(fmt::format("takes_{}", exits - 1),
                        exits > 1 ? verdicts.last & verdicts.declined : verdicts.last));
  hw::Value any = takes.front();
  hw::Value exit = m.literal(hw::uint(kExitW), first_exit + exits - 1);
  hw::Value exit_class = class_q.back();
  for (int e = exits - 2; e >= 0; --e) {
    const auto i = static_cast<std::size_t>(e);
    exit = hw::mux(takes[i], m.literal(hw::uint(kExitW), first_exit + e), exit);
    exit_class = hw::mux(takes[i], class_q[i], exit_class);
  }
  for (std::size_t e = 1; e < takes.size(); ++e) any = any | takes[e];
  m.drive(stop,
          rejects ? (any | (p.reject & p.sample_ready & ~active_q)) & p.result_ready : any & p.result_ready);
  m.drive(p.start, start);
  m.drive(p.stop, stop);
  m.drive(p.active, active_q);
  m.drive(p.exit, exit);
  m.drive(p.exit_class, exit_class);
  return p;
}

}  // namespace offramp::blocks
