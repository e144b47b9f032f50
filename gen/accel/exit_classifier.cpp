#include "accel/exit_classifier.h"

#include <algorithm>

#include "blocks/weight_bank.h"

namespace offramp::accel {

ExitClassifier::Ports ExitClassifier::build(hw::ModuleBuilder& m) const {
  m.doc(
      "Exit classifier: computes its branch from the tapped feature map with an array of its own, and "
      "decides.");
  const int aw = engine.sequencer.format.address_bits;
  const int lanes = engine.outside_lanes;
  const int columns = engine.outside_width;
  const hw::Type tap_address_t = hw::uint(tap_address_bits);
  Ports p;
  p.ck = m.clocking();
  p.start = m.input("start_i", hw::bit(), "the feature map is complete");
  p.flush = m.input("flush_i", hw::bit(), "drop the sample at once");
  p.tap_write = m.input("tap_write_i", hw::bit());
  p.tap_address = m.input("tap_address_i", tap_address_t, "in the backbone's memory");
  p.tap_lane_step = m.input("tap_lane_step_i", tap_address_t);
  p.tap_lane_mask = m.input("tap_lane_mask_i", hw::uint(lanes));
  p.tap_column_mask = m.input("tap_column_mask_i", hw::uint(columns));
  p.tap_data = m.input("tap_data_i", hw::uint(lanes * columns * engine.data_bits));
  p.criterion = m.input("criterion_i", hw::uint(fixed::kCriterionBits));
  p.threshold = m.input("threshold_i", hw::uint(blocks::DecisionUnit::kThresholdW));
  p.load = blocks::LoadBus::inputs(m, engine.load_bits);
  p.decided = m.output("decided_o", hw::bit());
  p.confident = m.output("confident_o", hw::bit());
  p.exit_class = m.output("class_o", hw::uint(blocks::index_bits(decision.classes)));
  if (decision.with_bin) p.bin = m.output("bin_o", hw::uint(4), "a cycle after decided_o");

  // Both memories keep the map at the same pitches; only its first address differs.
  const int wide = std::max(aw, tap_address_bits);
  auto fitted = [&](const hw::Value& v) { return tap_address_bits == wide ? v : hw::extend(v, wide); };
  auto cut = [&](const hw::Value& v) { return aw == wide ? v : hw::truncate(v, aw); };
  const auto moved = m.let(
      "moved", hw::add_wrap(fitted(p.tap_address), m.literal(hw::uint(wide), tap_shift & ((1 << wide) - 1))));
  const auto step = m.let("step", fitted(p.tap_lane_step));

  if (aw < wide) {
    m.unused(hw::slice(moved, wide - 1, aw));
    m.unused(hw::slice(step, wide - 1, aw));
  }

  auto u_engine = m.instance("u_engine", Engine{engine}, {.ck = p.ck});
  const auto none = m.literal(hw::bit(), 0);
  u_engine.in(u_engine.ports.start, p.start);
  u_engine.in(u_engine.ports.flush, p.flush);
  u_engine.in(u_engine.ports.hold, none);
  u_engine.in(u_engine.ports.load.write, p.load.write);
  u_engine.in(u_engine.ports.load.select, p.load.select);
  u_engine.in(u_engine.ports.load.address, p.load.address);
  u_engine.in(u_engine.ports.load.data, p.load.data);
  u_engine.in(u_engine.ports.parity, none);
  u_engine.in(u_engine.ports.outside_write, p.tap_write);
  u_engine.in(u_engine.ports.outside_address, cut(moved));
  u_engine.in(u_engine.ports.outside_lane_step, cut(step));
  u_engine.in(u_engine.ports.outside_lane_mask, p.tap_lane_mask);
  u_engine.in(u_engine.ports.outside_element_mask, p.tap_column_mask);
  u_engine.in(u_engine.ports.outside_data, p.tap_data);

  auto u_decision = m.instance("u_decision", decision, {.ck = p.ck});
  u_decision.in(u_decision.ports.flush, p.flush);
  u_decision.in(u_decision.ports.valid, u_engine.out(u_engine.ports.logit_valid, "logit_valid"));
  u_decision.in(u_decision.ports.exit, u_engine.out(u_engine.ports.logit_exit, "logit_exit"));
  u_decision.in(u_decision.ports.last_exit, none);
  u_decision.in(u_decision.ports.logits, u_engine.out(u_engine.ports.logits, "logits"));
  u_decision.in(u_decision.ports.criterion, p.criterion);
  u_decision.in(u_decision.ports.threshold, p.threshold);
  m.unused(u_engine.out(u_engine.ports.idle, "engine_idle"));
  m.unused(u_decision.out(u_decision.ports.busy, "decision_busy"));
  m.unused(u_decision.out(u_decision.ports.done_exit, "decision_exit"));
  m.drive(p.decided, u_decision.out(u_decision.ports.done, "done"));
  m.drive(p.confident, u_decision.out(u_decision.ports.confident, "confident"));
  m.drive(p.exit_class, u_decision.out(u_decision.ports.done_class, "done_class"));
  if (decision.with_bin) m.drive(p.bin, u_decision.out(u_decision.ports.bin, "bin"));
  return p;
}

}  // namespace offramp::accel
