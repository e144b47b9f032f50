#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "hw/hw.h"

namespace offramp::blocks {

/// Bits of a register that mean something of their own.
struct RegisterField {
  std::string name;  // lower case
  int lsb = 0;
  int bits = 1;
  std::string doc;
  bool operator==(const RegisterField&) const = default;
};

/// One register of an AXI4-Lite map: what decoder, C header, drivers, documentation and IP-XACT are made
/// from.
struct RegisterSpec {
  std::string name;          // lower case, as in the Verilog
  std::uint32_t offset = 0;  // bytes
  int bits = 32;             // above 32: two words, the low one first
  bool writable = false;
  std::string doc = {};
  std::uint64_t reset = 0;  // of a writable register, or what a constant one shows
  bool announced = false;   // a writable register of one word: a pulse <name>_written_o follows each write
  bool live = false;        // a writable register of one word: reads give what comes in, not what was written
  bool constant = false;    // read only, one word: reads give `reset`
  std::vector<RegisterField> fields = {};  // from the lowest bit; none: the register is one number
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
    std::map<std::string, hw::In> shown;     // by live and by read-only user registers that are no constants
  };
  [[nodiscard]] std::string name() const { return "control_registers"; }
  [[nodiscard]] Ports build(hw::ModuleBuilder& m) const;
};

}  // namespace offramp::blocks
