#include "base/text.h"

#include <gtest/gtest.h>

namespace offramp {
namespace {

TEST(InQuotes, KeepsReadableText) {
  EXPECT_EQ(in_quotes("conv1"), "'conv1'");
  EXPECT_EQ(in_quotes("/features/conv.0"), "'/features/conv.0'");
  EXPECT_EQ(in_quotes("größe"), "'größe'");
  EXPECT_EQ(in_quotes(""), "''");
}

TEST(InQuotes, EscapesWhatCouldForgeAMessageOrSteerATerminal) {
  EXPECT_EQ(in_quotes("a\nb\tc"), "'a\\nb\\tc'");
  EXPECT_EQ(in_quotes("it's \\"), "'it\\'s \\\\'");
  EXPECT_EQ(in_quotes(std::string("\x1b[31m\0", 6)), "'\\x1b[31m\\x00'");
  EXPECT_EQ(in_quotes("\xc2\x9b"), "'\\xc2\\x9b'") << "a C1 control character";
  EXPECT_EQ(in_quotes("\xe2\x80\xae"), "'\\xe2\\x80\\xae'") << "a right-to-left override";
}

TEST(InQuotes, EscapesBytesThatAreNotUtf8) {
  EXPECT_EQ(in_quotes("\xff"), "'\\xff'");
  EXPECT_EQ(in_quotes("\xc3"), "'\\xc3'") << "cut in the middle";
  EXPECT_EQ(in_quotes("\xc0\xaf"), "'\\xc0\\xaf'") << "overlong";
}

TEST(InQuotes, CutsLongText) {
  const std::string text = in_quotes(std::string(1000, 'x'));
  EXPECT_EQ(text, "'" + std::string(120, 'x') + "' (the first 120 of 1000 bytes)");
}

}  // namespace
}  // namespace offramp
