// The C headers of the register map, for the drivers and anything else that reads registers.
#include <fmt/format.h>

#include <iterator>

#include "design/driver_files.h"
#include "design/driver_names.h"

namespace offramp::design {
namespace {

/// A mask in place, and the shift to it.
void add_fields(const std::string& name, const accel::Register& r, std::string& out) {
  for (const blocks::RegisterField& f : r.fields) {
    const std::string field = name + "_" + upper(f.name);
    const std::uint64_t mask = ((std::uint64_t{1} << f.bits) - 1) << f.lsb;
    if (f.lsb + f.bits > 32) continue;  // of a second word: the number alone is of use
    fmt::format_to(std::back_inserter(out), "#define {} 0x{:x}u /* {} */\n", field, mask, f.doc);
    if (f.bits > 1) fmt::format_to(std::back_inserter(out), "#define {}_SHIFT {}\n", field, f.lsb);
  }
}

}  // namespace

std::string register_header(const std::string& top, const std::vector<accel::Register>& map) {
  const std::string prefix = upper(top);
  std::string out = fmt::format(
      "/* Registers of {}: byte offsets on its AXI4-Lite port. 64-bit registers take two words, the low one\n"
      "   first. Fields: a mask in place and, of several bits, the shift to it. */\n"
      "#ifndef {}_REGISTERS_H\n"
      "#define {}_REGISTERS_H\n",
      top, prefix, prefix);
  for (const accel::Register& r : map) {
    out += fmt::format("\n/* {}{} */\n", r.doc, r.writable ? "" : " (read only)");
    const std::string name = fmt::format("{}_{}", prefix, upper(r.name));
    if (r.bits > 32) {
      out += fmt::format("#define {}_LO 0x{:02x}u\n#define {}_HI 0x{:02x}u\n", name, r.offset, name,
                         r.offset + 4);
    } else {
      out += fmt::format("#define {} 0x{:02x}u\n", name, r.offset);
    }
    out += fmt::format("#define {}_BITS {}\n", name, r.bits);
    if (r.constant) out += fmt::format("#define {}_VALUE 0x{:08x}u\n", name, r.reset);
    add_fields(name, r, out);
  }
  return out + fmt::format("\n#endif /* {}_REGISTERS_H */\n", prefix);
}

std::string common_register_header() {
  // A design that has every register.
  accel::Accelerator all;
  all.network.exits.resize(2);
  all.options.strategy = accel::Strategy::pipeline;
  all.options.prune = true;
  all.options.watch = {.histogram = true, .monitor = true, .hold = true};
  all.engines.resize(1);
  all.engines.front().beat_bits = 256;
  std::string out =
      "/* Registers that every design of Offramp has at the same offset, and the fields of all registers. "
      "*/\n"
      "#ifndef OFFRAMP_REGISTERS_H\n"
      "#define OFFRAMP_REGISTERS_H\n";
  bool same_place = true;
  for (const accel::Register& r : accel::register_map(all)) {
    std::string name = r.name;
    if (name.ends_with("_1")) continue;
    if (name.ends_with("_0")) name.resize(name.size() - 2);
    name = "OFFRAMP_" + upper(name);
    std::string text;
    if (same_place) text += fmt::format("#define {} 0x{:02x}u\n", name, r.offset);
    if (r.name != "criterion" && r.name != "drift") add_fields(name, r, text);  // theirs are exits
    if (!text.empty()) out += fmt::format("\n/* {} */\n", r.name) + text;
    if (r.name == "configuration") same_place = false;
  }
  return out + "\n#endif /* OFFRAMP_REGISTERS_H */\n";
}

}  // namespace offramp::design
