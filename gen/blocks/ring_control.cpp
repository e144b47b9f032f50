#include "blocks/ring_control.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>

#include "blocks/weight_bank.h"

namespace offramp::blocks {
namespace {

/// A number from 0 to `most`.
hw::Type up_to(int most) {
  return hw::uint(std::max(1, static_cast<int>(std::bit_width(static_cast<unsigned>(most)))));
}

/// The next beat's part of its tile; gives the flag of a tile's last beat.
hw::Value count_parts(hw::ModuleBuilder& m, const RingControl& ring, const RingControl::Ports& p,
                      const hw::Value& write) {
  if (ring.tile_beats == 1) {
    m.drive(p.write_part, 0);
    return write;
  }
  auto part_q = m.reg("part_q", hw::uint(index_bits(ring.tile_beats)), {.reset = 0});
  const auto tile_end = m.let("tile_end", write & (part_q == ring.tile_beats - 1));
  m.clocked(p.ck, [&] {
    m.when(p.restart | tile_end, [&] { m.next(part_q, 0); }).elsewhen(write, [&] {
      m.next(part_q, hw::add_wrap(part_q, 1));
    });
  });
  m.drive(p.write_part, part_q);
  return tile_end;
}

/// Counts up, down, or neither or both.
void count(hw::ModuleBuilder& m, const hw::Value& number, const hw::Value& up, const hw::Value& down,
           int step) {
  m.when(up & ~down, [&] { m.next(number, hw::add_wrap(number, step)); }).elsewhen(down & ~up, [&] {
    m.next(number, hw::sub_wrap(number, step));
  });
}

}  // namespace

RingControl::Ports RingControl::build(hw::ModuleBuilder& m) const {
  const int slots = tiles - resident;
  const hw::Type tile_t = hw::uint(index_bits(tiles));
  const hw::Type room_t = up_to(std::max(slots, resident) * tile_beats);
  m.doc(fmt::format("Pointers of the {} weights: {} tiles that stay, a ring of {}, {} beats a tile.", engine,
                    resident, slots, tile_beats));
  Ports p;
  p.ck = m.clocking();
  p.beat = m.input("beat_i", hw::bit(), "the next beat; needs room_o");
  p.error = m.input("error_i", hw::bit(), "with beat_i: it is wrong");
  p.restart = m.input("restart_i", hw::bit(), "forget the ring; the beat after this cycle begins a tile");
  p.loading_resident = m.input("loading_resident_i", hw::bit(), "with restart_i: beats fill tiles from 0 on");
  p.room = m.output("room_o", hw::uint(beats_bits), "beats that can be taken, or as many as it can say");
  p.write = m.output("write_o", hw::bit(), "this beat goes to write_tile_o");
  p.write_part = m.output("write_part_o", hw::uint(index_bits(tile_beats)), "as this part of it");
  p.write_tile = m.output("write_tile_o", tile_t);
  p.load = m.input("load_i", hw::bit(), "the engine takes a tile");
  p.streamed = m.input("streamed_i", hw::bit(), "the ring's next; needs available_o");
  p.released = m.input("released_i", hw::bit(), "the oldest of the ring's tiles that were taken was read");
  p.available = m.output("available_o", hw::bit(), "the ring holds a whole tile that was not taken");
  p.read_tile = m.output("read_tile_o", tile_t, "the ring's next");
  p.tile_error = m.output("tile_error_o", hw::bit(), "a cycle after load_i: the tile had a wrong beat");

  const auto write = m.let("write", p.beat & ~p.restart);
  const auto tile_end = count_parts(m, *this, p, write);
  auto wrong_q = m.reg("wrong_q", hw::bit(), {.reset = 0});
  const auto wrong = m.let("wrong", wrong_q | p.error);
  auto write_tile_q = m.reg("write_tile_q", tile_t, {.reset = first_slot()});
  auto to_resident_q = m.reg("to_resident_q", hw::bit(), {.reset = streams() ? 0 : 1});
  auto read_tile_q = m.reg("read_tile_q", tile_t, {.reset = first_slot()});
  auto whole_q = m.reg("whole_q", up_to(slots), {.reset = 0});
  auto held_q = m.reg("held_q", room_t, {.reset = 0});
  auto room_q = m.reg("room_q", room_t, {.reset = (streams() ? slots : resident) * tile_beats});
  const auto after = [&](const hw::Value& tile) {
    return hw::mux(tile == tiles - 1, first_slot(), hw::add_wrap(tile, 1));
  };
  const auto none = m.literal(hw::bit(), 0);
  const auto begin_resident =
      m.let("begin_resident", !stays()     ? none
                              : !streams() ? m.literal(hw::bit(), 1)
                                           : static_cast<hw::Value>(p.loading_resident));
  const auto take = m.let("take", streams() ? p.load & p.streamed : none);
  const auto released = m.let("released", streams() ? static_cast<hw::Value>(p.released) : none);
  if (!streams()) {
    m.unused(p.streamed);
    m.unused(p.released);
  }
  if (!streams() || !stays()) m.unused(p.loading_resident);

  m.comment("A forgotten ring begins anew behind the tiles that are still being read.");
  const auto read_tile_d = m.let("read_tile_d", hw::mux(take, after(read_tile_q), read_tile_q));
  m.clocked(p.ck, [&] {
    m.next(read_tile_q, read_tile_d);
    m.when(p.restart, [&] {
       m.next(write_tile_q, hw::mux(begin_resident, 0, read_tile_d));
       m.next(to_resident_q, begin_resident);
     }).elsewhen(tile_end, [&] { m.next(write_tile_q, after(write_tile_q)); });
    m.when(p.restart, [&] { m.next(whole_q, 0); }).otherwise([&] {
      count(m, whole_q, tile_end & ~to_resident_q, take, 1);
    });
  });

  m.comment("Both in beats: of tiles held, and what is left of the slots that the present run may fill.");
  const auto held_d = m.wire("held_d", room_t);
  const auto step = m.literal(room_t, tile_beats);
  m.drive(held_d, hw::mux(take & ~released, hw::add_wrap(held_q, step),
                          hw::mux(released & ~take, hw::sub_wrap(held_q, step), held_q)));
  const auto ring_room = hw::sub_wrap(m.literal(room_t, slots * tile_beats), held_d);
  const auto freed = m.let("freed", hw::mux(released & ~to_resident_q, step, 0));
  m.clocked(p.ck, [&] {
    m.next(held_q, held_d);
    m.when(p.restart, [&] {
       m.next(room_q, hw::mux(begin_resident, resident * tile_beats, ring_room));
     }).otherwise([&] { m.next(room_q, hw::sub_wrap(hw::add_wrap(room_q, freed), write)); });
  });

  m.section("Errors: a bit a tile of the ring, one bit for all tiles that stay");
  const auto wrong_tiles = m.memory("wrong_tiles", hw::bit(), std::max(2, tiles));
  auto wrong_taken_q = m.reg("wrong_taken_q", hw::bit());
  auto wrong_resident_q = m.reg("wrong_resident_q", hw::bit(), {.reset = 0});
  auto take_q = m.reg("take_q", hw::bit(), {.reset = 0});
  auto load_q = m.reg("load_q", hw::bit(), {.reset = 0});
  m.clocked(p.ck, [&] {
    m.when(p.restart | tile_end, [&] { m.next(wrong_q, 0); }).elsewhen(write, [&] {
      m.next(wrong_q, wrong);
    });
    m.when(p.restart & begin_resident, [&] {
       m.next(wrong_resident_q, 0);
     }).elsewhen(write & p.error & to_resident_q, [&] { m.next(wrong_resident_q, 1); });
    m.next(take_q, take);
    m.next(load_q, p.load & ~take);
  });
  m.clocked(p.ck, [&] {
    m.when(tile_end, [&] { m.write(wrong_tiles, write_tile_q, wrong); });
    m.next(wrong_taken_q, m.read(wrong_tiles, read_tile_q));
  });

  const int room_bits = static_cast<int>(*room_t.width.constant());
  m.drive(p.room, room_bits < beats_bits   ? hw::extend(room_q, beats_bits)
                  : room_bits > beats_bits ? hw::saturate(room_q, hw::uint(beats_bits))
                                           : static_cast<hw::Value>(room_q));
  m.drive(p.write, write);
  m.drive(p.write_tile, write_tile_q);
  m.drive(p.available, whole_q != 0);
  m.drive(p.read_tile, read_tile_q);
  m.drive(p.tile_error, (take_q & wrong_taken_q) | (load_q & wrong_resident_q));
  return p;
}

}  // namespace offramp::blocks
