#include "blocks/stream_loader.h"

#include <fmt/format.h>

#include "blocks/weight_bank.h"

namespace offramp::blocks {

StreamLoader::Ports StreamLoader::build(hw::ModuleBuilder& m) const {
  m.doc(fmt::format(
      "Input stream to activation memory: {}{} beats of {} pixels a row, {} rows, two places in turn.",
      loaded ? "up to " : "", row_beats, bytes, rows));
  const hw::Type address = hw::uint(address_bits);
  const hw::Type id_t = hw::uint(id_bits + sequence_bits);
  Ports p;
  p.ck = m.clocking();
  p.tdata = m.input("s_axis_tdata_i", hw::uint(8 * bytes));
  p.tvalid = m.input("s_axis_tvalid_i", hw::bit());
  p.tlast = m.input("s_axis_tlast_i", hw::bit());
  p.tuser = m.input("s_axis_tuser_i", hw::uint(id_bits));
  p.tready = m.output("s_axis_tready_o", hw::bit());
  p.write_ready = m.input("write_ready_i", hw::bit(), "the memory takes a write in this cycle");
  p.write = m.output("write_o", hw::bit());
  p.write_address = m.output("write_address_o", address);
  p.write_data = m.output("write_data_o", hw::uint(bytes * data_bits));
  p.release_sample = m.input("release_i", hw::bit(), "the sample in hand is finished with");
  p.ready = m.output("ready_o", hw::bit(), "a whole sample is in memory");
  p.parity = m.output("parity_o", hw::bit(), "in which place");
  p.id = m.output("id_o", id_t, "its ID, and above it its number since reset");
  p.tlast_error = m.output("tlast_error_o", hw::bit(),
                           "TLAST came early or was missing; pixels are counted, so the stream goes on");
  if (loaded) {
    p.restart = m.input("restart_i", hw::bit(), "another geometry holds: forget every sample");
    p.last_beat = m.input("last_beat_i", hw::uint(index_bits(row_beats)), "number of a row's last beat");
    p.last_row = m.input("last_row_i", hw::uint(index_bits(rows)), "number of an image's last row");
    p.row_step = m.input("row_step_i", address, "from a row's last beat to the next row's first");
    p.first_place = m.input("first_place_i", address);
    p.second_place = m.input("second_place_i", address);
  }

  p.receiving = m.output("receiving_o", hw::bit(), "a sample has begun to come and is not whole");

  auto full_q = m.reg("full_q", hw::uint(2), {.reset = 0});
  auto fill_q = m.reg("fill_q", hw::bit(), {.reset = 0});
  auto take_q = m.reg("take_q", hw::bit(), {.reset = 0});
  auto beat_q = m.reg("beat_q", hw::uint(index_bits(row_beats)), {.reset = 0});
  auto row_q = m.reg("row_q", hw::uint(index_bits(rows)), {.reset = 0});
  auto address_q = m.reg("address_q", address, {.reset = first_place});
  auto error_q = m.reg("error_q", hw::bit(), {.reset = 0});
  auto number_q = m.reg("number_q", hw::uint(sequence_bits), {.reset = 0});
  auto id_0q = m.reg("id_0q", id_t);
  auto id_1q = m.reg("id_1q", id_t);

  m.comment("Nothing is taken while in reset, which may last longer here than at the ports.");
  const auto room =
      m.let("room", ~hw::mux(fill_q, hw::bit_of(full_q, 1), hw::bit_of(full_q, 0)) & p.ck.rst_n);
  const auto beat = m.let("beat", p.tvalid & room & p.write_ready);
  const auto first = m.let("first", (beat_q == 0) & (row_q == 0));
  const auto row_end = m.let("row_end", loaded ? beat_q == p.last_beat : beat_q == (row_beats - 1));
  const auto sample_end = m.let("sample_end", row_end & (loaded ? row_q == p.last_row : row_q == (rows - 1)));
  const hw::Value first_at = loaded ? static_cast<hw::Value>(p.first_place) : m.literal(address, first_place);
  const hw::Value second_at =
      loaded ? static_cast<hw::Value>(p.second_place) : m.literal(address, second_place);
  const auto next_row = loaded ? hw::add_wrap(address_q, p.row_step) : hw::add_wrap(address_q, row_step);

  m.clocked(p.ck, [&] {
    m.when(beat, [&] {
      m.next(beat_q, hw::mux(row_end, 0, hw::add_wrap(beat_q, 1)));
      m.when(row_end, [&] { m.next(row_q, hw::mux(sample_end, 0, hw::add_wrap(row_q, 1))); });
      m.when(sample_end,
             [&] {
               m.next(fill_q, ~fill_q);
               m.next(address_q, hw::mux(fill_q, first_at, second_at));
             })
          .elsewhen(row_end, [&] { m.next(address_q, next_row); })
          .otherwise([&] { m.next(address_q, hw::add_wrap(address_q, bytes)); });
      m.when(sample_end ^ p.tlast, [&] { m.next(error_q, 1); });
    });
    m.when(p.release_sample, [&] { m.next(take_q, ~take_q); });
    if (!loaded) return;
    m.when(p.restart, [&] {
      m.next(beat_q, 0);
      m.next(row_q, 0);
      m.next(fill_q, 0);
      m.next(take_q, 0);
      m.next(address_q, first_at);
    });
  });
  m.comment("A DMA engine that has no TUSER knows images by their number.");
  const auto numbered = m.let("numbered", hw::concat({number_q, p.tuser}));
  m.clocked(p.ck, [&] {
    m.when(beat & first & ~fill_q, [&] { m.next(id_0q, numbered); });
    m.when(beat & first & fill_q, [&] { m.next(id_1q, numbered); });
  });
  m.clocked(p.ck, [&] { m.when(beat & sample_end, [&] { m.next(number_q, hw::add_wrap(number_q, 1)); }); });
  const auto one = m.literal(hw::uint(2), 1);
  const auto two = m.literal(hw::uint(2), 2);
  const auto none = m.literal(hw::uint(2), 0);
  const auto filled = m.let("filled", hw::mux(beat & sample_end, hw::mux(fill_q, two, one), none));
  const auto taken = m.let("taken", hw::mux(p.release_sample, hw::mux(take_q, two, one), none));
  const auto held = (full_q | filled) & ~taken;
  m.clocked(p.ck, [&] { m.next(full_q, loaded ? hw::mux(p.restart, none, held) : held); });

  auto elements = m.wire("elements", hw::uint(bytes * data_bits));
  m.generate_for("gen_element", bytes, [&](hw::IntExpr i) {
    const auto pixel = hw::part(p.tdata, i * 8, 8);
    m.drive(hw::part(elements, i * data_bits, data_bits),
            data_bits == 8 ? pixel : hw::extend(pixel, data_bits));
  });
  m.drive(p.tready, room & p.write_ready);
  m.drive(p.write, p.tvalid & room);
  m.drive(p.write_address, address_q);
  m.drive(p.write_data, elements);
  m.drive(p.ready, hw::mux(take_q, hw::bit_of(full_q, 1), hw::bit_of(full_q, 0)));
  m.drive(p.parity, take_q);
  m.drive(p.id, hw::mux(take_q, id_1q, id_0q));
  m.drive(p.tlast_error, error_q);
  m.drive(p.receiving, ~first);
  return p;
}

}  // namespace offramp::blocks
