#pragma once
// Messages about a design, as data: a stable id, what is wrong, where, and the other place involved.
//
//   id      severity  meaning
// clang-format off
//   HW0001  error     a wire, output or register is not driven, or not in all of its bits
//   HW0002  error     bits of one signal are driven from two places
//   HW0003  error     a comb block leaves bits of a target unassigned on some path (a latch)
//   HW0004  error     combinational loop
//   HW0005  error     a comb block reads a signal that it drives itself
//   HW0006  error     a name is used twice, hides an outer name, is a Verilog word or is no identifier
//   HW0007  error     widths differ, or cannot be shown to fit
//   HW0008  error     signed and unsigned are mixed
//   HW0009  note      a value, input or register is never read
//   HW0010  error     a literal does not fit its type
//   HW0011  error     an input of an instance is not connected, or connected twice
//   HW0012  error     a handle of another module, or of a destroyed design, is used
//   HW0013  error     something is driven in the wrong way (an input, a register by drive, a wire by next, ...)
//   HW0014  error     a value is used outside the generate block that declares it
//   HW0015  error     a bit select, slice or array index can leave its range
//   HW0016  error     a parameter override is unknown or leaves the declared range
//   HW0017  error     a state of a state machine cannot be reached, or its transitions are not given
//   HW0018  error     a register takes a value of another clock without being a synchronizer
//   HW0019  error     a handshake rule is broken (valid waits for ready, or ready for valid where it must not)
//   HW0020  error     a finished module is changed, or a module contains itself
//   HW0021  error     a vector has 2^20 bits or more
//   HW0022  error     fixed-point numbers with different fractions are mixed
//   HW0023  error     a hand-written module has other ports than its description
//   HW0024  error     the interpreter cannot run this, or is asked for what is not there
//   HW0025  error     parts of one signal, or one comb block, feed themselves in a way that simulators cannot order
//   HW0026  error     a comb block reads nothing, so that it would never run
// clang-format on
#include <stdexcept>
#include <string>
#include <vector>

#include "hw/source_loc.h"

namespace offramp::hw {

enum class Severity { note, warning, error };

/// A second place that a message speaks of.
struct Note {
  std::string message;
  SourceLoc loc;
};

struct Diagnostic {
  std::string id;
  Severity severity = Severity::error;
  std::string message;
  SourceLoc loc;
  std::vector<Note> notes;

  /// "error HW0007: 'x' ... (gen/blocks/pe.cpp:41)\n  note: ... (gen/blocks/pe.cpp:22)"
  [[nodiscard]] std::string render() const;
};

using Diagnostics = std::vector<Diagnostic>;

/// All messages, one after the other.
std::string render(const Diagnostics& diagnostics);
[[nodiscard]] bool has_errors(const Diagnostics& diagnostics);

/// Carries diagnostics out of a place that cannot go on; what() is their text.
class DesignError : public std::runtime_error {
 public:
  explicit DesignError(Diagnostics found)
      : std::runtime_error(render(found)), diagnostics(std::move(found)) {}
  DesignError(const char* id, std::string message, SourceLoc at, std::vector<Note> notes = {})
      : DesignError(Diagnostics{{id, Severity::error, std::move(message), at, std::move(notes)}}) {}

  Diagnostics diagnostics;
};

/// "gen/blocks/pe.cpp:41": relative to the repository, so that no path of one machine is ever printed.
std::string describe(SourceLoc loc);

}  // namespace offramp::hw
