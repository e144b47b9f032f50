#include "design/driver_files.h"

namespace offramp::design {

Files driver_files(const accel::Accelerator& accelerator, const std::string& top) {
  const std::vector<accel::Register> map = accel::register_map(accelerator);
  Files files;
  for (const auto& [name, text] : driver_sources()) files["driver/" + name] = text;
  files["driver/offramp_registers.h"] = common_register_header();
  files["driver/registers.h"] = register_header(top, map);
  files["driver/registers.md"] = register_table(top, map);
  files["driver/" + top + ".h"] = design_header(top);
  files["driver/" + top + ".c"] = design_source(accelerator, top, map);
  files["driver/" + top + ".py"] = python_driver(accelerator, top, map);
  return files;
}

}  // namespace offramp::design
