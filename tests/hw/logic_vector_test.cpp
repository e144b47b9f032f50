#include "hw/logic_vector.h"

#include <gtest/gtest.h>

#include <stdexcept>

namespace offramp::hw {
namespace {

TEST(LogicVectors, StartWithAllBitsUnknown) {
  const LogicVector v(5);
  EXPECT_EQ(v.width(), 5);
  EXPECT_EQ(v.text(), "xxxxx");
  EXPECT_FALSE(v.known());
  EXPECT_EQ(v.low64(), 0u);
  EXPECT_EQ(v.unknown.front(), 0x1fu) << "bits beyond the width stay 0";
}

TEST(LogicVectors, OfANumberKeepTheLowBitsAndExtendTheSignBeyond64) {
  EXPECT_EQ(LogicVector::of(4, 5).text(), "0101");
  EXPECT_EQ(LogicVector::of(4, -1).text(), "1111");
  EXPECT_EQ(LogicVector::of(3, 13).text(), "101");
  EXPECT_EQ(LogicVector::of(70, -2).text(), std::string(69, '1') + "0");
  EXPECT_EQ(LogicVector::of(70, 1).text(), std::string(69, '0') + "1");
  EXPECT_EQ(LogicVector::of(64, -1).low64(), ~std::uint64_t{0});
}

TEST(LogicVectors, ReadWhatTheyPrint) {
  for (const std::string& text :
       std::vector<std::string>{"0", "1x0", std::string(130, 'x'), std::string(64, '1') + "x01"}) {
    EXPECT_EQ(LogicVector::parse(text).text(), text);
  }
  EXPECT_THROW((void)LogicVector::parse("012"), std::invalid_argument);
}

TEST(LogicVectors, AreSetBitByBitAlsoInTheirSecondWord) {
  LogicVector v = LogicVector::of(66, 0);
  v.set_bit(65, 'x');
  v.set_bit(64, '1');
  v.set_bit(0, '1');
  EXPECT_EQ(v.bit(65), 'x');
  EXPECT_EQ(v.bit(64), '1');
  EXPECT_EQ(v.bit(63), '0');
  v.set_bit(65, '1');
  EXPECT_TRUE(v.known());
  EXPECT_EQ(v.value[1], 3u);
  EXPECT_THROW((void)v.bit(66), std::out_of_range);
  EXPECT_THROW(v.set_bit(-1, '0'), std::out_of_range);
}

TEST(LogicVectors, AgreeWhereTheFirstOneIsKnown) {
  const auto v = [](const char* text) { return LogicVector::parse(text); };
  EXPECT_TRUE(v("1x0").agrees_with(v("110")));
  EXPECT_TRUE(v("1x0").agrees_with(v("1x0")));
  EXPECT_FALSE(v("1x0").agrees_with(v("111")));
  EXPECT_FALSE(v("110").agrees_with(v("1x0"))) << "what is known here must be known there";
  EXPECT_FALSE(v("100").agrees_with(v("1x0")));
  EXPECT_FALSE(v("110").agrees_with(v("0110"))) << "another width";
  EXPECT_EQ(v("1x0"), v("1x0"));
  EXPECT_NE(v("1x0"), v("100"));
}

}  // namespace
}  // namespace offramp::hw
