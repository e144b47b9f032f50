// Where the resources go.
#include <fmt/format.h>

#include <functional>

#include "design/report_parts.h"
#include "design/svg.h"

namespace offramp::design {
namespace {

struct Kind {
  const char* name;
  std::function<double(const model::Resources&)> use;
  double available;
};

std::vector<Kind> kinds(const Target& t) {
  return {{"LUT", [](const model::Resources& r) { return r.lut; }, static_cast<double>(t.lut)},
          {"FF", [](const model::Resources& r) { return r.ff; }, static_cast<double>(t.ff)},
          {"DSP", [](const model::Resources& r) { return r.dsp; }, static_cast<double>(t.dsp)},
          {"BRAM36", [](const model::Resources& r) { return r.bram18 / 2.0; }, static_cast<double>(t.bram36)},
          {"URAM", [](const model::Resources& r) { return r.uram; }, static_cast<double>(t.uram)}};
}

}  // namespace

std::string resources_section(const ReportFacts& r) {
  if (!r.in.resources) return "";
  const ResourceShares& shares = *r.in.resources;
  std::string bars;
  std::string head = "<tr><th class=\"text\">part</th>";
  std::string sum = "<tr class=\"sum\"><td class=\"text\">all</td>";
  std::string have = fmt::format("<tr><td class=\"text\">{} has</td>", escape(r.in.target.part));
  std::vector<std::string> rows(shares.parts.size());
  for (std::size_t p = 0; p < rows.size(); ++p) {
    rows[p] = fmt::format("<tr><td class=\"text\">{}</td>", escape(shares.parts[p].name));
  }
  for (const Kind& kind : kinds(r.in.target)) {
    double total = 0;
    for (const auto& part : shares.parts) total += kind.use(part.use);
    head += fmt::format("<th>{}</th>", kind.name);
    sum += fmt::format("<td>{:.10g}</td>", total);
    have += kind.available > 0 ? fmt::format("<td>{:.10g} ({:.1f} % used)</td>", kind.available,
                                             100 * total / kind.available)
                               : std::string("<td>none</td>");
    std::vector<Share> parts;
    for (std::size_t p = 0; p < rows.size(); ++p) {
      const double use = kind.use(shares.parts[p].use);
      rows[p] += fmt::format("<td>{:.10g}</td>", use);
      if (total > 0) parts.push_back({shares.parts[p].name, use / total});
    }
    if (total > 0) {
      bars += fmt::format("<div><h3>{}: {:.10g}</h3>\n{}</div>\n", kind.name, total,
                          share_bar(fmt::format("Share of {} by part", kind.name), parts));
    }
  }
  std::string body;
  for (const std::string& row : rows) body += row + "</tr>\n";
  return fmt::format(
      "<section id=\"resources\"><h2>Where the resources go</h2>\n<div class=\"side\">{}</div>\n<div "
      "class=\"scroll\"><table>\n{}</tr>\n{}{}</tr>\n{}</tr>\n</table></div>\n<p "
      "class=\"soft\">{}</p></section>\n",
      bars, head, body, sum, have, escape(shares.basis));
}

}  // namespace offramp::design
