#include "design/report.h"

#include <fmt/format.h>

#include "design/report_parts.h"
#include "design/svg.h"

namespace offramp::design {

ReportFacts::ReportFacts(const ReportInput& input) : in(input), network(input.accelerator.network) {
  if (in.verification) performance = design::performance(*in.verification, in.estimate);
}

bool ReportFacts::is_built(int layer) const {
  return !is_static() || quant::branch_of(network, layer) < 0;
}

std::string percent(double share) {
  return fmt::format("{:.2f} %", 100 * share);
}

std::string grouped(std::uint64_t value) {
  std::string digits = fmt::format("{}", value);
  for (auto at = static_cast<std::ptrdiff_t>(digits.size()) - 3; at > 0; at -= 3) {
    digits.insert(static_cast<std::size_t>(at), "\u202f");
  }
  return digits;
}

std::string render_report(const ReportInput& input) {
  const ReportFacts r(input);
  std::string body;
  for (const auto section : {headline, tiles, network_section, architecture_section, exits_section,
                             promise_section, fronts_section, images_section, timeline_section,
                             layers_section, resources_section, proof_section, provenance_section}) {
    body += section(r);
  }
  return fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{} \u2014 "
      "{}</title>\n"
      "<style>{}</style>\n</head>\n<body>\n<main>\n{}</main>\n</body>\n</html>\n",
      escape(input.manifest.top), escape(input.target.board), report_style(), body);
}

}  // namespace offramp::design
