#pragma once
// What vendors' and open tools need to know of a design, in one place: the scripts, constraints and
// descriptions below read it, so that they cannot tell different stories.
#include <string>
#include <vector>

#include "accel/accelerator.h"
#include "accel/registers.h"
#include "design/folder.h"
#include "design/target.h"

namespace offramp::design {

/// A standard interface of the top: ports PREFIX_signal.
struct BusInterface {
  enum class Kind : std::uint8_t { axi_stream, axi_lite, axi };
  std::string name;  // also the ports' prefix: "s_axis"
  Kind kind = Kind::axi_stream;
  bool master = false;
};

struct Handover {
  std::string top;
  std::string description;                 // one line
  std::vector<std::string> rtl;            // Verilog files, children first
  std::vector<std::string> images;         // memory images that the Verilog names
  std::vector<accel::TopPort> ports;       // of the top, as declared
  std::vector<BusInterface> buses;         // that the ports make, in their order
  std::vector<accel::Register> registers;  // behind s_axi
  Target target;

  /// The port, or std::logic_error.
  [[nodiscard]] const accel::TopPort& port(const std::string& name) const;
  [[nodiscard]] int stream_bits() const { return port("s_axis_tdata").bits; }
  /// Width of the port through which weights come; 0: there is none.
  [[nodiscard]] int memory_bits() const;
};

[[nodiscard]] Handover hand_over(const accel::Accelerator& accelerator, const accel::Emitted& emitted,
                                 const Target& target);

/// vivado/: the scripts and the facts (design.tcl) that they read.
[[nodiscard]] Files vivado_files(const Handover& handover);

/// constraints/: <top>_ooc.xdc, the clock and the times at the ports that out-of-context builds are held to,
/// and <board>.xdc, the pins of the block design.
[[nodiscard]] Files constraint_files(const Handover& handover);

/// component.xml: the design as IP-XACT (IEEE 1685-2009, the edition that Vivado reads): ports, bus
/// interfaces, registers and files.
[[nodiscard]] std::string component_xml(const Handover& handover);

/// <top>.core: the design for FuseSoC (CAPI 2), with targets for lint, simulation (where `testbench`) and
/// synthesis.
[[nodiscard]] std::string fusesoc_core(const Handover& handover, bool testbench);

/// The program's version in an IP catalog's words.
inline constexpr const char* kIpVendor = "offramp";
inline constexpr const char* kIpLibrary = "accelerator";
inline constexpr const char* kIpVersion = "1.0";

}  // namespace offramp::design
