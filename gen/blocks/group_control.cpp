#include "blocks/group_control.h"

#include <fmt/format.h>

#include <vector>

#include "blocks/weight_bank.h"

namespace offramp::blocks {

int GroupControl::slot_bits() const {
  return index_bits(images);
}

GroupControl::Ports GroupControl::build(hw::ModuleBuilder& m) const {
  m.doc(fmt::format(
      "Starts samples, groups up to {} that did not leave early, picks each one's result among {} "
      "exits.",
      images, exits));
  constexpr int kExitW = 8;
  const hw::Type class_t = hw::uint(class_bits);
  const hw::Type slot_t = hw::uint(slot_bits());
  const hw::Type number_t = hw::uint(slot_bits() + 1);
  const hw::Type layer_t = hw::uint(layer_bits);
  const hw::Type id_t = hw::uint(id_bits);
  Ports p;
  p.ck = m.clocking();
  p.enable = m.input("enable_i", hw::bit());
  p.reject = m.input("reject_i", hw::bit(), "answer samples without work on them");
  p.sample_ready = m.input("sample_ready_i", hw::bit(), "a whole sample is in memory");
  p.receiving = m.input("receiving_i", hw::bit(), "a part of a sample has come");
  p.result_ready = m.input("result_ready_i", hw::bit());
  p.sample_id = m.input("sample_id_i", id_t, "of the sample that is ready");
  p.decisions = DecisionPorts::inputs(m, exits, class_bits, prunes);
  p.engine_idle = m.input("engine_idle_i", hw::bit(), "the phase's last layer is issued");
  p.tile_error = m.input("tile_error_i", hw::bit(), "a weight tile was wrong");
  p.start = m.output("start_o", hw::bit(), "begin a phase");
  p.start_layer = m.output("start_layer_o", layer_t, "with its first layer");
  p.slot = m.output("slot_o", slot_t, "of the image in hand");
  p.last_image = m.output("last_image_o", slot_t, "of the group");
  p.sample_start = m.output("sample_start_o", hw::bit());
  p.park = m.output("park_o", hw::bit(), "the sample in hand waits for its group");
  p.group_start = m.output("group_start_o", hw::bit());
  p.final_start = m.output("final_start_o", hw::bit());
  p.release = m.output("release_o", hw::bit(), "the input of the sample in hand is no longer needed");
  p.stop = m.output("stop_o", hw::bit(), "a result is out");
  p.exit = m.output("exit_o", hw::uint(kExitW), "with stop_o");
  p.exit_class = m.output("class_o", class_t, "with stop_o");
  p.id = m.output("id_o", id_t, "with stop_o");
  p.wrong = m.output("wrong_o", hw::bit(), "with stop_o: a weight tile was wrong");
  p.active = m.output("active_o", hw::bit());
  p.refetch = m.output("refetch_o", hw::bit(), "stream the weights of the phase that comes next anew");
  p.refetch_group = m.output("refetch_group_o", hw::bit(), "with refetch_o: it is the second");

  m.section("States");
  const hw::Type state_t = hw::uint(2);
  const auto idle = m.constant("IDLE", state_t, 0);
  const auto single = m.constant("SINGLE", state_t, 1);
  const auto group = m.constant("GROUP", state_t, 2);
  const auto finish = m.constant("FINISH", state_t, 3);
  auto state_q = m.reg("state_q", state_t, {.reset = 0});
  auto parked_q = m.reg("parked_q", number_t, {.reset = 0});
  auto image_q = m.reg("image_q", number_t, {.reset = 0});
  auto drain_q = m.reg("drain_q", hw::uint(index_bits(drain_cycles + 1)), {.reset = 0});
  auto begun_q = m.reg("begun_q", hw::uint(2), {.reset = 0});
  auto stop = m.wire("stop", hw::bit());
  const auto room = m.let("room", parked_q != images);
  const auto begin_sample =
      m.let("begin_sample", (state_q == idle) & p.enable & p.sample_ready & room & ~p.reject);
  const auto more = m.let("more", p.enable & (p.sample_ready | p.receiving) & ~p.reject);
  const auto begins_group = m.let("begins_group", (state_q == idle) & (parked_q != 0) & (~room | ~more));

  m.comment("A phase is over when its last results are in memory; idle is looked at when it has begun.");
  const auto over = m.let("over", (drain_q == drain_cycles));
  m.clocked(p.ck, [&] {
    m.when(p.start, [&] { m.next(begun_q, 3); }).elsewhen(begun_q != 0, [&] {
      m.next(begun_q, hw::sub_wrap(begun_q, 1));
    });
    m.when(p.start | ~p.engine_idle | (begun_q != 0), [&] { m.next(drain_q, 0); }).elsewhen(~over, [&] {
      m.next(drain_q, hw::add_wrap(drain_q, 1));
    });
  });

  m.section("Verdicts");
  auto forget = m.wire("forget", hw::bit());
  const Verdicts verdicts = keep_verdicts(m, p.ck, exits, class_bits, p.decisions, forget);
  const auto& [last, takes, declined, class_q] = verdicts;
  hw::Value leaves = m.literal(hw::bit(), 0);
  for (const hw::Value& t : takes) leaves = leaves | t;
  const auto leaves_early = m.let("leaves_early", (state_q == single) & leaves);
  const auto at_end = m.let("at_end", (state_q == single) & over);
  const auto park = m.let("park", (exits > 1 ? at_end & declined & ~leaves : at_end));
  const auto finished = m.let("finished", (state_q == finish) & last);
  const auto rejected = m.let("rejected", (state_q == idle) & p.reject & p.sample_ready & (parked_q == 0));
  m.drive(stop, (leaves_early | finished | rejected) & p.result_ready);
  const auto on_last_image = m.let("on_last_image", image_q == hw::sub_wrap(parked_q, 1));
  m.comment("The stop drops what the engine does, so that the next image begins a cycle later.");
  const auto goes_on = m.let("goes_on", (state_q == finish) & stop & ~on_last_image);
  auto again_q = m.reg("again_q", hw::bit(), {.reset = 0});
  m.clocked(p.ck, [&] { m.next(again_q, goes_on); });
  const auto begin_final = m.let("begin_final", ((state_q == group) & over) | again_q);
  m.clocked(p.ck, [&] {
    m.when(begin_sample, [&] { m.next(state_q, single); })
        .elsewhen(begins_group, [&] { m.next(state_q, group); })
        .elsewhen(begin_final, [&] { m.next(state_q, finish); })
        .elsewhen(park | (stop & ~goes_on), [&] { m.next(state_q, idle); });
    m.when(begins_group, [&] { m.next(image_q, 0); }).elsewhen((state_q == finish) & stop, [&] {
      m.next(image_q, hw::add_wrap(image_q, 1));
    });
    m.when(park, [&] {
       m.next(parked_q, hw::add_wrap(parked_q, 1));
     }).elsewhen((state_q == finish) & stop & on_last_image, [&] { m.next(parked_q, 0); });
  });
  m.drive(forget, stop | park | begin_final);

  m.section("What is known of the samples");
  auto ids = m.memory("ids", id_t, images);
  auto wrongs = m.memory("wrongs", hw::bit(), images);
  auto wrong_q = m.reg("wrong_q", hw::bit(), {.reset = 0});
  auto group_wrong_q = m.reg("group_wrong_q", hw::bit(), {.reset = 0});
  const auto parked_slot = hw::truncate(parked_q, slot_bits());
  const auto image_slot = hw::truncate(image_q, slot_bits());
  m.clocked(p.ck, [&] {
    m.when(park, [&] {
      m.write(ids, parked_slot, p.sample_id);
      m.write(wrongs, parked_slot, wrong_q);
    });
    m.when(begin_sample, [&] { m.next(wrong_q, 0); }).elsewhen(p.tile_error & (state_q == single), [&] {
      m.next(wrong_q, 1);
    });
    m.when(begins_group, [&] {
       m.next(group_wrong_q, 0);
     }).elsewhen(p.tile_error & ((state_q == group) | (state_q == finish)), [&] {
      m.next(group_wrong_q, 1);
    });
  });
  hw::Value exit = m.literal(hw::uint(kExitW), first_exit + exits - 1);
  hw::Value exit_class = class_q.back();
  for (int e = exits - 2; e >= 0; --e) {
    const auto i = static_cast<std::size_t>(e);
    const auto mine = takes[i] & (state_q == single);
    exit = hw::mux(mine, m.literal(hw::uint(kExitW), first_exit + e), exit);
    exit_class = hw::mux(mine, class_q[i], exit_class);
  }
  const auto finishing = m.let("finishing", state_q == finish);
  m.drive(p.start, begin_sample | begins_group | begin_final);
  m.drive(p.start_layer,
          hw::mux(begin_sample, m.literal(layer_t, 0),
                  hw::mux(begin_final, m.literal(layer_t, final_layer), m.literal(layer_t, group_layer))));
  m.comment("The next image's slot is told with its start.");
  m.drive(p.slot, hw::mux((state_q == group) | finishing, image_slot, parked_slot));
  m.drive(p.last_image, hw::truncate(hw::sub_wrap(parked_q, 1), slot_bits()));
  m.drive(p.sample_start, begin_sample);
  m.drive(p.park, park);
  m.drive(p.group_start, begins_group);
  m.drive(p.final_start, begin_final);
  m.drive(p.release, park | (stop & ~finishing));
  m.drive(p.stop, stop);
  m.drive(p.exit, exit);
  m.drive(p.exit_class, exit_class);
  m.drive(p.id, hw::mux(finishing, m.read(ids, image_slot), p.sample_id));
  m.drive(p.wrong, p.reject | hw::mux(finishing, group_wrong_q | m.read(wrongs, image_slot), wrong_q));
  m.drive(p.active, (state_q != idle) | (parked_q != 0));
  m.drive(p.refetch, (stop & (state_q == single)) | (begins_group & room));
  m.drive(p.refetch_group, begins_group);
  return p;
}

}  // namespace offramp::blocks
