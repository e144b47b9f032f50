// A design as a class of the PYNQ driver: driver/offramp.py has its methods.
#include <fmt/format.h>

#include <iterator>

#include "accel/share.h"
#include "design/driver_files.h"
#include "design/handover.h"

namespace offramp::design {
namespace {

/// "lenet5_parallel" as "Lenet5Parallel".
std::string class_name(const std::string& top) {
  std::string name;
  bool first = true;
  for (const char c : top) {
    if (c == '_') {
      first = true;
      continue;
    }
    name += first && c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    first = false;
  }
  return name;
}

}  // namespace

std::string python_driver(const accel::Accelerator& accelerator, const std::string& top,
                          const std::vector<accel::Register>& map) {
  const net::Shape& image = accelerator.network.tensors.front().shape;
  const accel::EnginePlan& backbone = accelerator.engines.front();
  std::string out = fmt::format(
      "\"\"\"The design {top} for PYNQ: import this module before the overlay is loaded, and the overlay's\n"
      "accelerator is a {name}. offramp.py has its methods.\"\"\"\n\n"
      "from offramp import Accelerator, Field, Register\n\n\n"
      "class {name}(Accelerator):\n"
      "    bindto = [\"{vendor}:{library}:{top}:{version}\"]\n\n"
      "    NAME = \"{top}\"\n"
      "    SHAPE = ({rows}, {columns}, {channels})  # of an image of bytes\n"
      "    CLASSES = {classes}\n"
      "    EXITS = {exits}\n"
      "    IN_ORDER = {in_order}  # results come in the order of the images\n"
      "    WEIGHTS_ALIGNMENT = {alignment}  # of mem/weights.bin in memory; 0: weights are on the chip\n"
      "    REGISTERS = {{\n",
      fmt::arg("vendor", kIpVendor), fmt::arg("library", kIpLibrary), fmt::arg("version", kIpVersion),
      fmt::arg("top", top), fmt::arg("name", class_name(top)), fmt::arg("rows", image.height),
      fmt::arg("columns", image.width), fmt::arg("channels", image.channels),
      fmt::arg("classes", accel::most_classes(accelerator)),
      fmt::arg("exits", accel::most_exits(accelerator)),
      fmt::arg("in_order", backbone.images == 1 ? "True" : "False"),
      fmt::arg("alignment", backbone.beat_bits / 8));
  for (const accel::Register& r : map) {
    const char* access = r.constant ? "constant" : r.writable ? "rw" : "r";
    fmt::format_to(std::back_inserter(out), "        \"{}\": Register({:#04x}, {}, \"{}\", {:#x}", r.name,
                   r.offset, r.bits, access, r.reset);
    if (!r.fields.empty()) {
      out += ", {\n";
      for (const blocks::RegisterField& f : r.fields)
        fmt::format_to(std::back_inserter(out), "            \"{}\": Field({}, {}),  # {}\n", f.name, f.lsb,
                       f.bits, f.doc);
      out += "        }";
    }
    fmt::format_to(std::back_inserter(out), "),  # {}\n", r.doc);
  }
  return out + "    }\n";
}

}  // namespace offramp::design
