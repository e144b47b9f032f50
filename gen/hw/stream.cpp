#include "hw/stream.h"

#include "hw/module_builder.h"

namespace offramp::hw {

namespace {

Stream<Value> ports(ModuleBuilder& m, std::string_view name, const Type& type, bool incoming,
                    const StreamOptions& options, SourceLoc loc) {
  const std::string base(name);
  const char* producer = incoming ? "_i" : "_o";  // direction of what the producer drives
  const char* consumer = incoming ? "_o" : "_i";
  const auto add = [&](const std::string& port, const Type& t, bool in, const std::string& doc) -> Value {
    if (in) return m.input(port, t, doc, loc);
    return m.output(port, t, doc, loc);
  };
  Stream<Value> s;
  s.data = add(base + "_data" + producer, type, incoming, options.doc);
  s.valid = add(base + "_valid" + producer, bit(), incoming, "");
  s.ready = add(base + "_ready" + consumer, bit(), !incoming,
                incoming && options.ready == ReadyRule::may_wait ? "may wait for valid" : "");
  const auto decl = [&](Value v) { return target_decl(m.module(), v.id()); };
  StreamPorts meta;
  meta.name = base;
  meta.incoming = incoming;
  meta.data = {decl(s.data)};
  meta.valid = decl(s.valid);
  meta.ready = decl(s.ready);
  meta.ready_may_wait = options.ready == ReadyRule::may_wait;
  meta.loc = loc;
  m.module().streams.push_back(std::move(meta));
  return s;
}

}  // namespace

Stream<Value> input_stream(ModuleBuilder& m, std::string_view name, const Type& type,
                           const StreamOptions& options, SourceLoc loc) {
  return ports(m, name, type, true, options, loc);
}

Stream<Value> output_stream(ModuleBuilder& m, std::string_view name, const Type& type,
                            const StreamOptions& options, SourceLoc loc) {
  return ports(m, name, type, false, options, loc);
}

Stream<Value> wire_stream(ModuleBuilder& m, std::string_view name, const Type& type, SourceLoc loc) {
  const std::string base(name);
  return {m.wire(base + "_data", type, loc), m.wire(base + "_valid", bit(), loc),
          m.wire(base + "_ready", bit(), loc)};
}

void connect(ModuleBuilder& m, const Stream<Value>& from, const Stream<Value>& to, SourceLoc loc) {
  m.drive(to.data, Operand(from.data, loc));
  m.drive(to.valid, Operand(from.valid, loc));
  m.drive(from.ready, Operand(to.ready, loc));
}

void feed(ModuleBuilder& m, InstanceBase& instance, const Stream<Value>& port, const Stream<Value>& from,
          std::string_view name, SourceLoc loc) {
  instance.in(port.data, Operand(from.data, loc));
  instance.in(port.valid, Operand(from.valid, loc));
  m.drive(from.ready, Operand(instance.out(port.ready, std::string(name) + "_ready", loc), loc));
}

Stream<Value> take(ModuleBuilder& m, InstanceBase& instance, const Stream<Value>& port, std::string_view name,
                   SourceLoc loc) {
  const std::string base(name);
  Stream<Value> s;
  s.data = instance.out(port.data, base + "_data", loc);
  s.valid = instance.out(port.valid, base + "_valid", loc);
  s.ready = m.wire(base + "_ready", bit(), loc);
  instance.in(port.ready, Operand(s.ready, loc));
  return s;
}

}  // namespace offramp::hw
