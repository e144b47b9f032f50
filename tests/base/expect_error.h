#pragma once
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <initializer_list>
#include <string>

#include "base/error.h"

namespace offramp::test {

/// Runs `action`, which must throw offramp::Error with all of `parts` in its message, on one line.
template <typename Action>
void expect_error(Action action, std::initializer_list<std::string> parts,
                  ExitStatus status = ExitStatus::bad_input) {
  try {
    action();
  } catch (const Error& error) {
    for (const std::string& part : parts) EXPECT_THAT(error.what(), testing::HasSubstr(part));
    EXPECT_THAT(error.what(), testing::Not(testing::HasSubstr("\n")));
    EXPECT_EQ(error.status(), status);
    return;
  }
  ADD_FAILURE() << "no offramp::Error; expected one with '" << (parts.size() != 0 ? *parts.begin() : "")
                << "'";
}

}  // namespace offramp::test
