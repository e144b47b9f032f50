#pragma once
// A design at given parameter values, flat: nets, the operations that compute them, and what happens at a
// clock edge. The interpreter flattens the IR into this, and schedules it from there.
#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "hw/ir.h"
#include "hw/logic_vector.h"

namespace offramp::hw::interpret {

/// The id of what the interpreter throws where no other one fits.
inline constexpr const char* error_id = "HW0024";

using NetId = std::uint32_t;

/// Bits [low, low + width) of a net.
struct Wire {
  NetId net = none;
  std::uint32_t low = 0;
  std::uint32_t width = 0;

  [[nodiscard]] Wire part(std::uint32_t from, std::uint32_t bits) const { return {net, low + from, bits}; }
  friend auto operator<=>(const Wire&, const Wire&) = default;
};

/// Bits that stand for a number; it is extended as far as an operation needs.
struct Operand {
  Wire wire;
  bool is_signed = false;
};

enum class Compute : std::uint8_t {
  extend,
  add,
  sub,
  mul,
  saturate,
  bit_and,
  bit_or,
  bit_xor,
  bit_not,
  eq,
  ne,
  lt,
  le,
  mux,     // args = sel, t, f
  select,  // args = value, index; amount = width of an element
  any,
  all,
  parity,
  shift_left_by,
  shift_right_by,
  mem_read,  // args = address; amount = memory
};

struct Operation {
  Compute what = Compute::extend;
  bool is_signed = false;  ///< of the result, where it matters
  std::array<Operand, 3> args;
  std::uint32_t amount = 0;
  SourceLoc loc;
};

/// Bits of a net that follow other bits.
struct Driver {
  std::uint32_t low = 0;
  Wire source;
};

enum class NetKind : std::uint8_t { wire, input, reg, constant, operation };

struct Net {
  NetKind kind = NetKind::wire;
  bool starts_low = false;  ///< a register that is 0 from the start
  std::uint32_t width = 1;
  std::uint32_t index = 0;      ///< of the constant or operation
  std::vector<Driver> drivers;  ///< of a wire; sorted and disjoint once the netlist is finished
};

struct MemoryBlock {
  std::string name;
  std::uint32_t width = 1;
  std::int64_t depth = 0;
  std::string file;  ///< empty: no contents
  SourceLoc loc;
};

/// Net `clock` of width 1 rises: the bits of a register take those of `next`.
struct RegisterUpdate {
  NetId clock = none;
  Wire target;
  Wire next;
  SourceLoc loc;
};

struct MemoryWrite {
  NetId clock = none;
  std::uint32_t memory = 0;
  Wire enable;
  Wire address;
  Wire data;
  SourceLoc loc;
};

struct PropertyCheck {
  PropertyKind kind = PropertyKind::assert_;
  std::string name;
  NetId clock = none;
  Wire active;  ///< 1 while reset is not
  Wire condition;
  SourceLoc loc;
};

struct TopInput {
  std::string name;
  NetId net = none;
  bool clock = false;
};

struct Netlist {
  std::vector<Net> nets;
  std::vector<LogicVector> constants;
  std::vector<Operation> operations;
  std::vector<MemoryBlock> memories;
  std::vector<RegisterUpdate> registers;
  std::vector<MemoryWrite> writes;  ///< in the order in which they win
  std::vector<PropertyCheck> properties;
  std::vector<TopInput> inputs;
  std::vector<std::pair<std::string, NetId>> names;  ///< hierarchical, in the order of declaration
  std::uint64_t driven_bits = 0;                     ///< of all drivers together

  [[nodiscard]] Wire whole(NetId net) const { return {net, 0, nets[net].width}; }
  /// Follows drivers to the bits that these bits are: of an input, a register, a constant, an operation, or
  /// of a wire that is put together from several.
  [[nodiscard]] Wire source_of(Wire w) const;
  /// The hierarchical name of a net, or of one that it drives; empty if it has none.
  [[nodiscard]] std::string name_of(NetId net) const;
};

}  // namespace offramp::hw::interpret
