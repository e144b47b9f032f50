#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "accel/weight_store.h"
#include "design/handover.h"
#include "design/parts.h"

namespace offramp::design {
namespace {

constexpr const char* kNamespace = "http://www.spiritconsortium.org/XMLSchema/SPIRIT/1685-2009";
constexpr const char* kVivado = "http://www.xilinx.com";

/// Elements of the standard, indented; closed by the order of the calls.
class Xml {
 public:
  void open(const std::string& tag) {
    line("<spirit:" + tag + ">");
    open_.push_back(tag.substr(0, tag.find(' ')));
  }
  void close() {
    const std::string tag = open_.back();
    open_.pop_back();
    line("</spirit:" + tag + ">");
  }
  void leaf(const std::string& tag, const std::string& text) {
    line(fmt::format("<spirit:{}>{}</spirit:{}>", tag, escaped(text), tag.substr(0, tag.find(' '))));
  }
  void leaf(const std::string& tag, long long number) { leaf(tag, fmt::format("{}", number)); }
  /// An element with attributes alone: `attributes` are names and values of the standard.
  void empty(const std::string& tag, const std::vector<std::pair<const char*, std::string>>& attributes) {
    std::string text = "<spirit:" + tag;
    for (const auto& [name, value] : attributes)
      text += fmt::format(" spirit:{}=\"{}\"", name, escaped(value));
    line(text + "/>");
  }
  void line(const std::string& text) { out_ += std::string(2 * open_.size(), ' ') + text + "\n"; }
  [[nodiscard]] const std::string& text() const { return out_; }
  [[nodiscard]] std::size_t depth() const { return open_.size(); }

  static std::string escaped(const std::string& text) {
    std::string out;
    for (const char c : text) {
      switch (c) {
        case '<':
          out += "&lt;";
          break;
        case '>':
          out += "&gt;";
          break;
        case '&':
          out += "&amp;";
          break;
        case '"':
          out += "&quot;";
          break;
        default:
          out += c;
      }
    }
    return out;
  }

 private:
  std::string out_;
  std::vector<std::string> open_;
};

/// Vivado's catalog of interfaces: the bus and its signal-level form.
void bus_type(Xml& x, const char* library, const std::string& name) {
  for (const auto& [tag, type] : {std::pair("busType", name), std::pair("abstractionType", name + "_rtl")}) {
    x.empty(tag, {{"vendor", "xilinx.com"}, {"library", library}, {"name", type}, {"version", "1.0"}});
  }
}

void parameter(Xml& x, const std::string& bus, const std::string& name, const std::string& value) {
  x.open("parameter");
  x.leaf("name", name);
  x.leaf(fmt::format("value spirit:id=\"BUSIFPARAM_VALUE.{}.{}\"", bus, name), value);
  x.close();
}

void port_map(Xml& x, const std::string& logical, const std::string& physical) {
  x.open("portMap");
  x.open("logicalPort");
  x.leaf("name", logical);
  x.close();
  x.open("physicalPort");
  x.leaf("name", physical);
  x.close();
  x.close();
}

std::string upper(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return text;
}

void standard_bus(Xml& x, const Handover& h, const BusInterface& bus) {
  using Kind = BusInterface::Kind;
  x.open("busInterface");
  x.leaf("name", bus.name);
  bus_type(x, "interface", bus.kind == Kind::axi_stream ? "axis" : "aximm");
  if (bus.kind == Kind::axi_stream) {
    x.line(bus.master ? "<spirit:master/>" : "<spirit:slave/>");
  } else if (bus.master) {
    x.open("master");
    x.empty("addressSpaceRef", {{"addressSpaceRef", bus.name}});
    x.close();
  } else {
    x.open("slave");
    x.empty("memoryMapRef", {{"memoryMapRef", bus.name}});
    x.close();
  }
  x.open("portMaps");
  const std::string prefix = bus.name + "_";
  bool reads = false, writes = false;
  for (const accel::TopPort& p : h.ports) {
    if (!p.name.starts_with(prefix)) continue;
    const std::string signal = upper(p.name.substr(prefix.size()));
    reads = reads || signal == "ARVALID";
    writes = writes || signal == "AWVALID";
    port_map(x, signal, p.name);
  }
  x.close();
  x.open("parameters");
  if (bus.kind == Kind::axi_stream) {
    const auto has = [&](const char* signal) {
      return std::any_of(h.ports.begin(), h.ports.end(),
                         [&](const auto& p) { return p.name == prefix + signal; });
    };
    parameter(x, bus.name, "TDATA_NUM_BYTES", fmt::format("{}", h.port(prefix + "tdata").bits / 8));
    parameter(x, bus.name, "TUSER_WIDTH",
              fmt::format("{}", has("tuser") ? h.port(prefix + "tuser").bits : 0));
    parameter(x, bus.name, "HAS_TLAST", has("tlast") ? "1" : "0");
    parameter(x, bus.name, "HAS_TREADY", has("tready") ? "1" : "0");
    parameter(x, bus.name, "HAS_TKEEP", has("tkeep") ? "1" : "0");
    parameter(x, bus.name, "HAS_TSTRB", has("tstrb") ? "1" : "0");
  } else {
    parameter(x, bus.name, "PROTOCOL", bus.kind == Kind::axi_lite ? "AXI4LITE" : "AXI4");
    parameter(x, bus.name, "DATA_WIDTH", fmt::format("{}", h.port(prefix + "rdata").bits));
    parameter(x, bus.name, "ADDR_WIDTH", fmt::format("{}", h.port(prefix + "araddr").bits));
    parameter(x, bus.name, "READ_WRITE_MODE",
              reads && writes ? "READ_WRITE"
              : reads         ? "READ_ONLY"
                              : "WRITE_ONLY");
    if (bus.kind == Kind::axi) {
      parameter(x, bus.name, "SUPPORTS_NARROW_BURST", "0");
      parameter(x, bus.name, "MAX_BURST_LENGTH", std::to_string(accel::weight_burst_beats(h.memory_bits())));
    }
  }
  x.close();
  x.close();
}

/// Clock, reset or interrupt: one port.
void signal_bus(Xml& x, const std::string& name, const char* type, const char* logical, bool master,
                const std::vector<std::pair<const char*, std::string>>& parameters) {
  x.open("busInterface");
  x.leaf("name", name);
  bus_type(x, "signal", type);
  x.line(master ? "<spirit:master/>" : "<spirit:slave/>");
  x.open("portMaps");
  port_map(x, logical, name);
  x.close();
  x.open("parameters");
  for (const auto& [key, value] : parameters) parameter(x, name, key, value);
  x.close();
  x.close();
}

void one_register(Xml& x, const std::string& name, const accel::Register& r, std::uint32_t offset, int bits,
                  std::uint64_t reset) {
  x.open("register");
  x.leaf("name", name);
  x.leaf("description", r.doc);
  x.leaf("addressOffset", fmt::format("0x{:X}", offset));
  x.leaf("size", 32);
  x.leaf("access", r.writable ? "read-write" : "read-only");
  if (r.writable) {
    const std::uint64_t mask = bits >= 32 ? 0xffffffffU : (std::uint64_t{1} << bits) - 1;
    x.open("reset");
    x.leaf("value", fmt::format("0x{:X}", reset & mask));
    x.leaf("mask", fmt::format("0x{:X}", mask));
    x.close();
  }
  x.close();
}

void registers(Xml& x, const Handover& h) {
  x.open("memoryMaps");
  x.open("memoryMap");
  x.leaf("name", "s_axi");
  x.open("addressBlock");
  x.leaf("name", "reg0");
  x.leaf("baseAddress", "0x0");
  x.leaf("range", fmt::format("{}", 1U << h.port("s_axi_awaddr").bits));
  x.leaf("width", 32);
  x.leaf("usage", "register");
  for (const accel::Register& r : h.registers) {
    if (r.bits > 32) {
      one_register(x, r.name + "_lo", r, r.offset, 32, r.reset);
      one_register(x, r.name + "_hi", r, r.offset + 4, r.bits - 32, r.reset >> 32);
    } else {
      one_register(x, r.name, r, r.offset, r.bits, r.reset);
    }
  }
  x.close();
  x.close();
  x.close();
}

void model(Xml& x, const Handover& h) {
  const std::pair<const char*, const char*> views[] = {
      {"xilinx_anylanguagesynthesis", ":vivado.xilinx.com:synthesis"},
      {"xilinx_anylanguagebehavioralsimulation", ":vivado.xilinx.com:simulation"}};
  x.open("model");
  x.open("views");
  for (const auto& [name, environment] : views) {
    x.open("view");
    x.leaf("name", name);
    x.leaf("envIdentifier", environment);
    x.leaf("language", "Verilog");
    x.leaf("modelName", h.top);
    x.open("fileSetRef");
    x.leaf("localName", "sources");
    x.close();
    x.close();
  }
  x.close();
  x.open("ports");
  for (const accel::TopPort& p : h.ports) {
    x.open("port");
    x.leaf("name", p.name);
    x.open("wire");
    x.leaf("direction", p.input ? "in" : "out");
    if (p.bits > 1) {
      x.open("vector");
      x.leaf("left", p.bits - 1);
      x.leaf("right", 0);
      x.close();
    }
    x.open("wireTypeDefs");
    x.open("wireTypeDef");
    x.leaf("typeName", "wire");
    for (const auto& [name, environment] : views) x.leaf("viewNameRef", name);
    x.close();
    x.close();
    x.close();
    x.close();
  }
  x.close();
  x.close();
}

void file_sets(Xml& x, const Handover& h) {
  x.open("fileSets");
  x.open("fileSet");
  x.leaf("name", "sources");
  for (const std::string& name : h.rtl) {
    x.open("file");
    x.leaf("name", name);
    x.leaf("fileType", "verilogSource");
    x.close();
  }
  for (const std::string& name : h.images) {
    x.open("file");
    x.leaf("name", name);
    x.leaf("userFileType", "memoryImage");
    x.close();
  }
  x.close();
  x.close();
}

/// What the standard has no words for: where Vivado shows the IP, and for which devices.
void vivado_extensions(Xml& x, const Handover& h) {
  const std::string space(2 * x.depth(), ' ');
  const std::optional<Device> device = device_of(h.target.part);
  x.open("vendorExtensions");
  x.line("<xilinx:coreExtensions>");
  if (device && device->name.starts_with("xc")) {
    x.line("  <xilinx:supportedFamilies>");
    x.line(
        fmt::format("    <xilinx:family xilinx:lifeCycle=\"Production\">{}</xilinx:family>", device->family));
    x.line("  </xilinx:supportedFamilies>");
  }
  x.line("  <xilinx:taxonomies>");
  x.line("    <xilinx:taxonomy>/UserIP</xilinx:taxonomy>");
  x.line("  </xilinx:taxonomies>");
  x.line(fmt::format("  <xilinx:displayName>{}</xilinx:displayName>", h.top));
  x.line("  <xilinx:coreRevision>1</xilinx:coreRevision>");
  x.line("</xilinx:coreExtensions>");
  x.close();
}

}  // namespace

std::string component_xml(const Handover& h) {
  Xml x;
  x.line("<?xml version=\"1.0\" encoding=\"UTF-8\"?>");
  x.open(fmt::format("component xmlns:spirit=\"{}\" xmlns:xilinx=\"{}\"", kNamespace, kVivado));
  x.leaf("vendor", kIpVendor);
  x.leaf("library", kIpLibrary);
  x.leaf("name", h.top);
  x.leaf("version", kIpVersion);
  x.open("busInterfaces");
  std::string all;
  for (const BusInterface& bus : h.buses) {
    standard_bus(x, h, bus);
    all += (all.empty() ? "" : ":") + bus.name;
  }
  signal_bus(x, "ap_clk", "clock", "CLK", false,
             {{"ASSOCIATED_BUSIF", all}, {"ASSOCIATED_RESET", "ap_rst_n"}});
  signal_bus(x, "ap_rst_n", "reset", "RST", false, {{"POLARITY", "ACTIVE_LOW"}});
  signal_bus(x, "irq", "interrupt", "INTERRUPT", true, {{"SENSITIVITY", "LEVEL_HIGH"}});
  x.close();
  for (const BusInterface& bus : h.buses) {
    if (bus.kind != BusInterface::Kind::axi) continue;
    x.open("addressSpaces");
    x.open("addressSpace");
    x.leaf("name", bus.name);
    x.leaf("range", fmt::format("{}", std::uint64_t{1} << h.port(bus.name + "_araddr").bits));
    x.leaf("width", h.port(bus.name + "_rdata").bits);
    x.close();
    x.close();
  }
  registers(x, h);
  model(x, h);
  file_sets(x, h);
  x.leaf("description", h.description);
  vivado_extensions(x, h);
  x.close();
  return x.text();
}

}  // namespace offramp::design
