#pragma once
// The drivers of a design: what goes into its folder driver/.
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "accel/registers.h"
#include "design/folder.h"

namespace offramp::design {

/// driver/registers.h: the register map as a C header, with a mask and a shift for each field.
[[nodiscard]] std::string register_header(const std::string& top, const std::vector<accel::Register>& map);

/// driver/registers.md: the register map as a table for people.
[[nodiscard]] std::string register_table(const std::string& top, const std::vector<accel::Register>& map);

/// driver/offramp_registers.h: what is the same in every design: offsets up to `configuration`, fields of all
/// registers.
[[nodiscard]] std::string common_register_header();

/// driver/<top>.h and .c: the design as data of the C driver.
[[nodiscard]] std::string design_header(const std::string& top);
[[nodiscard]] std::string design_source(const accel::Accelerator& accelerator, const std::string& top,
                                        const std::vector<accel::Register>& map);

/// driver/<top>.py: the design as a class of the PYNQ driver.
[[nodiscard]] std::string python_driver(const accel::Accelerator& accelerator, const std::string& top,
                                        const std::vector<accel::Register>& map);

/// The parts that are the same for all designs, by file name: gen/design/driver/ inside the program.
[[nodiscard]] const std::map<std::string, std::string_view>& driver_sources();

/// All of driver/, by name relative to the design folder.
[[nodiscard]] Files driver_files(const accel::Accelerator& accelerator, const std::string& top);

}  // namespace offramp::design
