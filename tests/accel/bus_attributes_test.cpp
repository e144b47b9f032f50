// What Vivado reads from the top's ports: every port belongs to a bus, and the parameters say what the ports
// are.
#include "accel/bus_attributes.h"

#include <gmock/gmock.h>

namespace offramp::accel {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

const BusFacts kFacts{
    .sample_bytes = 4, .id_bits = 16, .register_bits = 8, .memory_bytes = 64, .memory_burst = 16};

std::string value(std::string_view port, std::string_view name, const BusFacts& facts = kFacts) {
  for (const hw::Attribute& a : bus_attributes(port, facts)) {
    if (a.name == name) return a.value;
  }
  return "";
}

TEST(BusAttributes, TieTheClockToEveryBusThatThereIs) {
  EXPECT_EQ(
      value("ap_clk", "X_INTERFACE_PARAMETER"),
      "XIL_INTERFACENAME ap_clk, ASSOCIATED_BUSIF s_axis:m_axis:s_axi:m_axi, ASSOCIATED_RESET ap_rst_n");
  BusFacts on_chip = kFacts;
  on_chip.memory_bytes = 0;
  EXPECT_EQ(value("ap_clk", "X_INTERFACE_PARAMETER", on_chip),
            "XIL_INTERFACENAME ap_clk, ASSOCIATED_BUSIF s_axis:m_axis:s_axi, ASSOCIATED_RESET ap_rst_n");
}

TEST(BusAttributes, NameTheBusAndTheRoleOfAPort) {
  EXPECT_EQ(value("s_axis_tuser", "X_INTERFACE_INFO"), "xilinx.com:interface:axis:1.0 s_axis TUSER");
  EXPECT_EQ(value("s_axi_wstrb", "X_INTERFACE_INFO"), "xilinx.com:interface:aximm:1.0 s_axi WSTRB");
  EXPECT_EQ(value("m_axi_arlen", "X_INTERFACE_INFO"), "xilinx.com:interface:aximm:1.0 m_axi ARLEN");
  EXPECT_EQ(value("ap_rst_n", "X_INTERFACE_PARAMETER"), "XIL_INTERFACENAME ap_rst_n, POLARITY ACTIVE_LOW");
  EXPECT_EQ(value("irq", "X_INTERFACE_PARAMETER"), "XIL_INTERFACENAME irq, SENSITIVITY LEVEL_HIGH");
  EXPECT_THAT(value("m_axi_araddr", "X_INTERFACE_PARAMETER"), HasSubstr("DATA_WIDTH 512"));
  EXPECT_THAT(bus_attributes("debug", kFacts), IsEmpty());
  EXPECT_THAT(bus_attributes("s_axisx", kFacts), IsEmpty());
}

}  // namespace
}  // namespace offramp::accel
