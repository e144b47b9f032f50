#pragma once
// The hand-written files that go into every design as they are.
#include "design/folder.h"

namespace offramp::design {

/// gen/design/vivado/, by file name.
[[nodiscard]] Files vivado_scripts();

/// Makefile.fpga of the project; it works in a design folder as well.
[[nodiscard]] std::string makefile();

}  // namespace offramp::design
