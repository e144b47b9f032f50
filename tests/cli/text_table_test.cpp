#include "cli/text_table.h"

#include <gtest/gtest.h>

namespace offramp::cli {
namespace {

TEST(TextTable, ColumnsAreAsWideAsTheirWidestCell) {
  TextTable table({{"name", TextTable::Align::left}, {"n"}});
  table.row({"a", "1"});
  table.row({"longer", "1000"});
  EXPECT_EQ(table.text(),
            "name       n\n"
            "------  ----\n"
            "a          1\n"
            "longer  1000\n");
}

TEST(TextTable, NoLineEndsInBlanks) {
  TextTable table({{"a", TextTable::Align::left}, {"b", TextTable::Align::left}});
  table.row({"x", ""});
  EXPECT_EQ(table.text().find(" \n"), std::string::npos);
}

TEST(TextTable, ARowOfAnotherLengthIsAFault) {
  TextTable table({{"a"}});
  EXPECT_THROW(table.row({"1", "2"}), std::logic_error);
}

}  // namespace
}  // namespace offramp::cli
