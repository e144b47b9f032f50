#include "blocks/wide_table.h"

#include <fmt/format.h>

#include <algorithm>

#include "blocks/copies.h"
#include "blocks/ram.h"
#include "blocks/weight_bank.h"

namespace offramp::blocks {

std::string WideTable::file(int part) const {
  return parts() == 1 ? file_prefix + ".hex" : fmt::format("{}_{}.hex", file_prefix, part);
}

WideTable::Ports WideTable::build(hw::ModuleBuilder& m) const {
  m.doc(fmt::format("Table of {} words of {} bits in {} part{}, each with its own address register.", depth,
                    width, parts(), parts() == 1 ? "" : "s"));
  const hw::Type address_t = hw::uint(index_bits(depth));
  Ports p{.ck = m.clocking({.reset = false}),
          .write = m.input("write_i", hw::bit(), "write write_data_i of the next cycle"),
          .write_address = m.input("write_address_i", address_t, "where it goes"),
          .write_data = m.input("write_data_i", hw::uint(width), "a word, a cycle after write_i"),
          .next_address = m.input("next_address_i", address_t, "of the word to read"),
          .data = m.output("data_o", hw::uint(width), "two cycles after next_address_i")};
  m.comment("Nothing may be written before the first clock edge.");
  const auto write = copied(m, p.ck, "write", p.write, parts(), {.power_up = true});
  const auto write_address = copied(m, p.ck, "write_address", p.write_address, parts());
  const auto address = copied(m, p.ck, "address", p.next_address, parts());
  for (int i = 0; i < parts(); ++i) {
    const auto k = static_cast<std::size_t>(i);
    const int low = i * kPartBits;
    const int bits = std::min(kPartBits, width - low);
    auto u = m.instance(fmt::format("u_part_{}", i), Table{},
                        {.ck = p.ck, .params = {{"WIDTH", bits}, {"DEPTH", depth}, {"INIT_FILE", file(i)}}});
    u.in(u.ports.write, write[k]);
    u.in(u.ports.write_address, write_address[k]);
    u.in(u.ports.write_data, hw::part(p.write_data, low, bits));
    u.in(u.ports.address, address[k]);
    m.drive(hw::part(p.data, low, bits), u.out(u.ports.data, fmt::format("part_{}", i)));
  }
  return p;
}

}  // namespace offramp::blocks
