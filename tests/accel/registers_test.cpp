#include "accel/registers.h"

#include <gtest/gtest.h>

#include <set>

namespace offramp::accel {
namespace {

TEST(RegisterMap, RegistersLieApartFromTheControlBlockOn) {
  for (int exits = 1; exits <= 8; ++exits) {
    std::set<std::uint32_t> words;
    std::set<std::string> names;
    for (const Register& r : register_map(exits)) {
      EXPECT_EQ(r.offset % 4, 0U) << r.name;
      EXPECT_TRUE(words.insert(r.offset).second) << r.name;
      if (r.bits > 32) {
        EXPECT_TRUE(words.insert(r.offset + 4).second) << r.name;
      }
      EXPECT_TRUE(names.insert(r.name).second) << r.name;
      EXPECT_FALSE(r.doc.empty()) << r.name;
      EXPECT_LT(r.offset + 4, 1U << address_bits(register_map(exits))) << "beyond the AXI4-Lite port";
    }
    EXPECT_EQ(names.contains("criterion"), exits > 1);
  }
}

TEST(RegisterMap, ThresholdsComeUpWithTheNetworksValues) {
  quant::QNetwork network;
  network.exits = {
      {.name = "a", .criterion = fixed::Criterion::entropy, .threshold = 77},
      {.name = "b", .criterion = fixed::Criterion::patience, .skip = {.above = true, .level = 9}},
      {.name = "c"}};
  std::set<std::string> names;
  for (const Register& r : register_map(3, &network, false, true)) {
    names.insert(r.name);
    if (r.name == "skip_0") {
      EXPECT_EQ(r.reset, 0U);
    }
    if (r.name == "skip_1") {
      EXPECT_EQ(r.reset, 0x80000009U);
    }
    if (r.name == "threshold_0") {
      EXPECT_EQ(r.reset, 77U);
    }
    if (r.name == "criterion") {
      EXPECT_EQ(r.reset, 0x41U);
    }
  }
  EXPECT_TRUE(names.contains("skip_1"));
  for (const Register& r : register_map(3, &network)) EXPECT_FALSE(r.name.starts_with("skip_")) << r.name;
}

}  // namespace
}  // namespace offramp::accel
