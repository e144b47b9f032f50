#pragma once
// A cycle-accurate, four-state interpreter of the IR: the third opinion beside Verilator and Icarus. It reads
// the IR alone and shares no code with the printer.
//
// Unknown bits come from registers without a reset value before they are set, from memories without contents,
// and from inputs that the caller leaves unset. The interpreter is pessimistic and sound: a bit is known only
// where it is the same for all values of the unknown bits, so a known bit must be found in every simulator,
// while a simulator may know more (Verilog's `if (x)` takes the else branch).
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "hw/design.h"
#include "hw/logic_vector.h"

namespace offramp::hw {

struct InterpreterOptions {
  std::map<std::string, std::int64_t> parameters = {};        ///< others have their defaults
  std::map<std::string, std::string> string_parameters = {};  ///< file names without quotes
  std::string folder = {};                                    ///< where memory images are found
};

/// A property of a `formal` block that did not hold, or a cover that was reached.
struct PropertyEvent {
  std::string name;  ///< hierarchical
  PropertyKind kind = PropertyKind::assert_;
  std::uint64_t cycle = 0;
  SourceLoc loc;
};

class Interpreter {
 public:
  /// The design must be free of errors. Throws DesignError for an unknown parameter, one outside its range,
  /// an external module, or a memory image that cannot be read.
  explicit Interpreter(const Module& top, const InterpreterOptions& options = {});
  ~Interpreter();
  Interpreter(Interpreter&&) noexcept;
  Interpreter& operator=(Interpreter&&) noexcept;

  /// Sets an input port (not a clock). Takes effect at the next get or step.
  void set(std::string_view input, const LogicVector& value);
  void set(std::string_view input, std::int64_t value);
  /// Any signal by its hierarchical Verilog name: "sum_o", "u_array.gen_row[2].skew_q", "psum[0][1]".
  [[nodiscard]] LogicVector get(std::string_view name);
  /// Names of all signals, as get takes them; in a stable order.
  [[nodiscard]] std::vector<std::string> signals() const;
  /// A word of a memory: "u_ram.mem".
  [[nodiscard]] LogicVector word(std::string_view memory, std::int64_t address);

  /// One rising edge of the clock: everything settles, registers and memories take their next values.
  void step();
  /// One rising edge of this clock input of the top module alone.
  void step(std::string_view clock);
  [[nodiscard]] std::uint64_t cycle() const;

  /// What happened at the edges so far; assumptions that do not hold are reported too.
  [[nodiscard]] const std::vector<PropertyEvent>& property_events() const;

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace offramp::hw
