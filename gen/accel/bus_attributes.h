#pragma once
// Which bus each port of the top belongs to, in the attributes by which Vivado's IP packager and block
// designs infer interfaces (UG1118, "Inferring bus interfaces with X_INTERFACE attributes").
#include <string>
#include <string_view>
#include <vector>

#include "hw/ir.h"

namespace offramp::accel {

/// What a top has besides clock, reset, interrupt, s_axis, m_axis and s_axi.
struct BusFacts {
  int sample_bytes = 0;   ///< of a beat of s_axis
  int id_bits = 0;        ///< of TUSER
  int register_bits = 0;  ///< of an address of s_axi
  int memory_bytes = 0;   ///< of a beat of m_axi; 0: the top has no such port
  int memory_burst = 0;   ///< most beats of a burst of m_axi
};

/// The attributes of the port of that name, none for a name that belongs to no bus. The first port of a bus
/// bears its parameters, too.
[[nodiscard]] std::vector<hw::Attribute> bus_attributes(std::string_view port, const BusFacts& facts);

}  // namespace offramp::accel
