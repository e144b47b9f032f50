#pragma once
// Stream adapters as functions: each puts one instance `u_<name>` of a library block into the module and
// gives the outgoing stream, whose signals are `<name>_data`, `<name>_valid`, `<name>_ready`.
//
//   const auto calm = skid(m, "calm", ck, hw::input_stream(m, "in", hw::uint(8)));
//   hw::connect(m, fifo(m, "queue", ck, calm, 16), hw::output_stream(m, "out", hw::uint(8)));
//
// A word is a Value of any width and sign, or a struct of Values that can name its fields:
//
//   struct Pixel {
//     hw::Value color, last;
//     auto fields() { return std::tie(color, last); }
//   };
#include <string_view>
#include <tuple>
#include <vector>

#include "hw/hw.h"
#include "hw/stream.h"

namespace offramp::blocks {

using hw::Stream;
using hw::Value;

/// A word and the number of the stream that it goes to or comes from.
template <class T>
struct Routed {
  T data;
  Value id;
};

/// Cuts data and valid.
Stream<Value> register_forward(hw::ModuleBuilder& m, std::string_view name, const hw::Clocking& ck,
                               const Stream<Value>& from, hw::SourceLoc loc = hw::SourceLoc::here());
/// Cuts ready.
Stream<Value> register_backward(hw::ModuleBuilder& m, std::string_view name, const hw::Clocking& ck,
                                const Stream<Value>& from, hw::SourceLoc loc = hw::SourceLoc::here());
/// Cuts data, valid and ready.
Stream<Value> skid(hw::ModuleBuilder& m, std::string_view name, const hw::Clocking& ck,
                   const Stream<Value>& from, hw::SourceLoc loc = hw::SourceLoc::here());
/// A queue; cuts data, valid and ready. With `count`, the number of words held is given there.
Stream<Value> fifo(hw::ModuleBuilder& m, std::string_view name, const hw::Clocking& ck,
                   const Stream<Value>& from, const hw::IntExpr& depth, Value* count = nullptr,
                   hw::SourceLoc loc = hw::SourceLoc::here());
/// Every word to all `count` streams.
std::vector<Stream<Value>> fork(hw::ModuleBuilder& m, std::string_view name, const hw::Clocking& ck,
                                const Stream<Value>& from, int count,
                                hw::SourceLoc loc = hw::SourceLoc::here());
/// A word of each stream at a time; they may be of different types.
Stream<std::vector<Value>> join(hw::ModuleBuilder& m, std::string_view name,
                                const std::vector<Stream<Value>>& from,
                                hw::SourceLoc loc = hw::SourceLoc::here());
/// Every word to the one of `count` streams that its id names; an id beyond them blocks. The id is unsigned
/// and has clog2(count) bits.
std::vector<Stream<Value>> demux(hw::ModuleBuilder& m, std::string_view name,
                                 const Stream<Routed<Value>>& from, int count,
                                 hw::SourceLoc loc = hw::SourceLoc::here());
/// All words of all streams, in turn; they must be of one type. The id says which stream a word is from.
Stream<Routed<Value>> merge(hw::ModuleBuilder& m, std::string_view name, const hw::Clocking& ck,
                            const std::vector<Stream<Value>>& from,
                            hw::SourceLoc loc = hw::SourceLoc::here());

// Words that are structs: they travel as one vector, the first field in the highest bits.

/// A struct of Values with `fields()`, a tuple of references to them.
template <class T>
concept StreamWord = requires(T word) {
  std::tuple_size<decltype(word.fields())>::value;
};

/// The fields as one vector.
[[nodiscard]] Value pack_fields(const std::vector<Value>& fields, hw::SourceLoc loc = hw::SourceLoc::here());
/// The parts of `word` that pack_fields of values like these has put there, in their types.
[[nodiscard]] std::vector<Value> unpack_fields(const Value& word, const std::vector<Value>& like,
                                               hw::SourceLoc loc = hw::SourceLoc::here());

template <StreamWord T>
[[nodiscard]] std::vector<Value> fields_of(T word) {
  return std::apply([](const auto&... field) { return std::vector<Value>{field...}; }, word.fields());
}

template <StreamWord T>
[[nodiscard]] Stream<Value> pack(const Stream<T>& s, hw::SourceLoc loc = hw::SourceLoc::here()) {
  return {pack_fields(fields_of(s.data), loc), s.valid, s.ready};
}

/// A packed word as a struct with fields like those of `like`.
template <StreamWord T>
[[nodiscard]] T unpack(const Value& word, T like, hw::SourceLoc loc = hw::SourceLoc::here()) {
  const std::vector<Value> parts = unpack_fields(word, fields_of(like), loc);
  std::size_t i = 0;
  std::apply([&](auto&... field) { ((field = parts[i++]), ...); }, like.fields());
  return like;
}

template <StreamWord T>
[[nodiscard]] Stream<T> unpack(const Stream<Value>& s, const T& like,
                               hw::SourceLoc loc = hw::SourceLoc::here()) {
  return {unpack(s.data, like, loc), s.valid, s.ready};
}

template <StreamWord T>
Stream<T> register_forward(hw::ModuleBuilder& m, std::string_view name, const hw::Clocking& ck,
                           const Stream<T>& from, hw::SourceLoc loc = hw::SourceLoc::here()) {
  return unpack(register_forward(m, name, ck, pack(from, loc), loc), from.data, loc);
}

template <StreamWord T>
Stream<T> register_backward(hw::ModuleBuilder& m, std::string_view name, const hw::Clocking& ck,
                            const Stream<T>& from, hw::SourceLoc loc = hw::SourceLoc::here()) {
  return unpack(register_backward(m, name, ck, pack(from, loc), loc), from.data, loc);
}

template <StreamWord T>
Stream<T> skid(hw::ModuleBuilder& m, std::string_view name, const hw::Clocking& ck, const Stream<T>& from,
               hw::SourceLoc loc = hw::SourceLoc::here()) {
  return unpack(skid(m, name, ck, pack(from, loc), loc), from.data, loc);
}

template <StreamWord T>
Stream<T> fifo(hw::ModuleBuilder& m, std::string_view name, const hw::Clocking& ck, const Stream<T>& from,
               const hw::IntExpr& depth, Value* count = nullptr, hw::SourceLoc loc = hw::SourceLoc::here()) {
  return unpack(fifo(m, name, ck, pack(from, loc), depth, count, loc), from.data, loc);
}

template <StreamWord T>
std::vector<Stream<T>> fork(hw::ModuleBuilder& m, std::string_view name, const hw::Clocking& ck,
                            const Stream<T>& from, int count, hw::SourceLoc loc = hw::SourceLoc::here()) {
  std::vector<Stream<T>> out;
  for (const auto& s : fork(m, name, ck, pack(from, loc), count, loc))
    out.push_back(unpack(s, from.data, loc));
  return out;
}

template <StreamWord T>
std::vector<Stream<T>> demux(hw::ModuleBuilder& m, std::string_view name, const Stream<Routed<T>>& from,
                             int count, hw::SourceLoc loc = hw::SourceLoc::here()) {
  const Routed<Value> word{pack_fields(fields_of(from.data.data), loc), from.data.id};
  std::vector<Stream<T>> out;
  for (const auto& s : demux(m, name, Stream<Routed<Value>>{word, from.valid, from.ready}, count, loc)) {
    out.push_back(unpack(s, from.data.data, loc));
  }
  return out;
}

template <StreamWord T>
Stream<Routed<T>> merge(hw::ModuleBuilder& m, std::string_view name, const hw::Clocking& ck,
                        const std::vector<Stream<T>>& from, hw::SourceLoc loc = hw::SourceLoc::here()) {
  std::vector<Stream<Value>> packed;
  for (const auto& s : from) packed.push_back(pack(s, loc));
  const auto out = merge(m, name, ck, packed, loc);
  return {{unpack(out.data.data, from.front().data, loc), out.data.id}, out.valid, out.ready};
}

}  // namespace offramp::blocks
