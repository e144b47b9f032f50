#include "accel/bus_attributes.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

namespace offramp::accel {
namespace {

constexpr int kResultBytes = 4;

struct Bus {
  std::string_view name;
  std::string_view type;
  std::string_view first;  // signal that bears the parameters
  std::string parameters;
};

std::vector<Bus> buses(const BusFacts& f) {
  const auto stream = [&](int bytes) {
    return fmt::format("TDATA_NUM_BYTES {}, TUSER_WIDTH {}, HAS_TLAST 1, HAS_TKEEP 0, HAS_TSTRB 0", bytes,
                       f.id_bits);
  };
  constexpr std::string_view kStream = "xilinx.com:interface:axis:1.0";
  constexpr std::string_view kMapped = "xilinx.com:interface:aximm:1.0";
  return {{"s_axis", kStream, "tdata", stream(f.sample_bytes)},
          {"m_axis", kStream, "tdata", stream(kResultBytes)},
          {"s_axi", kMapped, "awaddr",
           fmt::format("PROTOCOL AXI4LITE, DATA_WIDTH 32, ADDR_WIDTH {}", f.register_bits)},
          {"m_axi", kMapped, "araddr",
           fmt::format("PROTOCOL AXI4, DATA_WIDTH {}, ADDR_WIDTH 32, READ_WRITE_MODE READ_ONLY, "
                       "SUPPORTS_NARROW_BURST 0, MAX_BURST_LENGTH {}",
                       8 * f.memory_bytes, f.memory_burst)}};
}

std::string upper(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return out;
}

std::vector<hw::Attribute> signal(std::string_view type, std::string_view name, std::string_view role,
                                  const std::string& parameters) {
  return {{"X_INTERFACE_INFO", fmt::format("xilinx.com:signal:{}:1.0 {} {}", type, name, role)},
          {"X_INTERFACE_PARAMETER", fmt::format("XIL_INTERFACENAME {}, {}", name, parameters)}};
}

}  // namespace

std::vector<hw::Attribute> bus_attributes(std::string_view port, const BusFacts& facts) {
  if (port == "ap_clk") {
    const std::string busses = fmt::format("s_axis:m_axis:s_axi{}", facts.memory_bytes > 0 ? ":m_axi" : "");
    return signal("clock", port, "CLK",
                  fmt::format("ASSOCIATED_BUSIF {}, ASSOCIATED_RESET ap_rst_n", busses));
  }
  if (port == "ap_rst_n") return signal("reset", port, "RST", "POLARITY ACTIVE_LOW");
  if (port == "irq") return signal("interrupt", port, "INTERRUPT", "SENSITIVITY LEVEL_HIGH");
  for (const Bus& bus : buses(facts)) {
    if (!port.starts_with(bus.name) || port.substr(bus.name.size(), 1) != "_") continue;
    const std::string_view role = port.substr(bus.name.size() + 1);
    std::vector<hw::Attribute> all = {
        {"X_INTERFACE_INFO", fmt::format("{} {} {}", bus.type, bus.name, upper(role))}};
    if (role == bus.first) {
      all.push_back(
          {"X_INTERFACE_PARAMETER", fmt::format("XIL_INTERFACENAME {}, {}", bus.name, bus.parameters)});
    }
    return all;
  }
  return {};
}

}  // namespace offramp::accel
