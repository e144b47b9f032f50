// The C header of the register map, for bare-metal code and anything else that writes registers.
#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "accel/registers.h"
#include "design/design_files.h"

namespace offramp::design {
namespace {

std::string upper(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) {
    return static_cast<char>(std::isalnum(c) != 0 ? std::toupper(c) : '_');
  });
  return text;
}

}  // namespace

std::string register_header(const std::string& top, const std::vector<accel::Register>& map) {
  const std::string prefix = upper(top);
  std::string out = fmt::format(
      "/* Registers of {}: byte offsets on its AXI4-Lite port. 64-bit registers take two words, the low one\n"
      "   first. */\n"
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
  }
  return out + fmt::format("\n#endif /* {}_REGISTERS_H */\n", prefix);
}

}  // namespace offramp::design
