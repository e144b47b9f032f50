#include "blocks/weight_fetch.h"

#include <fmt/format.h>

#include <algorithm>

#include "blocks/weight_bank.h"

namespace offramp::blocks {

WeightFetch::Ports WeightFetch::build(hw::ModuleBuilder& m) const {
  constexpr int kWord = 32;
  const int beat_bytes = data_bits / 8;
  const int all_beats = resident_beats + streamed_beats;
  const hw::Type word_t = hw::uint(kWord);
  const hw::Type beats_t = hw::uint(beats_bits);
  const hw::Type address_t = hw::uint(address_bits);
  m.doc(fmt::format("Fetches the {} weights: a header, {} beats that stay on the chip, {} that stream.",
                    engine, resident_beats, streamed_beats));
  Ports p;
  p.ck = m.clocking();
  p.address = m.input("address_i", address_t, "of the image's first byte, at start of a beat");
  p.address_written = m.input("address_written_i", hw::bit(), "read and check the image that lies there");
  p.restart = m.input("restart_i", hw::bit(), "stream from the first tile again");
  const bool many = images > 1;
  const int slot_bits = index_bits(images);
  if (many) {
    p.restart_group = m.input("restart_group_i", hw::bit(), "with restart_i: the shared phase");
    p.restart_slot =
        m.input("restart_slot_i", hw::uint(slot_bits), "with restart_i: of the image that comes");
  }
  p.ready = m.output("ready_o", hw::bit(), "the image was read and is right");
  p.bad = m.output("bad_o", hw::bit(), "the image was read and is wrong, or could not be read");
  p.start = m.output("start_o", hw::bit(), "to the read master: begin a run");
  p.first_address = m.output("first_address_o", address_t);
  p.beats = m.output("beats_o", beats_t);
  p.room = m.output("room_o", beats_t, "beats that can be taken");
  p.beat = m.input("beat_i", hw::bit(), "from the read master");
  p.data = m.input("data_i", hw::uint(data_bits));
  p.last = m.input("last_i", hw::bit());
  p.error = m.input("error_i", hw::bit());
  p.ring_restart = m.output("ring_restart_o", hw::bit());
  p.ring_resident =
      m.output("ring_resident_o", hw::bit(), "with ring_restart_o: beats are of tiles that stay");
  p.ring_beat = m.output("ring_beat_o", hw::bit());
  p.ring_data = m.output("ring_data_o", hw::uint(data_bits));
  p.ring_error = m.output("ring_error_o", hw::bit());
  p.ring_room = m.input("ring_room_i", beats_t, "beats that the ring can take");

  m.section("States");
  const hw::Type state_t = hw::uint(3);
  const auto none = m.constant("NONE", state_t, 0);
  const auto check = m.constant("CHECK", state_t, 1);
  const auto verdict = m.constant("VERDICT", state_t, 2);
  const auto stream = m.constant("STREAM", state_t, 3);
  const auto refused = m.constant("REFUSED", state_t, 4);
  auto state_q = m.reg("state_q", state_t, {.reset = 0});
  auto count_q = m.reg("count_q", beats_t, {.reset = 0});
  auto wrong_q = m.reg("wrong_q", hw::bit(), {.reset = 0});
  auto sum_q = m.reg("sum_q", word_t);
  auto sums_q = m.reg("sums_q", word_t);
  auto expected_sum_q = m.reg("expected_sum_q", word_t);
  auto expected_sums_q = m.reg("expected_sums_q", word_t);
  const auto checking = m.let("checking", state_q == check);
  const auto streaming = m.let("streaming", state_q == stream);
  const auto header = m.let("header", count_q == 0);
  auto word = [&](int i) { return hw::slice(p.data, kWord * i + kWord - 1, kWord * i); };

  m.section("The header and the checksum");
  const auto magic = m.literal(word_t, static_cast<std::int64_t>(kMagic));
  const auto own = m.literal(word_t, static_cast<std::int64_t>(identification));
  const auto length = m.literal(word_t, all_beats);
  const auto header_right =
      m.let("header_right", (word(0) == magic) & (word(1) == own) & (word(2) == length));
  hw::Value words = word(0);
  for (int i = 1; i < data_bits / kWord; ++i) words = hw::add_wrap(words, word(i));
  const auto sum = m.let("sum", hw::add_wrap(sum_q, words));
  const auto right = m.let("right", ~wrong_q & (sum_q == expected_sum_q) & (sums_q == expected_sums_q));
  m.clocked(p.ck, [&] {
    m.when(p.address_written,
           [&] {
             m.next(state_q, check);
             m.next(count_q, 0);
             m.next(wrong_q, 0);
           })
        .elsewhen(checking & p.beat,
                  [&] {
                    m.next(count_q, hw::add_wrap(count_q, 1));
                    m.next(wrong_q, wrong_q | p.error | (header & ~header_right));
                    m.when(p.last, [&] { m.next(state_q, verdict); });
                  })
        .elsewhen(state_q == verdict, [&] { m.next(state_q, hw::mux(right, stream, refused)); });
  });
  m.clocked(p.ck, [&] {
    m.when(checking & p.beat, [&] {
      m.when(header, [&] {
         m.next(sum_q, 0);
         m.next(sums_q, 0);
         m.next(expected_sum_q, word(3));
         m.next(expected_sums_q, word(4));
       }).otherwise([&] {
        m.next(sum_q, sum);
        m.next(sums_q, hw::add_wrap(sums_q, sum));
      });
    });
  });

  m.section("Runs: the whole image once, then what streams, for sample after sample");
  auto streaming_q = m.reg("streaming_q", hw::bit(), {.reset = 0});
  m.clocked(p.ck, [&] { m.next(streaming_q, streaming & ~p.address_written); });
  const auto entered = m.let("entered", streaming & ~streaming_q);
  const auto again = m.let("again", streaming & (p.restart | (p.beat & p.last)));
  hw::Value first_beat = m.literal(address_t, std::int64_t{1 + resident_beats} * beat_bytes);
  hw::Value run_beats = m.literal(beats_t, std::max(1, streamed_beats));
  if (many) {
    m.comment("For which image, or the group, the run is that is under way.");
    const hw::Type slot_t = hw::uint(slot_bits);
    auto in_group_q = m.reg("in_group_q", hw::bit(), {.reset = 0});
    auto slot_q = m.reg("slot_q", slot_t, {.reset = 0});
    const int single_beats = streamed_beats - group_beats;
    const auto last_slot = m.let("last_slot", slot_q == images - 1);
    const auto group_d = m.let(
        "group_d", hw::mux(entered, m.literal(hw::bit(), single_beats == 0 ? 1 : 0),
                           hw::mux(p.restart, single_beats == 0 ? m.literal(hw::bit(), 1) : p.restart_group,
                                   single_beats == 0 ? m.literal(hw::bit(), 1) : ~in_group_q & last_slot)));
    m.clocked(p.ck, [&] {
      m.when(entered | again, [&] {
        m.next(in_group_q, group_d);
        m.when(entered, [&] { m.next(slot_q, 0); })
            .elsewhen(p.restart, [&] { m.next(slot_q, p.restart_slot); })
            .otherwise(
                [&] { m.next(slot_q, hw::mux(in_group_q, m.literal(slot_t, 0), hw::add_wrap(slot_q, 1))); });
      });
    });
    first_beat =
        hw::mux(group_d, m.literal(address_t, std::int64_t{1 + resident_beats + single_beats} * beat_bytes),
                first_beat);
    run_beats = hw::mux(group_d, m.literal(beats_t, std::max(1, group_beats)),
                        m.literal(beats_t, std::max(1, single_beats)));
  }
  const auto first_streamed = hw::add_wrap(p.address, first_beat);
  const auto streams = m.literal(hw::bit(), streamed_beats > 0 ? 1 : 0);
  m.drive(p.start, p.address_written | ((entered | again) & streams));
  m.drive(p.first_address, hw::mux(p.address_written, p.address, first_streamed));
  m.drive(p.beats, hw::mux(p.address_written, m.literal(beats_t, 1 + all_beats), run_beats));
  m.drive(p.room, hw::mux(streaming, p.ring_room, m.literal(beats_t, (std::int64_t{1} << beats_bits) - 1)));
  m.drive(p.ring_restart, p.address_written | entered | (streaming & p.restart));
  m.drive(p.ring_resident, p.address_written);
  const auto stays = m.let("stays", checking & ~header & (count_q <= resident_beats));
  m.drive(p.ring_beat, p.beat & (stays | streaming));
  m.drive(p.ring_data, p.data);
  m.drive(p.ring_error, p.error);
  m.drive(p.ready, streaming);
  m.drive(p.bad, state_q == refused);
  m.unused(none);
  return p;
}

}  // namespace offramp::blocks
