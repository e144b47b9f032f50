// What the design is, and its figures at a glance.
#include <fmt/format.h>

#include "design/report_parts.h"
#include "design/svg.h"

namespace offramp::design {
namespace {

std::string tile(const std::string& value, const std::string& what, const char* kind = "") {
  return fmt::format("<div class=\"tile {}\"><b>{}</b><span>{}</span></div>\n", kind, escape(value),
                     escape(what));
}

}  // namespace

std::string headline(const ReportFacts& r) {
  return fmt::format(
      "<h1>{}</h1>\n<p class=\"soft\">Exit strategy <b>{}</b> on {} ({}), {} multipliers, clock {:g} MHz "
      "(a design "
      "target, not measured). Made by offramp {}.</p>\n",
      escape(r.in.manifest.top), escape(r.in.manifest.strategy), escape(r.in.target.board),
      escape(r.in.target.part), r.in.estimate.multipliers, r.in.target.clock_mhz,
      escape(r.in.manifest.version));
}

std::string tiles(const ReportFacts& r) {
  std::string out = "<div class=\"tiles\">\n";
  if (r.performance) {
    const Verification& v = *r.in.verification;
    out += v.bit_exact ? tile("bit-exact", fmt::format("on {} test images", v.samples), "good")
                       : tile("differs", "from the golden reference", "bad");
    out += tile(percent(v.test_accuracy), fmt::format("accuracy on {} test images", grouped(v.test_images)));
    out += tile(fmt::format("{:.1f}", r.performance->mean_cycles()), "cycles per image, mean");
    out += tile(fmt::format("{:.2f} \u00b5s", r.performance->mean_cycles() / r.in.target.clock_mhz),
                fmt::format("latency at {:g} MHz", r.in.target.clock_mhz));
    out += tile(fmt::format("{:.1f} %", 100 * r.performance->mac_efficiency), "of all multipliers busy");
  } else {
    out += tile("not verified yet", "run 'offramp verify' on this design");
    out += tile(fmt::format("{}", r.in.estimate.cycles_by_exit.back()), "cycles to the last exit, modelled");
  }
  out += tile(fmt::format("{}", r.in.estimate.multipliers), "multipliers");
  return out + "</div>\n";
}

}  // namespace offramp::design
