#include "design/svg.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace offramp::design {
namespace {

constexpr int kBoxWidth = 88;
constexpr int kBoxHeight = 46;
constexpr int kColumn = 105;  // from box to box
constexpr int kRow = 96;
constexpr int kMargin = 6;

/// As much of `text` as `width` pixels show at the drawings' text size.
std::string shortened(const std::string& text, double width) {
  constexpr double kCharacter = 6.6;
  const auto room = static_cast<std::size_t>(std::max(0.0, width / kCharacter));
  if (text.size() <= room) return text;
  return room < 3 ? "" : text.substr(0, room - 1) + "\u2026";
}

/// 1, 2 or 5 times a power of ten, so that `span` has about `ticks` of them.
std::int64_t round_step(std::int64_t span, int ticks) {
  const double rough = std::max(1.0, static_cast<double>(span) / ticks);
  const double power = std::pow(10.0, std::floor(std::log10(rough)));
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (factor * power >= rough) return static_cast<std::int64_t>(factor * power);
  }
  return static_cast<std::int64_t>(10 * power);
}

}  // namespace

std::string escape(const std::string& text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string network_diagram(const std::vector<DiagramNode>& nodes, const std::vector<DiagramExit>& exits) {
  int columns = 0;
  int rows = 0;
  for (const DiagramNode& n : nodes) {
    columns = std::max(columns, n.column + 1);
    rows = std::max(rows, n.row + 1);
  }
  const auto left = [](const DiagramNode& n) { return kMargin + n.column * kColumn; };
  const auto top = [](const DiagramNode& n) { return kMargin + n.row * kRow; };
  const int width = 2 * kMargin + (columns + 1) * kColumn;
  const int height = 2 * kMargin + (rows - 1) * kRow + kBoxHeight;
  std::string out = fmt::format(
      "<svg class=\"diagram\" width=\"{0}\" height=\"{1}\" viewBox=\"0 0 {0} {1}\" role=\"img\" "
      "aria-label=\"The network with its exits\">\n",
      width, height);
  for (const DiagramNode& n : nodes) {
    for (const int i : n.inputs) {
      const DiagramNode& from = nodes[static_cast<std::size_t>(i)];
      const int x0 = left(from) + kBoxWidth;
      const int y0 = top(from) + kBoxHeight / 2;
      const int x1 = left(n);
      const int y1 = top(n) + kBoxHeight / 2;
      // A path that skips boxes of its own row bows below them.
      const bool skips = from.row == n.row && n.column > from.column + 1;
      out += skips ? fmt::format("<path class=\"edge\" d=\"M{} {} C{} {} {} {} {} {}\"/>\n", x0, y0, x0 + 20,
                                 y0 + 60, x1 - 20, y1 + 60, x1, y1)
                   : fmt::format("<path class=\"edge\" d=\"M{} {} C{} {} {} {} {} {}\"/>\n", x0, y0, x0 + 16,
                                 y0, x1 - 16, y1, x1, y1);
    }
  }
  for (const DiagramNode& n : nodes) {
    out += fmt::format(
        "<g><title>{}: {}</title><rect class=\"box{}\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" "
        "rx=\"7\"/>"
        "<text class=\"name\" x=\"{}\" y=\"{}\">{}</text><text class=\"detail\" x=\"{}\" "
        "y=\"{}\">{}</text></g>\n",
        escape(n.name), escape(n.detail), n.row == 0 ? "" : " branch", left(n), top(n), kBoxWidth, kBoxHeight,
        left(n) + kBoxWidth / 2, top(n) + 20, escape(shortened(n.name, kBoxWidth - 8)),
        left(n) + kBoxWidth / 2, top(n) + 36, escape(shortened(n.detail, kBoxWidth - 4)));
  }
  for (const DiagramExit& e : exits) {
    const DiagramNode& n = nodes[static_cast<std::size_t>(e.node)];
    const int x0 = left(n) + kBoxWidth;
    const int y = top(n) + kBoxHeight / 2;
    out += fmt::format(
        "<path class=\"edge\" d=\"M{} {} H{}\"/><g><rect class=\"exit\" x=\"{}\" y=\"{}\" width=\"{}\" "
        "height=\"{}\" rx=\"{}\"/><text class=\"name inverse\" x=\"{}\" y=\"{}\">{}</text>"
        "<text class=\"detail inverse\" x=\"{}\" y=\"{}\">{}</text></g>\n",
        x0, y, x0 + 16, x0 + 16, y - 20, 84, 40, 20, x0 + 58, y - 3, escape(e.label), x0 + 58, y + 12,
        escape(e.detail));
  }
  return out + "</svg>\n";
}

std::string timeline(const std::string& title, const std::vector<TimelineRow>& rows,
                     const std::vector<TimelineMark>& marks, std::int64_t end) {
  constexpr int kLabels = 88;
  constexpr int kWidth = 560;
  constexpr int kBar = 26;
  constexpr int kPitch = 38;
  constexpr int kAxis = 24;
  constexpr int kMarks = 24;  // above the rows
  for (const TimelineRow& r : rows) {
    for (const TimelineSpan& s : r.spans) end = std::max(end, s.start + s.cycles);
  }
  for (const TimelineMark& m : marks) end = std::max(end, m.cycle);
  end = std::max<std::int64_t>(end, 1);
  const double scale = static_cast<double>(kWidth - kLabels - 20) / static_cast<double>(end);
  const auto x = [&](std::int64_t cycle) { return kLabels + static_cast<double>(cycle) * scale; };
  const int floor = kMarks + kPitch * static_cast<int>(rows.size());
  std::string out =
      fmt::format("<svg class=\"timeline\" viewBox=\"0 0 {0} {1}\" role=\"img\" aria-label=\"{2}\">\n",
                  kWidth, floor + kAxis, escape(title));
  for (std::int64_t tick = 0, step = round_step(end, 5); tick <= end; tick += step) {
    out += fmt::format(
        "<line class=\"grid\" x1=\"{0:.1f}\" x2=\"{0:.1f}\" y1=\"{1}\" y2=\"{2}\"/>"
        "<text class=\"tick\" x=\"{0:.1f}\" y=\"{3}\">{4}</text>\n",
        x(tick), kMarks, floor, floor + kAxis - 7, tick);
  }
  for (std::size_t r = 0; r < rows.size(); ++r) {
    const int y = kMarks + static_cast<int>(r) * kPitch + 6;
    out += fmt::format("<text class=\"engine\" x=\"{}\" y=\"{}\">{}</text>\n", kLabels - 8, y + kBar / 2 + 4,
                       escape(shortened(rows[r].engine, kLabels - 10)));
    for (const TimelineSpan& s : rows[r].spans) {
      const double w = std::max(1.0, static_cast<double>(s.cycles) * scale - 1);
      out += fmt::format(
          "<g><title>{}: {} cycles from {}</title><rect class=\"span{}\" x=\"{:.1f}\" y=\"{}\" "
          "width=\"{:.1f}\" height=\"{}\" rx=\"3\"/><text class=\"inside\" x=\"{:.1f}\" "
          "y=\"{}\">{}</text></g>\n",
          escape(s.label), s.cycles, s.start, s.branch ? " branch" : "", x(s.start), y, w, kBar,
          x(s.start) + w / 2, y + kBar / 2 + 4, escape(shortened(s.label, w - 6)));
    }
  }
  for (const TimelineMark& m : marks) {
    const bool right = x(m.cycle) > kWidth - 60;
    out += fmt::format(
        "<g><title>{0}: cycle {1}</title><line class=\"mark\" x1=\"{2:.1f}\" x2=\"{2:.1f}\" y1=\"{3}\" "
        "y2=\"{4}\"/>"
        "<text class=\"mark\" style=\"text-anchor:{5}\" x=\"{6:.1f}\" y=\"17\">{0}</text></g>\n",
        escape(m.label), m.cycle, x(m.cycle), kMarks - 2, floor, right ? "end" : "middle",
        right ? x(m.cycle) + 4 : x(m.cycle));
  }
  return out + "</svg>\n";
}

std::string share_bar(const std::string& title, const std::vector<Share>& shares) {
  constexpr int kWidth = 940;
  constexpr int kHeight = 34;
  std::string out = fmt::format(
      "<svg class=\"shares\" viewBox=\"0 0 {0} {1}\" preserveAspectRatio=\"none\" role=\"img\" "
      "aria-label=\"{2}\">\n",
      kWidth, kHeight, escape(title));
  double at = 0;
  for (std::size_t i = 0; i < shares.size(); ++i) {
    const double w = shares[i].value * kWidth;
    const std::string label = fmt::format("{} {:.1f} %", shares[i].label, 100 * shares[i].value);
    out += fmt::format(
        "<g><title>{}</title><rect class=\"part p{}\" x=\"{:.1f}\" y=\"0\" width=\"{:.1f}\" "
        "height=\"{}\"/></g>\n",
        escape(label), i % 6, at, std::max(0.0, w - 1), kHeight);
    at += w;
  }
  out += "</svg>\n<p class=\"legend\">";
  for (std::size_t i = 0; i < shares.size(); ++i) {
    if (shares[i].value == 0) continue;
    out += fmt::format("<span><i class=\"p{}\"></i>{} {:.1f} %</span> ", i % 6, escape(shares[i].label),
                       100 * shares[i].value);
  }
  return out + "</p>\n";
}

std::string column_chart(const Columns& c) {
  constexpr int kWidth = 440;
  constexpr int kHeight = 170;
  constexpr int kAxis = 22;
  constexpr int kLeft = 44;
  std::size_t most = 1;
  for (std::size_t i = 0; i < c.below.size(); ++i) most = std::max(most, c.below[i] + c.above[i]);
  const double pitch =
      static_cast<double>(kWidth - kLeft) / static_cast<double>(std::max<std::size_t>(1, c.below.size()));
  const double scale = static_cast<double>(kHeight - kAxis - 14) / static_cast<double>(most);
  const double floor = kHeight - kAxis;
  std::string out =
      fmt::format("<svg class=\"columns\" viewBox=\"0 0 {} {}\" role=\"img\" aria-label=\"{}\">\n", kWidth,
                  kHeight, escape(c.title));
  const std::int64_t step = round_step(static_cast<std::int64_t>(most), 4);
  for (std::int64_t tick = 0; tick <= static_cast<std::int64_t>(most); tick += step) {
    const double y = floor - static_cast<double>(tick) * scale;
    out += fmt::format(
        "<line class=\"grid\" x1=\"{0}\" x2=\"{1}\" y1=\"{2:.1f}\" y2=\"{2:.1f}\"/>"
        "<text class=\"tick end\" x=\"{3}\" y=\"{4:.1f}\">{5}</text>\n",
        kLeft, kWidth, y, kLeft - 6, y + 4, tick);
  }
  for (std::size_t i = 0; i < c.below.size(); ++i) {
    const double x = kLeft + static_cast<double>(i) * pitch;
    const double low = static_cast<double>(c.below[i]) * scale;
    const double high = static_cast<double>(c.above[i]) * scale;
    out += fmt::format(
        "<g><title>{} leave, {} go on</title><rect class=\"part p0\" x=\"{:.1f}\" y=\"{:.1f}\" "
        "width=\"{:.1f}\" "
        "height=\"{:.1f}\"/><rect class=\"part p1\" x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" "
        "height=\"{:.1f}\"/></g>\n",
        c.below[i], c.above[i], x + 1, floor - low, pitch - 2, low, x + 1, floor - low - high, pitch - 2,
        high);
  }
  out += fmt::format(
      "<text class=\"tick start\" x=\"{}\" y=\"{}\">{}</text><text class=\"tick end\" x=\"{}\" "
      "y=\"{}\">{}</text>\n",
      kLeft, kHeight - 6, escape(c.low), kWidth, kHeight - 6, escape(c.high));
  return out + "</svg>\n";
}

}  // namespace offramp::design
