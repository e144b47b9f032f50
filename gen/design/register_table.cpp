// The register map as a Markdown table.
#include <fmt/format.h>

#include <iterator>

#include "design/driver_files.h"

namespace offramp::design {
namespace {

std::string access_of(const accel::Register& r) {
  if (r.constant) return "constant";
  return r.writable ? "read, write" : "read";
}

std::string bits_of(const blocks::RegisterField& f) {
  return f.bits == 1 ? fmt::format("[{}]", f.lsb) : fmt::format("[{}:{}]", f.lsb + f.bits - 1, f.lsb);
}

}  // namespace

std::string register_table(const std::string& top, const std::vector<accel::Register>& map) {
  std::string out = fmt::format(
      "# Registers of {}\n\n"
      "Byte offsets on the AXI4-Lite port `s_axi`. Registers of more than 32 bits take two words, the low "
      "one "
      "first. A\nread or write anywhere else, and a write of a register that is only read, is answered with "
      "SLVERR.\n\n"
      "| offset | register | bits | access | out of reset | what |\n|---|---|---|---|---|---|\n",
      top);
  for (const accel::Register& r : map) {
    const std::string reset = r.writable || r.constant ? fmt::format("{:#x}", r.reset) : "";
    fmt::format_to(std::back_inserter(out), "| {:#04x} | `{}` | {} | {} | {} | {} |\n", r.offset, r.name,
                   r.bits, access_of(r), reset, r.doc);
    for (const blocks::RegisterField& f : r.fields) {
      fmt::format_to(std::back_inserter(out), "| | `{}.{}` | {} | | | {} |\n", r.name, f.name, bits_of(f),
                     f.doc);
    }
  }
  return out;
}

}  // namespace offramp::design
