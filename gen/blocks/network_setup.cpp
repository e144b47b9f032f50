#include "blocks/network_setup.h"

namespace offramp::blocks {

NetworkSetup::Ports NetworkSetup::build(hw::ModuleBuilder& m) const {
  m.doc("Numbers of the network that is loaded, besides its tables.");
  Ports p;
  p.ck = m.clocking();
  p.write = m.input("write_i", hw::bit(), "write a number");
  p.address = m.input("address_i", hw::uint(address_bits), "which");
  p.data = m.input("data_i", hw::uint(data_bits), "the number");
  p.changed = m.output("changed_o", hw::bit(), "a cycle after a write, with the new value");
  auto changed_q = m.reg("changed_q", hw::bit(), {.reset = 0});
  m.clocked(p.ck, [&] { m.next(changed_q, p.write); });
  m.drive(p.changed, changed_q);
  int number = 0;
  for (const Field& f : fields) {
    const hw::Type type = hw::uint(f.bits);
    p.value[f.name] = m.output(f.name + "_o", type, f.doc);
    auto reg = m.reg(f.name + "_q", type, {.reset = f.reset});
    m.clocked(p.ck, [&] {
      m.when(p.write & (p.address == number),
             [&] { m.next(reg, f.bits == 1 ? hw::bit_of(p.data, 0) : hw::slice(p.data, f.bits - 1, 0)); });
    });
    m.drive(p.value[f.name], reg);
    ++number;
  }
  m.unused(p.data);
  return p;
}

}  // namespace offramp::blocks
