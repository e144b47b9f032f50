#include "blocks/stream_adapters.h"

#include <stdexcept>
#include <string>

#include "blocks/stream_fifo.h"
#include "blocks/stream_fork.h"
#include "blocks/stream_registers.h"
#include "blocks/stream_route.h"

namespace offramp::blocks {

namespace {

// The blocks carry unsigned vectors.
Value bits_of(const Value& v, hw::SourceLoc loc) {
  return v.is_signed() ? hw::as_unsigned({v, loc}) : v;
}
Value like(const Value& bits, const Value& model, hw::SourceLoc loc) {
  return model.is_signed() ? hw::as_signed({bits, loc}) : bits;
}
Stream<Value> bits_of(const Stream<Value>& s, hw::SourceLoc loc) {
  return {bits_of(s.data, loc), s.valid, s.ready};
}

std::string instance_name(std::string_view name) {
  return "u_" + std::string(name);
}
/// The wire of an instance's ready for the stream that it takes.
std::string source_name(std::string_view name) {
  return std::string(name) + "_from";
}

template <class Block>
Stream<Value> adapt(hw::ModuleBuilder& m, std::string_view name, const hw::Clocking& ck,
                    const Stream<Value>& from, hw::SourceLoc loc) {
  auto u =
      m.instance(instance_name(name), Block{}, {.ck = ck, .params = {{"WIDTH", from.data.width()}}}, loc);
  hw::feed(m, u, u.ports.in, bits_of(from, loc), source_name(name), loc);
  auto out = hw::take(m, u, u.ports.out, name, loc);
  out.data = like(out.data, from.data, loc);
  return out;
}

/// The streams of an instance that shows the same word to all of them.
std::vector<Stream<Value>> take_all(hw::ModuleBuilder& m, hw::InstanceBase& u, const Stream<Value>& port,
                                    std::string_view name, const Value& model, int count, hw::SourceLoc loc) {
  const std::string base(name);
  const Value data = like(u.out(port.data, base + "_data", loc), model, loc);
  const Value valid = u.out(port.valid, base + "_valid", loc);
  const Value ready = m.wire(base + "_ready", hw::uint(count), loc);
  u.in(port.ready, {ready, loc});
  std::vector<Stream<Value>> all;
  for (int i = 0; i < count; ++i) {
    all.push_back({data, hw::bit_of({valid, loc}, i), hw::bit_of({ready, loc}, i)});
  }
  return all;
}

/// Connects streams side by side; word i is `words[i]`, which is `width` bits wide.
void feed_all(hw::ModuleBuilder& m, hw::InstanceBase& u, const Stream<Value>& port,
              const std::vector<Stream<Value>>& from, const std::vector<Value>& words, std::string_view name,
              hw::SourceLoc loc) {
  std::vector<Value> data(words.rbegin(), words.rend());
  std::vector<Value> valid;
  for (auto s = from.rbegin(); s != from.rend(); ++s) valid.push_back(s->valid);
  u.in(port.data, {hw::concat(data, loc), loc});
  u.in(port.valid, {hw::concat(valid, loc), loc});
  const Value ready = u.out(port.ready, source_name(name) + "_ready", loc);
  for (std::size_t i = 0; i < from.size(); ++i) m.drive(from[i].ready, {hw::bit_of({ready, loc}, i), loc});
}

void require(bool ok, const std::string& message, hw::SourceLoc loc) {
  if (!ok) throw std::logic_error(message + " (" + hw::describe(loc) + ")");
}

}  // namespace

Stream<Value> register_forward(hw::ModuleBuilder& m, std::string_view name, const hw::Clocking& ck,
                               const Stream<Value>& from, hw::SourceLoc loc) {
  return adapt<StreamRegisterForward>(m, name, ck, from, loc);
}

Stream<Value> register_backward(hw::ModuleBuilder& m, std::string_view name, const hw::Clocking& ck,
                                const Stream<Value>& from, hw::SourceLoc loc) {
  return adapt<StreamRegisterBackward>(m, name, ck, from, loc);
}

Stream<Value> skid(hw::ModuleBuilder& m, std::string_view name, const hw::Clocking& ck,
                   const Stream<Value>& from, hw::SourceLoc loc) {
  return adapt<StreamSkid>(m, name, ck, from, loc);
}

Stream<Value> fifo(hw::ModuleBuilder& m, std::string_view name, const hw::Clocking& ck,
                   const Stream<Value>& from, const hw::IntExpr& depth, Value* count, hw::SourceLoc loc) {
  auto u = m.instance(instance_name(name), StreamFifo{},
                      {.ck = ck, .params = {{"WIDTH", from.data.width()}, {"DEPTH", depth}}}, loc);
  hw::feed(m, u, u.ports.in, bits_of(from, loc), source_name(name), loc);
  auto out = hw::take(m, u, u.ports.out, name, loc);
  out.data = like(out.data, from.data, loc);
  // Linters want every output connected.
  if (count != nullptr) {
    *count = u.out(u.ports.count, std::string(name) + "_count", loc);
  } else {
    m.unused({u.out(u.ports.count, std::string(name) + "_count", loc), loc});
  }
  return out;
}

std::vector<Stream<Value>> fork(hw::ModuleBuilder& m, std::string_view name, const hw::Clocking& ck,
                                const Stream<Value>& from, int count, hw::SourceLoc loc) {
  auto u = m.instance(instance_name(name), StreamFork{},
                      {.ck = ck, .params = {{"WIDTH", from.data.width()}, {"COUNT", count}}}, loc);
  hw::feed(m, u, u.ports.in, bits_of(from, loc), source_name(name), loc);
  return take_all(m, u, u.ports.out, name, from.data, count, loc);
}

Stream<std::vector<Value>> join(hw::ModuleBuilder& m, std::string_view name,
                                const std::vector<Stream<Value>>& from, hw::SourceLoc loc) {
  require(!from.empty(), "join '" + std::string(name) + "' of no streams", loc);
  hw::IntExpr width = 1;
  for (const auto& s : from) width = hw::max(width, s.data.width());
  std::vector<Value> words;
  for (const auto& s : from) words.push_back(hw::extend({bits_of(s.data, loc), loc}, width));
  auto u = m.instance(instance_name(name), StreamJoin{},
                      {.params = {{"WIDTH", width}, {"COUNT", from.size()}}}, loc);
  feed_all(m, u, u.ports.in, from, words, name, loc);
  const auto out = hw::take(m, u, u.ports.out, name, loc);
  Stream<std::vector<Value>> joined{{}, out.valid, out.ready};
  bool padded = false;
  for (std::size_t i = 0; i < from.size(); ++i) {
    const Value& model = from[i].data;
    joined.data.push_back(like(hw::part({out.data, loc}, hw::IntExpr(i) * width, model.width()), model, loc));
    padded = padded || !(model.width() == width);
  }
  if (padded) m.unused({out.data, loc});
  return joined;
}

std::vector<Stream<Value>> demux(hw::ModuleBuilder& m, std::string_view name,
                                 const Stream<Routed<Value>>& from, int count, hw::SourceLoc loc) {
  auto u = m.instance(instance_name(name), StreamDemux{},
                      {.params = {{"WIDTH", from.data.data.width()}, {"COUNT", count}}}, loc);
  const Stream<Value> word{bits_of(from.data.data, loc), from.valid, from.ready};
  hw::feed(m, u, u.ports.in, word, source_name(name), loc);
  u.in(u.ports.select, {from.data.id, loc});
  return take_all(m, u, u.ports.out, name, from.data.data, count, loc);
}

Stream<Routed<Value>> merge(hw::ModuleBuilder& m, std::string_view name, const hw::Clocking& ck,
                            const std::vector<Stream<Value>>& from, hw::SourceLoc loc) {
  require(!from.empty(), "merge '" + std::string(name) + "' of no streams", loc);
  std::vector<Value> words;
  for (const auto& s : from) words.push_back(bits_of(s.data, loc));
  const Value& model = from.front().data;
  auto u = m.instance(instance_name(name), StreamMerge{},
                      {.ck = ck, .params = {{"WIDTH", model.width()}, {"COUNT", from.size()}}}, loc);
  feed_all(m, u, u.ports.in, from, words, name, loc);
  const auto out = hw::take(m, u, u.ports.out, name, loc);
  return {
      {like(out.data, model, loc), u.out(u.ports.id, std::string(name) + "_id", loc)}, out.valid, out.ready};
}

Value pack_fields(const std::vector<Value>& fields, hw::SourceLoc loc) {
  std::vector<Value> bits;
  for (const Value& v : fields) bits.push_back(bits_of(v, loc));
  return hw::concat(bits, loc);
}

std::vector<Value> unpack_fields(const Value& word, const std::vector<Value>& fields, hw::SourceLoc loc) {
  std::vector<Value> parts(fields.size());
  hw::IntExpr low = 0;
  for (std::size_t i = fields.size(); i-- > 0;) {
    const hw::IntExpr width = fields[i].width();
    parts[i] = like(hw::part({word, loc}, low, width), fields[i], loc);
    low = low + width;
  }
  return parts;
}

}  // namespace offramp::blocks
