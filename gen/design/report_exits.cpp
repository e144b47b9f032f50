// How samples leave: shares, confidence, what thresholds could do, images.
#include <fmt/format.h>

#include <algorithm>

#include "design/report_parts.h"
#include "design/svg.h"

namespace offramp::design {

namespace {

/// How sure early exits are of the samples that come to them.
std::string histograms(const ReportFacts& r) {
  if (!r.in.study || r.in.study->confidence.empty()) return "";
  std::string charts;
  for (std::size_t e = 0; e < r.in.study->confidence.size(); ++e) {
    const ExitStudy::Histogram& h = r.in.study->confidence[e];
    const std::string title = fmt::format("Exit {} ({}): {}", e, h.exit, h.measure);
    charts += fmt::format(
        "<div><h3>{}</h3>\n{}</div>\n", escape(title),
        column_chart(
            {.title = title, .low = "least sure", .high = "surest", .below = h.leave, .above = h.stay}));
  }
  return "<h3 style=\"margin-top:16px\">Confidence of the test images that come to an early exit</h3>\n<p "
         "class=\"legend\"><span><i "
         "class=\"p0\"></i>leave</span> <span><i class=\"p1\"></i>go on</span></p>\n<div class=\"side\">" +
         charts + "</div>\n";
}

}  // namespace

std::string exits_section(const ReportFacts& r) {
  if (!r.in.verification) return "";
  const Verification& v = *r.in.verification;
  std::vector<Share> shares;
  std::string rows;
  for (std::size_t e = 0; e < r.exits(); ++e) {
    const bool last = e + 1 == r.exits();
    const quant::QExit& x = r.network.exits[e];
    if (r.is_static() && !last) continue;
    shares.push_back({last ? "final exit" : fmt::format("exit {}", e), v.test_exit_rates.at(e)});
    const std::string rule =
        last ? "always taken"
             : fmt::format("{} {} {:g}", fixed::measure_of(x.criterion),
                           x.criterion == fixed::Criterion::entropy ? "&lt;" : "&ge;", x.level);
    rows += fmt::format(
        "<tr><td class=\"text\">{}</td><td "
        "class=\"text\">{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>\n",
        escape(x.name), rule, percent(v.test_exit_rates.at(e)),
        v.test_exit_rates.at(e) == 0 ? "\u2013" : percent(v.test_exit_accuracy.at(e)),
        r.performance->cycles_by_exit.at(e) ? fmt::format("{:.1f}", *r.performance->cycles_by_exit[e])
                                            : std::string("\u2013"),
        r.in.estimate.cycles_by_exit.at(e));
  }
  return fmt::format(
      "<section id=\"exits\"><h2>Exits</h2>\n{}<div class=\"scroll\"><table>\n<tr><th "
      "class=\"text\">exit</th><th class=\"text\">rule</th><th>share of test images</th><th>accuracy of "
      "those</th><th>cycles, measured</th><th>cycles, modelled</th></tr>\n{}</table></div>{}</section>\n",
      share_bar("Share of test images that leave at each exit", shares), rows, histograms(r));
}

std::string promise_section(const ReportFacts& r) {
  if (r.in.promise.empty() || r.is_static()) return "";
  return fmt::format(
      "<section><h2>What the thresholds promise</h2>\n<p>{}</p>\n<p class=\"soft\">For the thresholds "
      "out of reset, and images like those that calibrated them; <code>certificate.json</code> in this "
      "design "
      "has the counts, the bound and every step of the test.</p></section>\n",
      escape(r.in.promise));
}

std::string fronts_section(const ReportFacts& r) {
  if (!r.in.study || r.in.study->fronts.empty()) return "";
  std::string plots;
  for (const Plot& plot : r.in.study->fronts) plots += "<div>" + plot_inline(plot) + "</div>\n";
  return "<section id=\"fronts\"><h2>Accuracy against latency and energy</h2>\n<div class=\"side\">" + plots +
         "</div>\n<p class=\"soft\">Every criterion at its best thresholds on the test images; nothing here "
         "was "
         "chosen on other images than it is shown on, so it is what there is to gain and no promise. Costs "
         "are "
         "modelled, energy to a factor of three.</p></section>\n";
}

std::string images_section(const ReportFacts& r) {
  if (!r.in.study || r.in.study->first.empty()) return "";
  const auto gallery = [](const std::vector<ExitStudy::Image>& images) {
    std::string out = "<div class=\"images\">\n";
    for (const ExitStudy::Image& i : images) {
      out += fmt::format(
          "<figure><img alt=\"test image {0}\" src=\"data:image/png;base64,{1}\"><figcaption>{0}: "
          "<span{2}>{3}</span>"
          "{4}</figcaption></figure>\n",
          i.number, i.png, i.predicted == i.label ? "" : " class=\"wrong\"", i.predicted,
          i.predicted == i.label ? "" : fmt::format(", is {}", i.label));
    }
    return out + "</div>\n";
  };
  const ExitStudy& s = *r.in.study;
  std::string out = fmt::format(
      "<section id=\"images\"><h2>Images that leave first, and last</h2>\n<h3>Surest at exit {}</h3>\n{}",
      s.first.front().exit, gallery(s.first));
  if (!s.last.empty()) out += "<h3>Least sure, to the final exit</h3>\n" + gallery(s.last);
  return out +
         "<p class=\"soft\">Number in the test split and class given; where it is wrong, also the right "
         "one.</p></section>\n";
}

}  // namespace offramp::design
