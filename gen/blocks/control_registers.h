#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "hw/hw.h"

namespace offramp::blocks {

/// One register of an AXI4-Lite map.
struct RegisterSpec {
  std::string name;      // lower case, as in the Verilog
  std::uint32_t offset;  // bytes
  int bits;              // above 32: two words, the low one first
  bool writable;
  std::string doc;
  std::uint64_t reset = 0;  // of a writable register
  bool announced = false;   // a writable register of one word: a pulse <name>_written_o follows each write
  bool live = false;        // a writable register of one word: reads give what comes in, not what was written
  bool operator==(const RegisterSpec&) const = default;
};

/// AXI4-Lite slave over a register map whose first four registers are the ap_ctrl block (0x00 to 0x0C); what
/// the other writable registers hold comes out, what the read-only ones show goes in. One access at a time;
/// an address that is no register answers SLVERR. Reading the low word of a read-only register of two words
/// holds its high word.
struct ControlRegisters {
  std::vector<RegisterSpec> map;
  int address_bits = 8;
  bool operator==(const ControlRegisters&) const = default;
  struct Ports {
    hw::Clocking ck;
    hw::In awaddr, awvalid, wdata, wstrb, wvalid, bready, araddr, arvalid, rready;
    hw::Out awready, wready, bresp, bvalid, arready, rdata, rresp, rvalid;
    hw::In idle, event_result, event_sample;  // for ap_idle and the interrupt status
    hw::Out enable, interrupt;
    std::map<std::string, hw::Out> value;    // of writable user registers
    std::map<std::string, hw::Out> written;  // of those that are announced, when the value is there
    std::map<std::string, hw::In> shown;     // by read-only and live user registers
  };
  [[nodiscard]] std::string name() const { return "control_registers"; }
  [[nodiscard]] Ports build(hw::ModuleBuilder& m) const;
};

}  // namespace offramp::blocks
