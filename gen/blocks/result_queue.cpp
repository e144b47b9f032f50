#include "blocks/result_queue.h"

namespace offramp::blocks {

ResultQueue::Ports ResultQueue::build(hw::ModuleBuilder& m) const {
  m.doc("Queue of four results in front of the output stream.");
  const auto w = m.param("WIDTH", bits, {.min = 1, .max = 1024}, "bits of a result");
  const hw::Type data_t = hw::uint(w);
  Ports p;
  p.ck = m.clocking();
  p.push = m.input("push_i", hw::bit(), "only while ready_o");
  p.data = m.input("data_i", data_t, "the result to queue");
  p.ready = m.output("ready_o", hw::bit(), "there is room");
  p.valid = m.output("valid_o", hw::bit(), "data_o is a result");
  p.data_o = m.output("data_o", data_t, "the oldest result");
  p.take = m.input("ready_i", hw::bit(), "it is taken");
  auto mem = m.memory("mem", data_t, 4, {});
  m.comment("One bit more than an address: equal pointers mean empty, opposite halves mean full.");
  auto head_q = m.reg("head_q", hw::uint(3), {.reset = 0});
  auto tail_q = m.reg("tail_q", hw::uint(3), {.reset = 0});
  const auto empty = m.let("empty", head_q == tail_q);
  const auto used = m.let("used", hw::sub_wrap(tail_q, head_q));
  m.clocked(p.ck, [&] {
    m.when(p.push, [&] { m.next(tail_q, hw::add_wrap(tail_q, 1)); });
    m.when(p.take & ~empty, [&] { m.next(head_q, hw::add_wrap(head_q, 1)); });
  });
  m.clocked(p.ck, [&] { m.when(p.push, [&] { m.write(mem, hw::slice(tail_q, 1, 0), p.data); }); });
  m.drive(p.ready, used != 4);
  m.drive(p.valid, ~empty);
  m.drive(p.data_o, m.read(mem, hw::slice(head_q, 1, 0)));
  return p;
}

}  // namespace offramp::blocks
