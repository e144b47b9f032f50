#include "blocks/stream_ports.h"

#include <string>

namespace offramp::blocks {

namespace {

hw::Stream<hw::Value> ports(hw::ModuleBuilder& m, std::string_view name, const hw::Type& data,
                            const hw::IntExpr& count, bool incoming, const hw::StreamOptions& options,
                            hw::SourceLoc loc) {
  const std::string base(name);
  const hw::Type flags = hw::uint(count);
  const bool may_wait = incoming && options.ready == hw::ReadyRule::may_wait;
  hw::Stream<hw::Value> s;
  if (incoming) {
    s.data = m.input(base + "_data_i", data, options.doc, loc);
    s.valid = m.input(base + "_valid_i", flags, "one bit a stream", loc);
    s.ready = m.output(base + "_ready_o", flags,
                       may_wait ? "one bit a stream; may wait for valid" : "one bit a stream", loc);
  } else {
    s.data = m.output(base + "_data_o", data, options.doc, loc);
    s.valid = m.output(base + "_valid_o", flags, "one bit a stream", loc);
    s.ready = m.input(base + "_ready_i", flags, "one bit a stream", loc);
  }
  const auto decl = [&](const hw::Value& v) { return hw::target_decl(m.module(), v.id()); };
  hw::StreamPorts meta;
  meta.name = base;
  meta.incoming = incoming;
  meta.data = {decl(s.data)};
  meta.valid = decl(s.valid);
  meta.ready = decl(s.ready);
  meta.ready_may_wait = may_wait;
  meta.loc = loc;
  m.module().streams.push_back(std::move(meta));
  return s;
}

/// The rules for flags and for a statement about the data that holds where it stayed.
struct Rules {
  hw::ModuleBuilder& m;
  const hw::Clocking& ck;
  std::string name;
  RuleSide side;
  hw::SourceLoc loc;

  void state(const std::string& what, const hw::Value& condition) const {
    const std::string label = name + "_" + what;
    if (side == RuleSide::assumed) {
      m.assume_always(ck, "m_" + label, {condition, loc});
    } else {
      m.assert_always(ck, "a_" + label, {condition, loc});
    }
  }
  /// Makes `f_<name>_waiting_q`: which streams offered a word that was not taken.
  [[nodiscard]] hw::Value flags(const hw::Stream<hw::Value>& s) const {
    const hw::Reg waiting_q = m.reg("f_" + name + "_waiting_q", s.valid.type(), {.reset = 0}, loc);
    const hw::Reg after_reset_q = m.reg("f_" + name + "_after_reset_q", hw::bit(), {.reset = 1}, loc);
    m.clocked(ck, [&] {
      m.next(waiting_q, s.valid & ~s.ready);
      m.next(after_reset_q, 0);
    });
    state("valid_stays", (waiting_q & ~s.valid) == 0);
    state("silent_after_reset", ~after_reset_q | (s.valid == 0));
    return waiting_q;
  }
  [[nodiscard]] hw::Value before(const hw::Value& data) const {
    const hw::Reg data_q = m.reg("f_" + name + "_data_q", data.type(), {}, loc);
    m.clocked(ck, [&] { m.next(data_q, data); });
    return data_q;
  }
};

}  // namespace

hw::Stream<hw::Value> input_streams(hw::ModuleBuilder& m, std::string_view name, const hw::Type& data,
                                    const hw::IntExpr& count, const hw::StreamOptions& options,
                                    hw::SourceLoc loc) {
  return ports(m, name, data, count, true, options, loc);
}

hw::Stream<hw::Value> output_streams(hw::ModuleBuilder& m, std::string_view name, const hw::Type& data,
                                     const hw::IntExpr& count, const hw::StreamOptions& options,
                                     hw::SourceLoc loc) {
  return ports(m, name, data, count, false, options, loc);
}

void stream_rules(hw::ModuleBuilder& m, const hw::Clocking& ck, std::string_view name,
                  const hw::Stream<hw::Value>& stream, RuleSide side, const hw::SourceLoc& loc) {
  const Rules rules{m, ck, std::string(name), side, loc};
  const hw::Value waiting = rules.flags(stream);
  const hw::Value before = rules.before(stream.data);
  rules.state("data_stays", (waiting == 0) | (stream.data == before));
}

void stream_rules_by_word(hw::ModuleBuilder& m, const hw::Clocking& ck, std::string_view name,
                          const hw::Stream<hw::Value>& streams, const hw::IntExpr& count,
                          const hw::IntExpr& width, RuleSide side, const hw::SourceLoc& loc) {
  const Rules rules{m, ck, std::string(name), side, loc};
  const hw::Value waiting = rules.flags(streams);
  const hw::Value before = rules.before(streams.data);
  const hw::Value moved = m.wire("f_" + rules.name + "_moved", hw::uint(count), loc);
  m.generate_for("gen_" + rules.name + "_word", count, [&](const hw::IntExpr& i) {
    m.drive(hw::bit_of(moved, i),
            hw::part(streams.data, i * width, width) != hw::part(before, i * width, width));
  });
  rules.state("data_stays", (waiting & moved) == 0);
}

}  // namespace offramp::blocks
