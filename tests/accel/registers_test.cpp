#include "accel/registers.h"

#include <gtest/gtest.h>

#include <set>

#include "base/version.h"

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

TEST(RegisterMap, FieldsLieInTheirRegisterOneAfterTheOther) {
  quant::QNetwork network;
  network.exits.resize(5);
  for (const Register& r : register_map(5, &network, true, true)) {
    int end = 0;
    std::set<std::string> names;
    for (const blocks::RegisterField& f : r.fields) {
      EXPECT_GE(f.lsb, end) << r.name << "." << f.name;
      EXPECT_GE(f.bits, 1) << r.name << "." << f.name;
      end = f.lsb + f.bits;
      EXPECT_LE(end, r.bits) << r.name << "." << f.name;
      EXPECT_FALSE(f.doc.empty()) << r.name << "." << f.name;
      EXPECT_TRUE(names.insert(f.name).second) << r.name << "." << f.name;
    }
  }
}

TEST(RegisterMap, EveryDesignSaysWhatItIsInTheSamePlace) {
  for (int exits = 1; exits <= 8; ++exits) {
    const std::vector<Register> map = register_map(exits, nullptr, exits % 2 == 0, exits > 4, 0xDEADBEEF);
    EXPECT_EQ(map[4].name, "version");
    EXPECT_EQ(map[4].offset, 0x10U);
    EXPECT_EQ(map[4].reset, kVersion.to_register());
    EXPECT_EQ(map[5].name, "configuration");
    EXPECT_EQ(map[5].offset, 0x18U);
    EXPECT_EQ(map[5].reset, 0xDEADBEEFU);
    for (const std::size_t i : {4U, 5U}) EXPECT_TRUE(map[i].constant && !map[i].writable);
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
