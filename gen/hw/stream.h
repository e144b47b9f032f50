#pragma once
// Ready/valid streams, by the rules of Amaranth RFC 61 ("Minimal streams"), in our words:
//   1. A transfer happens in a cycle in which valid and ready are both high at the clock edge.
//   2. The producer drives data and valid; the consumer drives ready.
//   3. While valid is low, data means nothing.
//   4. Once valid is high it stays high, with data unchanged, until the transfer happens.
//   5. The producer must not wait for ready before it raises valid.
//   6. ready may depend on valid, combinationally too, and may fall again without a transfer.
//   7. valid is low in reset; ready may have any value then.
#include <string>
#include <string_view>

#include "hw/value.h"

namespace offramp::hw {

class ModuleBuilder;
class InstanceBase;

/// `T` is a Value, or a struct of Values that travel together.
template <class T>
struct Stream {
  T data;
  Value valid;
  Value ready;
};

/// May the ready of an incoming stream depend on its own valid in the same cycle (rule 6)?
enum class ReadyRule {
  independent,  ///< no, and check_streams holds the module to it
  may_wait,     ///< yes, and the producer's side has to be told: it is printed at the port
};

struct StreamOptions {
  ReadyRule ready = ReadyRule::independent;
  std::string doc = {};
};

/// Ports `<name>_data_i`, `<name>_valid_i`, `<name>_ready_o`.
Stream<Value> input_stream(ModuleBuilder& m, std::string_view name, const Type& type,
                           const StreamOptions& options = {}, SourceLoc loc = SourceLoc::here());
/// Ports `<name>_data_o`, `<name>_valid_o`, `<name>_ready_i`.
Stream<Value> output_stream(ModuleBuilder& m, std::string_view name, const Type& type,
                            const StreamOptions& options = {}, SourceLoc loc = SourceLoc::here());
/// Three wires: what drives data and valid is the producer, what drives ready the consumer.
Stream<Value> wire_stream(ModuleBuilder& m, std::string_view name, const Type& type,
                          SourceLoc loc = SourceLoc::here());
/// Drives `to`'s data and valid and `from`'s ready.
void connect(ModuleBuilder& m, const Stream<Value>& from, const Stream<Value>& to,
             SourceLoc loc = SourceLoc::here());

/// Connects an instance's incoming stream to a stream of this module; `name` names the wire of its ready.
void feed(ModuleBuilder& m, InstanceBase& instance, const Stream<Value>& port, const Stream<Value>& from,
          std::string_view name, SourceLoc loc = SourceLoc::here());
/// An instance's outgoing stream as a stream of this module, `<name>_data` and so on; the consumer drives
/// its ready.
Stream<Value> take(ModuleBuilder& m, InstanceBase& instance, const Stream<Value>& port, std::string_view name,
                   SourceLoc loc = SourceLoc::here());

}  // namespace offramp::hw
