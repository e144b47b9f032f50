#include "blocks/delay_line.h"

namespace offramp::blocks {

DelayLine::Ports DelayLine::build(hw::ModuleBuilder& m) const {
  m.doc("Fixed delay of DEPTH cycles, kept in a small memory with one turning pointer.");
  const auto w = m.param("WIDTH", 8, {.min = 1, .max = 4096}, "bits of a word");
  const auto depth = m.param("DEPTH", 4, {.min = 3, .max = 1024}, "cycles from data_i to data_o");
  // One cycle of the delay is the read register.
  const auto words = m.localparam("WORDS", depth - 1, "words in the memory");
  const auto pointer_w = m.localparam("POINTER_W", hw::clog2(words), "bits of the pointer");
  Ports p{.ck = m.clocking(),
          .data = m.input("data_i", hw::uint(w), "a word a cycle"),
          .data_o = m.output("data_o", hw::uint(w), "data_i of DEPTH cycles before")};

  auto mem = m.memory("mem", hw::uint(w), words, {});
  auto pointer_q = m.reg("pointer_q", hw::uint(pointer_w), {.reset = 0});
  auto data_q = m.reg("data_q", hw::uint(w));
  const auto last = m.let("last", pointer_q == m.literal(hw::uint(pointer_w), words - 1));
  m.clocked(p.ck, [&] { m.next(pointer_q, hw::mux(last, 0, hw::add_wrap(pointer_q, 1))); });
  m.clocked(p.ck, [&] {
    m.next(data_q, m.read(mem, pointer_q));
    m.write(mem, pointer_q, p.data);
  });
  m.drive(p.data_o, data_q);
  return p;
}

}  // namespace offramp::blocks
