#pragma once
// A Verilog tree as text: layout, alignment, line breaks and parentheses are decided here and nowhere else.
#include <string>

#include "hw/verilog_ast.h"

namespace offramp::hw::verilog {

/// Longest line that is printed where it can be broken at all.
inline constexpr std::size_t max_columns = 110;

/// The whole file.
std::string to_text(const ModuleFile& file);

}  // namespace offramp::hw::verilog
