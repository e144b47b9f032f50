#pragma once
// The parameterized blocks as a library of their own: what rtl/lib holds.
#include <map>
#include <string>

namespace offramp::blocks {

/// Verilog of every parameterized block, by file name ("mac_cell.v"), and README.md, which lists them.
[[nodiscard]] std::map<std::string, std::string> library();

}  // namespace offramp::blocks
