#pragma once
// A module that exists for its messages.
#include <gtest/gtest.h>

#include "hw/hw.h"

namespace offramp::hw::test {

struct Found {
  Diagnostics all;
  /// The only message of this id, or a failure.
  const Diagnostic& only(const std::string& id) const {
    static const Diagnostic none_found;
    const Diagnostic* hit = nullptr;
    int n = 0;
    for (const auto& d : all) {
      if (d.id == id) {
        hit = &d;
        ++n;
      }
    }
    EXPECT_EQ(n, 1) << id << " in:\n" << render(all);
    return hit == nullptr ? none_found : *hit;
  }
  [[nodiscard]] bool errors() const { return has_errors(all); }
};

inline Found check_module(const std::function<void(ModuleBuilder&)>& build) {
  Design d;
  d.add_module("dut", build);
  return {check(d)};
}

}  // namespace offramp::hw::test
