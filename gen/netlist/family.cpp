#include "netlist/family.h"

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"

namespace offramp::netlist {

const char* to_string(Family family) {
  switch (family) {
    case Family::xc7:
      return "xc7";
    case Family::xcup:
      return "xcup";
    case Family::ecp5:
      return "ecp5";
    case Family::ice40:
      break;
  }
  return "ice40";
}

Family family_from(const std::string& word) {
  for (const Family family : {Family::xc7, Family::xcup, Family::ecp5, Family::ice40}) {
    if (word == to_string(family)) return family;
  }
  throw Error(
      fmt::format("--family {} is not known; there are xc7 (AMD 7 series), xcup (UltraScale+), ecp5 and "
                  "ice40 (Lattice).",
                  in_quotes(word)));
}

Family family_of_part(const std::string& part) {
  if (part.starts_with("xc7")) return Family::xc7;
  for (const char* ultrascale_plus : {"xczu", "xcku", "xcvu", "xck26", "xcau", "xcu"}) {
    if (part.starts_with(ultrascale_plus)) return Family::xcup;
  }
  if (part.starts_with("LFE5") || part.starts_with("lfe5")) return Family::ecp5;
  if (part.starts_with("iCE40") || part.starts_with("ice40")) return Family::ice40;
  throw Error(
      fmt::format("The part {} is of no family that Yosys maps to here; choose the nearest with --family "
                  "xc7, xcup, ecp5 or ice40.",
                  in_quotes(part)));
}

std::string synth_command(Family family, const std::string& top) {
  if (is_amd(family)) return fmt::format("synth_xilinx -family {} -top {} -noiopad", to_string(family), top);
  return fmt::format("synth_{} -top {} -noflatten", to_string(family), top);
}

}  // namespace offramp::netlist
