#include "blocks/weight_ring.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>
#include <vector>

#include "blocks/pipeline.h"
#include "blocks/ring_control.h"
#include "blocks/weight_bank.h"

namespace offramp::blocks {
namespace {

void check(const WeightRing& ring) {
  if (ring.rows < 1 || ring.columns < 1 || ring.weight_bits < 2 || ring.rows_per_beat() < 1) {
    throw std::invalid_argument(fmt::format(
        "the {} weight ring needs a row of {} x {} bits in a beat of {} bits, for at least one row",
        ring.engine, ring.columns, ring.weight_bits, ring.data_bits));
  }
  if (ring.tiles < 1 || ring.resident < 0 || ring.resident > ring.tiles) {
    throw std::invalid_argument(
        fmt::format("the {} weight ring cannot keep {} of {} tiles", ring.engine, ring.resident, ring.tiles));
  }
}

}  // namespace

WeightRing::Ports WeightRing::build(hw::ModuleBuilder& m) const {
  check(*this);
  const int word = columns * weight_bits;
  const RingControl control{.engine = engine,
                            .tiles = tiles,
                            .resident = resident,
                            .tile_beats = beats_per_tile(),
                            .beats_bits = beats_bits};
  const int lanes = std::min(rows, rows_per_beat());  // rows that one beat writes
  const hw::Type address_t = hw::uint(index_bits(tiles));
  m.doc(
      fmt::format("Weights of the {} array, {} tiles that stay and a ring of {}; {} beats a tile, {} rows a "
                  "beat. Combinational: nothing.",
                  engine, resident, tiles - resident, control.tile_beats, lanes));
  Ports p;
  p.ck = m.clocking();
  p.beat = m.input("beat_i", hw::bit(), "the next beat; needs room_o");
  p.data = m.input("data_i", hw::uint(data_bits), "rows of a tile, least significant first");
  p.error = m.input("error_i", hw::bit(), "with beat_i: it is wrong");
  p.room = m.output("room_o", hw::uint(beats_bits), "beats that can be taken, or as many as it can say");
  p.restart = m.input("restart_i", hw::bit(), "forget the ring; the beat after this cycle begins a tile");
  p.loading_resident = m.input("loading_resident_i", hw::bit(),
                               "with restart_i: beats fill the tiles that stay, from tile 0 on");
  p.load = m.input("load_i", hw::bit(), "the engine takes a tile");
  p.address = m.input("address_i", address_t, "which of those that stay");
  p.streamed = m.input("streamed_i", hw::bit(), "not address_i but the ring's next; needs available_o");
  p.available = m.output("available_o", hw::bit(), "the ring holds a whole tile that was not taken");
  p.weight_load = m.output("weight_load_o", hw::uint(rows), "a bit a row: row r's r + 1 cycles after load_i");
  p.weight = m.output("weight_o", hw::uint(rows * word), "a word a row");
  p.tile_error = m.output("tile_error_o", hw::bit(), "a cycle after load_i: the tile had a wrong beat");
  p.direct_write = m.input("direct_write_i", hw::bit(), "write one row word; not in a cycle of beat_i");
  p.direct_address = m.input("direct_address_i", address_t, "its tile");
  p.direct_row = m.input("direct_row_i", hw::uint(index_bits(rows)), "its row");
  p.direct_data = m.input("direct_data_i", hw::uint(word), "the word");

  auto u_control = m.instance("u_control", control, {.ck = p.ck});
  const auto& c = u_control.ports;
  u_control.in(c.beat, p.beat);
  u_control.in(c.error, p.error);
  u_control.in(c.restart, p.restart);
  u_control.in(c.loading_resident, p.loading_resident);
  u_control.in(c.load, p.load);
  u_control.in(c.streamed, p.streamed);
  m.drive(p.room, u_control.out(c.room, "room"));
  m.drive(p.available, u_control.out(c.available, "available"));
  m.drive(p.tile_error, u_control.out(c.tile_error, "tile_error"));
  const auto write = u_control.out(c.write, "write");
  const auto write_part = u_control.out(c.write_part, "write_part");
  const auto write_tile = u_control.out(c.write_tile, "write_tile");
  const auto read_tile = u_control.out(c.read_tile, "read_tile");

  m.comment("A beat's part for a row is the same for every tile, so that nothing is turned on its way.");
  const auto write_address = m.let("write_address", hw::mux(p.direct_write, p.direct_address, write_tile));
  std::vector<hw::Value> lane_data;
  for (int l = 0; l < lanes; ++l) {
    lane_data.push_back(m.let(fmt::format("lane_{:02}", l),
                              hw::mux(p.direct_write, p.direct_data, hw::part(p.data, l * word, word))));
  }
  if (lanes * word < data_bits) m.unused(hw::slice(p.data, data_bits - 1, lanes * word));
  if (rows == 1) m.unused(p.direct_row);
  if (control.tile_beats == 1) m.unused(write_part);

  hw::Value load = delayed_valid(m, p.ck, "load_ahead", p.load, m.literal(hw::bit(), 0), ahead);
  // The banks' own registers have no reset, and a tile must not be given back before it was taken.
  const auto last_read = delayed_valid(m, p.ck, "read_by_last", load, m.literal(hw::bit(), 0), rows);
  hw::Value tile = delayed(m, p.ck, "tile", m.let("tile", hw::mux(p.streamed, read_tile, p.address)), ahead);
  for (int r = 0; r < rows; ++r) {
    const std::string row = fmt::format("{:02}", r);
    hw::InstanceOptions options{.ck = p.ck, .params = {{"WIDTH", word}, {"DEPTH", std::max(2, tiles)}}};
    if (!file_prefix.empty()) options.params.emplace_back("INIT_FILE", file_prefix + "_" + row + ".hex");
    auto u = m.instance("u_bank_" + row, WeightBank{}, options);
    const auto by_beat = control.tile_beats > 1 ? write & (write_part == r / lanes) : write;
    const auto direct = rows > 1 ? p.direct_write & (p.direct_row == r) : p.direct_write;
    u.in(u.ports.load, load);
    u.in(u.ports.address, tile);
    u.in(u.ports.write, by_beat | direct);
    u.in(u.ports.write_address, write_address);
    u.in(u.ports.write_data, lane_data[static_cast<std::size_t>(r % lanes)]);
    m.drive(hw::part(p.weight, r * word, word), u.out(u.ports.weight, "weight_" + row));
    load = u.out(u.ports.load_o, "load_" + row);
    m.drive(hw::bit_of(p.weight_load, r), load);
    tile = u.out(u.ports.address_o, "address_" + row);
  }
  m.comment("The last row was read: a tile of the ring is free. Its address says whether it is one.");
  u_control.in(c.released, control.stays() && control.streams() ? last_read & (tile >= resident) : last_read);
  if (!control.stays() || !control.streams()) m.unused(tile);
  return p;
}

}  // namespace offramp::blocks
