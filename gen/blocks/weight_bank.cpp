#include "blocks/weight_bank.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <vector>

#include "blocks/copies.h"
#include "blocks/wide_table.h"

namespace offramp::blocks {

int index_bits(int entries) {
  return entries <= 2 ? 1 : static_cast<int>(std::bit_width(static_cast<unsigned>(entries - 1)));
}

WeightBank::Ports WeightBank::build(hw::ModuleBuilder& m) const {
  m.doc("Weights of one array row; a load is read here and passed to the next row's bank a cycle later.");
  const auto w = m.param("WIDTH", 16, {.min = 2, .max = 1024}, "bits of a word: the weights of all columns");
  const auto depth = m.param("DEPTH", 64, {.min = 2, .max = 1 << 20}, "tiles");
  const auto file = m.string_param("INIT_FILE", "", "a word a tile in hexadecimal, for $readmemh");
  const auto aw = m.localparam("ADDRESS_W", hw::clog2(depth), "bits of a tile's address");
  Ports p{.ck = m.clocking({.reset = false}),
          .load = m.input("load_i", hw::bit(), "read the word of address_i"),
          .address = m.input("address_i", hw::uint(aw), "of the word"),
          .write = m.input("write_i", hw::bit(), "write write_data_i"),
          .write_address = m.input("write_address_i", hw::uint(aw), "where it goes"),
          .write_data = m.input("write_data_i", hw::uint(w), "a word"),
          .load_o = m.output("load_o", hw::bit(), "weight_o is new; also the next row's load_i"),
          .address_o = m.output("address_o", hw::uint(aw), "address_i a cycle later, for the next row"),
          .weight = m.output("weight_o", hw::uint(w), "the word, a cycle after load_i")};
  auto mem = m.memory("mem", hw::uint(w), depth, {.init = file});
  m.comment("Banks side by side have the same requests: each keeps its own.");
  auto load_q = m.reg("load_q", hw::bit(), {.keep = true});
  auto address_q = m.reg("address_q", hw::uint(aw), {.keep = true});
  auto weight_q = m.reg("weight_q", hw::uint(w));
  m.clocked(p.ck, [&] {
    m.next(load_q, p.load);
    m.next(address_q, p.address);
  });
  m.clocked(p.ck, [&] {
    m.when(p.write, [&] { m.write(mem, p.write_address, p.write_data); });
    m.when(p.load, [&] { m.next(weight_q, m.read(mem, p.address)); });
  });
  m.drive(p.load_o, load_q);
  m.drive(p.address_o, address_q);
  m.drive(p.weight, weight_q);
  return p;
}

int WeightStore::part_columns() const {
  return std::max(1, WideTable::kPartBits / weight_bits);
}

std::string WeightStore::file(int row, int part) const {
  return parts() == 1 ? fmt::format("{}_{:02}.hex", file_prefix, row)
                      : fmt::format("{}_{:02}_{}.hex", file_prefix, row, part);
}

WeightStore::Ports WeightStore::build(hw::ModuleBuilder& m) const {
  m.doc(fmt::format("Weights of the {} array: a bank a row{}, loads pass from row to row.", engine,
                    parts() == 1 ? "" : fmt::format(" and {} columns", part_columns())));
  const int word = columns * weight_bits;
  const int aw = index_bits(tiles);
  const int rb = index_bits(rows);
  Ports p{.ck = m.clocking({.reset = false}),
          .load = m.input("load_i", hw::bit(), "read the word of address_i"),
          .address = m.input("address_i", hw::uint(aw), "of the word"),
          .write = m.input("write_i", hw::bit(), "write a row's word"),
          .write_address = m.input("write_address_i", hw::uint(aw + rb), "tile, row"),
          .write_data = m.input("write_data_i", hw::uint(word), "the word, two cycles after write_i"),
          .weight_load = m.output("weight_load_o", hw::uint(rows * columns), "a bit a row and column"),
          .weight = m.output("weight_o", hw::uint(rows * word), "a word a row")};
  m.section("Writes: the row is found in one cycle and written in the next");
  // Each bank's memories have a load a bit of a word in the worst case, of which three fit.
  constexpr int kBanksPerCopy = 3;
  constexpr int kRowsPerCopy = 32;
  const int row_copies = copies_for(rows, kRowsPerCopy);
  const auto write = copied(m, p.ck, "write", p.write, row_copies, {.power_up = true});
  const auto row = copied(m, p.ck, "write_row", hw::slice(p.write_address, rb - 1, 0), row_copies);
  auto write_tile_q = m.reg("write_tile_q", hw::uint(aw));
  m.clocked(p.ck, [&] { m.next(write_tile_q, hw::slice(p.write_address, rb + aw - 1, rb)); });
  const auto write_tile =
      copied(m, p.ck, "bank_tile", write_tile_q, copies_for(rows * parts(), kBanksPerCopy));
  std::vector<hw::Value> hits;
  for (int r = 0; r < rows; ++r) {
    const auto k = static_cast<std::size_t>(r / kRowsPerCopy);
    hits.insert(hits.begin(), write[k] & (row[k] == r));
  }
  const auto write_d = m.let("bank_write", hits.size() == 1 ? hits.front() : hw::concat(hits));
  const auto bank_write = copied(m, p.ck, "bank_write", write_d, parts(), {.power_up = true});

  m.section("Banks");
  std::vector<hw::Value> load(static_cast<std::size_t>(parts()), p.load);
  std::vector<hw::Value> address(static_cast<std::size_t>(parts()), p.address);
  for (int r = 0; r < rows; ++r) {
    for (int part = 0; part < parts(); ++part) {
      const auto k = static_cast<std::size_t>(part);
      const int first = part * part_columns();
      const int bits = std::min(part_columns(), columns - first) * weight_bits;
      const std::string bank = fmt::format("{:02}", r) + (parts() == 1 ? "" : fmt::format("_{}", part));
      auto u = m.instance(
          "u_bank_" + bank, WeightBank{},
          {.ck = p.ck, .params = {{"WIDTH", bits}, {"DEPTH", tiles}, {"INIT_FILE", file(r, part)}}});
      u.in(u.ports.load, load[k]);
      u.in(u.ports.address, address[k]);
      u.in(u.ports.write, rows == 1 ? bank_write[k] : hw::bit_of(bank_write[k], r));
      u.in(u.ports.write_address, write_tile[static_cast<std::size_t>((r * parts() + part) / kBanksPerCopy)]);
      u.in(u.ports.write_data, hw::part(p.write_data, first * weight_bits, bits));
      m.drive(hw::part(p.weight, r * word + first * weight_bits, bits),
              u.out(u.ports.weight, "weight_" + bank));
      load[k] = u.out(u.ports.load_o, "load_" + bank);
      m.drive(hw::part(p.weight_load, r * columns + first, bits / weight_bits),
              bits == weight_bits ? load[k] : hw::replicate(load[k], bits / weight_bits));
      address[k] = u.out(u.ports.address_o, "address_" + bank);
    }
  }
  for (const hw::Value& last : address) m.unused(last);  // the last row has nobody to pass it to
  return p;
}

}  // namespace offramp::blocks
