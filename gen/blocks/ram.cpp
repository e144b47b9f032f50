#include "blocks/ram.h"

namespace offramp::blocks {

Ram::Ports Ram::build(hw::ModuleBuilder& m) const {
  m.doc(
      "Memory with one write port and one registered read port; a read of the word being written gives the "
      "old word.");
  const auto w = m.param("WIDTH", 8, {.min = 1, .max = 4096}, "bits of a word");
  const auto depth = m.param("DEPTH", 64, {.min = 2, .max = 1 << 20}, "words");
  const auto aw = hw::clog2(depth);
  Ports p{.ck = m.clocking({.reset = false}),
          .write = m.input("write_i", hw::bit(), "write write_data_i"),
          .write_address = m.input("write_address_i", hw::uint(aw), "where it goes"),
          .write_data = m.input("write_data_i", hw::uint(w), "a word"),
          .read_address = m.input("read_address_i", hw::uint(aw), "of the word to read"),
          .read_data = m.output("read_data_o", hw::uint(w), "a cycle after read_address_i")};
  auto mem = m.memory("mem", hw::uint(w), depth, {});
  auto data_q = m.reg("data_q", hw::uint(w));
  m.clocked(p.ck, [&] {
    m.when(p.write, [&] { m.write(mem, p.write_address, p.write_data); });
    m.next(data_q, m.read(mem, p.read_address));
  });
  m.drive(p.read_data, data_q);
  return p;
}

RamReadBack::Ports RamReadBack::build(hw::ModuleBuilder& m) const {
  m.doc(
      "Memory with a port that writes or reads and one that reads, both registered; a read of the word being "
      "written gives the old word.");
  const auto w = m.param("WIDTH", 8, {.min = 1, .max = 4096}, "bits of a word");
  const auto depth = m.param("DEPTH", 64, {.min = 2, .max = 1 << 20}, "words");
  const auto aw = hw::clog2(depth);
  Ports p{.ck = m.clocking({.reset = false}),
          .write = m.input("write_i", hw::bit(), "write write_data_i"),
          .write_address = m.input("write_address_i", hw::uint(aw), "where it goes, and what is read back"),
          .write_data = m.input("write_data_i", hw::uint(w), "a word"),
          .read_address = m.input("read_address_i", hw::uint(aw), "of the word to read"),
          .read_data = m.output("read_data_o", hw::uint(w), "a cycle after read_address_i"),
          .read_back = m.output("read_back_o", hw::uint(w), "the word of write_address_i, a cycle later")};
  auto mem = m.memory("mem", hw::uint(w), depth, {});
  auto data_q = m.reg("data_q", hw::uint(w));
  auto back_q = m.reg("back_q", hw::uint(w));
  m.clocked(p.ck, [&] { m.next(data_q, m.read(mem, p.read_address)); });
  m.clocked(p.ck, [&] {
    m.when(p.write, [&] { m.write(mem, p.write_address, p.write_data); });
    m.next(back_q, m.read(mem, p.write_address));
  });
  m.drive(p.read_data, data_q);
  m.drive(p.read_back, back_q);
  return p;
}

Table::Ports Table::build(hw::ModuleBuilder& m) const {
  m.doc("Table filled from a file at start, with one registered read port and a write port to fill it anew.");
  const auto w = m.param("WIDTH", 8, {.min = 1, .max = 65536}, "bits of a word");
  const auto depth = m.param("DEPTH", 64, {.min = 2, .max = 1 << 20}, "words");
  const auto file = m.string_param("INIT_FILE", "", "words in hexadecimal, one a line, for $readmemh");
  const auto aw = hw::clog2(depth);
  Ports p{.ck = m.clocking({.reset = false}),
          .write = m.input("write_i", hw::bit(), "write write_data_i"),
          .write_address = m.input("write_address_i", hw::uint(aw), "where it goes"),
          .write_data = m.input("write_data_i", hw::uint(w), "a word"),
          .address = m.input("address_i", hw::uint(aw), "of the word to read"),
          .data = m.output("data_o", hw::uint(w), "a cycle after address_i")};
  auto mem = m.memory("mem", hw::uint(w), depth, {.init = file});
  auto data_q = m.reg("data_q", hw::uint(w));
  m.clocked(p.ck, [&] {
    m.when(p.write, [&] { m.write(mem, p.write_address, p.write_data); });
    m.next(data_q, m.read(mem, p.address));
  });
  m.drive(p.data, data_q);
  return p;
}

Rom::Ports Rom::build(hw::ModuleBuilder& m) const {
  m.doc("Table filled from a file at start, with one registered read port.");
  const auto w = m.param("WIDTH", 8, {.min = 1, .max = 65536}, "bits of a word");
  const auto depth = m.param("DEPTH", 64, {.min = 2, .max = 1 << 20}, "words");
  const auto file = m.string_param("INIT_FILE", "", "words in hexadecimal, one a line, for $readmemh");
  const auto aw = hw::clog2(depth);
  Ports p{.ck = m.clocking({.reset = false}),
          .address = m.input("address_i", hw::uint(aw), "of the word to read"),
          .data = m.output("data_o", hw::uint(w), "a cycle after address_i")};
  auto mem = m.memory("mem", hw::uint(w), depth, {.init = file, .ram_style = "block"});
  auto data_q = m.reg("data_q", hw::uint(w));
  m.clocked(p.ck, [&] { m.next(data_q, m.read(mem, p.address)); });
  m.drive(p.data, data_q);
  return p;
}

}  // namespace offramp::blocks
