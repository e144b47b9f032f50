#include "blocks/load_port.h"

#include <algorithm>

#include "blocks/copies.h"

namespace offramp::blocks {

LoadPort::Ports LoadPort::build(hw::ModuleBuilder& m) const {
  m.doc("Puts words of tables together from 32-bit register writes, the most significant part first.");
  constexpr int kWord = 32;
  Ports p;
  p.ck = m.clocking();
  p.data = m.input("data_i", hw::uint(kWord));
  p.data_written = m.input("data_written_i", hw::bit(), "a further part of the word");
  p.address = m.input("address_i", hw::uint(kWord), "engine, table, word");
  p.address_written = m.input("address_written_i", hw::bit(), "the word is complete");
  p.write = m.output("write_o", hw::bit());
  p.engine = m.output("engine_o", hw::uint(kEngineBits));
  p.select = m.output("select_o", hw::uint(LoadBus::kSelectBits));
  p.word_address = m.output("address_o", hw::uint(LoadBus::kAddressBits));
  p.word = m.output("word_o", hw::uint(data_bits));
  auto write_q = m.reg("write_q", hw::bit(), {.reset = 0, .power_up = true});
  auto word_q = m.reg("word_q", hw::uint(data_bits));
  m.clocked(p.ck, [&] { m.next(write_q, p.address_written); });
  const int parts = copies_for(data_bits);
  m.comment("The word moves on a cycle after its part was written; the part stays for longer.");
  const auto shift = copied(m, p.ck, "shift", p.data_written, parts, {.reset = 0});
  const auto word_d = m.let("word_d", hw::concat({hw::slice(word_q, data_bits - kWord - 1, 0), p.data}));
  for (int i = 0; i < parts; ++i) {
    const int low = i * kMaxLoads;
    const int bits = std::min(kMaxLoads, data_bits - low);
    m.clocked(p.ck, [&] {
      m.when(shift[static_cast<std::size_t>(i)],
             [&] { m.next(hw::part(word_q, low, bits), hw::part(word_d, low, bits)); });
    });
  }
  m.drive(p.write, write_q);
  m.drive(p.engine, hw::slice(p.address, kWord - 1, kWord - kEngineBits));
  m.drive(p.select,
          hw::slice(p.address, LoadBus::kAddressBits + LoadBus::kSelectBits - 1, LoadBus::kAddressBits));
  m.drive(p.word_address, hw::slice(p.address, LoadBus::kAddressBits - 1, 0));
  m.drive(p.word, word_q);
  m.unused(p.address);
  return p;
}

}  // namespace offramp::blocks
