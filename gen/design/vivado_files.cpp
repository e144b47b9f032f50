#include <fmt/format.h>

#include <algorithm>
#include <bit>

#include "design/handover.h"
#include "design/parts.h"
#include "design/vivado_scripts.h"

namespace offramp::design {
namespace {

std::string tcl_list(const char* name, const std::vector<std::string>& lines) {
  std::string out = fmt::format("set {} {{\n", name);
  for (const std::string& line : lines) out += "  " + line + "\n";
  return out + "}\n";
}

/// A Tcl word that is its own text whatever stands in it.
std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (std::string_view("\"\\$[]{}").find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  return out + "\"";
}

std::vector<std::string> register_lines(const Handover& h) {
  std::vector<std::string> lines;
  const auto add = [&](const std::string& name, const accel::Register& r, std::uint32_t offset,
                       std::uint64_t reset) {
    lines.push_back(fmt::format("{} 0x{:03X} {} 0x{:08X} {}", name, offset,
                                r.writable ? "read-write" : "read-only", reset & 0xffffffffU, quoted(r.doc)));
  };
  for (const accel::Register& r : h.registers) {
    const bool wide = r.bits > 32;
    add(wide ? r.name + "_lo" : r.name, r, r.offset, r.reset);
    if (wide) add(r.name + "_hi", r, r.offset + 4, r.reset >> 32);
  }
  return lines;
}

/// What vivado/*.tcl read.
std::string design_facts(const Handover& h) {
  const char* const kKind[] = {"axis", "aximm", "aximm"};
  std::vector<std::string> buses;
  for (const BusInterface& bus : h.buses)
    buses.push_back(fmt::format("{} {}", bus.name, kKind[static_cast<int>(bus.kind)]));
  const std::optional<Device> device = device_of(h.target.part);
  std::string out = fmt::format(
      "# The facts of this design that the scripts beside this file read; written by offramp.\n"
      "\n"
      "set top {top}\n"
      "set description {description}\n"
      "set board {board}\n"
      "set part {part}\n"
      "set family {family}\n"
      "set board_part {board_part}\n"
      "set clock_mhz {clock:g}\n"
      "set ip_vendor {vendor}\n"
      "set ip_library {library}\n"
      "set ip_version {version}\n"
      "\n"
      "# Widths in bits of the image stream and of the port for weights (0: none, all weights are on the "
      "chip).\n"
      "set stream_bits {stream}\n"
      "set memory_bits {memory}\n"
      "\n"
      "# Standard interfaces: ports NAME_*, kind.\n",
      fmt::arg("top", h.top), fmt::arg("description", quoted(h.description)),
      fmt::arg("board", h.target.name), fmt::arg("part", h.target.part),
      fmt::arg("family", device ? device->family : std::string("unknown")),
      fmt::arg("board_part", h.target.board_part), fmt::arg("clock", h.target.clock_mhz),
      fmt::arg("vendor", kIpVendor), fmt::arg("library", kIpLibrary), fmt::arg("version", kIpVersion),
      fmt::arg("stream", h.stream_bits()), fmt::arg("memory", h.memory_bits()));
  out += tcl_list("buses", buses);
  out += "\n# Verilog, children first, and the memory images that it names.\n";
  out += tcl_list("rtl", h.rtl);
  out += tcl_list("images", h.images);
  out += fmt::format(
      "\n# Registers behind s_axi: name, byte offset, access, reset value, meaning; the address range in "
      "bytes.\n"
      "set register_range {}\n",
      1U << h.port("s_axi_awaddr").bits);
  return out + tcl_list("registers", register_lines(h));
}

}  // namespace

Files vivado_files(const Handover& h) {
  Files files;
  for (const auto& [name, text] : vivado_scripts()) {
    if (name.starts_with("system_")) {
      // Only the one for the board.
      if (name == "system_" + h.target.system + ".tcl") files["vivado/system.tcl"] = text;
    } else {
      files["vivado/" + name] = text;
    }
  }
  files["vivado/design.tcl"] = design_facts(h);
  return files;
}

}  // namespace offramp::design
