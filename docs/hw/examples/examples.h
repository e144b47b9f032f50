#pragma once
// What the documentation's examples offer to the test that runs them and writes the reference.
#include <functional>
#include <string>
#include <vector>

#include "hw/hw.h"

namespace offramp::docs {

struct Example {
  std::string name;  ///< of the function and of the module
  std::function<void(hw::ModuleBuilder&)> build;
};

/// In the order of the reference.
const std::vector<Example>& reference_examples();

/// The tutorial's array, and its product of two matrices as the interpreter computes it.
hw::Diagnostics describe_tutorial(hw::Design& design);
std::vector<std::vector<std::int64_t>> multiply_on_tutorial_array(
    const std::vector<std::vector<std::int64_t>>& weights,
    const std::vector<std::vector<std::int64_t>>& rows);

}  // namespace offramp::docs
