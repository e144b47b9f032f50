#include "blocks/weight_bank.h"

#include <fmt/format.h>

#include <bit>

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
  Ports p{.ck = m.clocking(),
          .load = m.input("load_i", hw::bit(), "read the word of address_i"),
          .address = m.input("address_i", hw::uint(aw), "of the word"),
          .write = m.input("write_i", hw::bit(), "write write_data_i"),
          .write_address = m.input("write_address_i", hw::uint(aw), "where it goes"),
          .write_data = m.input("write_data_i", hw::uint(w), "a word"),
          .load_o = m.output("load_o", hw::bit(), "weight_o is new; also the next row's load_i"),
          .address_o = m.output("address_o", hw::uint(aw), "address_i a cycle later, for the next row"),
          .weight = m.output("weight_o", hw::uint(w), "the word, a cycle after load_i")};
  auto mem = m.memory("mem", hw::uint(w), depth, {.init = file});
  auto load_q = m.reg("load_q", hw::bit(), {.reset = 0});
  auto address_q = m.reg("address_q", hw::uint(aw));
  auto weight_q = m.reg("weight_q", hw::uint(w));
  m.clocked(p.ck, [&] { m.next(load_q, p.load); });
  m.clocked(p.ck, [&] {
    m.when(p.write, [&] { m.write(mem, p.write_address, p.write_data); });
    m.next(address_q, p.address);
    m.when(p.load, [&] { m.next(weight_q, m.read(mem, p.address)); });
  });
  m.drive(p.load_o, load_q);
  m.drive(p.address_o, address_q);
  m.drive(p.weight, weight_q);
  return p;
}

WeightStore::Ports WeightStore::build(hw::ModuleBuilder& m) const {
  m.doc(fmt::format("Weights of the {} array: one bank a row, loads pass from row to row.", engine));
  const int word = columns * weight_bits;
  const int aw = index_bits(tiles);
  Ports p{.ck = m.clocking(),
          .load = m.input("load_i", hw::bit(), "read the word of address_i"),
          .address = m.input("address_i", hw::uint(aw), "of the word"),
          .write = m.input("write_i", hw::bit(), "write a row's word"),
          .write_address = m.input("write_address_i", hw::uint(aw + index_bits(rows)), "tile, row"),
          .write_data = m.input("write_data_i", hw::uint(word), "the word"),
          .weight_load = m.output("weight_load_o", hw::uint(rows), "a bit a row"),
          .weight = m.output("weight_o", hw::uint(rows * word), "a word a row")};
  const int rb = index_bits(rows);
  const auto write_row = m.let("write_row", hw::slice(p.write_address, rb - 1, 0));
  const auto write_tile = m.let("write_tile", hw::slice(p.write_address, rb + aw - 1, rb));
  hw::Value load = p.load;
  hw::Value address = p.address;
  for (int r = 0; r < rows; ++r) {
    const std::string row = fmt::format("{:02}", r);
    auto u = m.instance(
        "u_bank_" + row, WeightBank{},
        {.ck = p.ck,
         .params = {{"WIDTH", word}, {"DEPTH", tiles}, {"INIT_FILE", file_prefix + "_" + row + ".hex"}}});
    u.in(u.ports.load, load);
    u.in(u.ports.address, address);
    u.in(u.ports.write, p.write & (write_row == r));
    u.in(u.ports.write_address, write_tile);
    u.in(u.ports.write_data, p.write_data);
    m.drive(hw::part(p.weight, r * word, word), u.out(u.ports.weight, "weight_" + row));
    load = u.out(u.ports.load_o, "load_" + row);
    m.drive(hw::bit_of(p.weight_load, r), load);
    address = u.out(u.ports.address_o, "address_" + row);
  }
  m.unused(address);  // the last row has nobody to pass it to
  return p;
}

}  // namespace offramp::blocks
