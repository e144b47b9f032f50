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

std::string timeline(const std::vector<TimelineRow>& rows) {
  constexpr int kLabels = 92;
  constexpr int kWidth = 940;
  constexpr int kBar = 30;
  constexpr int kPitch = 44;
  constexpr int kAxis = 24;
  std::int64_t end = 1;
  for (const TimelineRow& r : rows) {
    for (const TimelineSpan& s : r.spans) end = std::max(end, s.start + s.cycles);
  }
  const double scale = static_cast<double>(kWidth - kLabels - 20) / static_cast<double>(end);
  const auto x = [&](std::int64_t cycle) { return kLabels + static_cast<double>(cycle) * scale; };
  const int height = kPitch * static_cast<int>(rows.size()) + kAxis;
  std::string out = fmt::format(
      "<svg class=\"timeline\" width=\"{0}\" height=\"{1}\" viewBox=\"0 0 {0} {1}\" role=\"img\" "
      "aria-label=\"Cycles of each layer\">\n",
      kWidth, height);
  for (std::int64_t tick = 0, step = round_step(end, 8); tick <= end; tick += step) {
    out += fmt::format(
        "<line class=\"grid\" x1=\"{0:.1f}\" x2=\"{0:.1f}\" y1=\"0\" y2=\"{1}\"/>"
        "<text class=\"tick\" x=\"{0:.1f}\" y=\"{2}\">{3}</text>\n",
        x(tick), height - kAxis, height - 7, tick);
  }
  for (std::size_t r = 0; r < rows.size(); ++r) {
    const int y = static_cast<int>(r) * kPitch + 6;
    out += fmt::format("<text class=\"engine\" x=\"{}\" y=\"{}\">{}</text>\n", kLabels - 10, y + kBar / 2 + 4,
                       escape(rows[r].engine));
    for (const TimelineSpan& s : rows[r].spans) {
      const double w = std::max(1.0, static_cast<double>(s.cycles) * scale - 1);
      out += fmt::format(
          "<g><title>{}: {} cycles from {}</title><rect class=\"span{}\" x=\"{:.1f}\" y=\"{}\" "
          "width=\"{:.1f}\" "
          "height=\"{}\" rx=\"3\"/><text class=\"inside\" x=\"{:.1f}\" y=\"{}\">{}</text></g>\n",
          escape(s.label), s.cycles, s.start, s.branch ? " branch" : "", x(s.start), y, w, kBar,
          x(s.start) + w / 2, y + kBar / 2 + 4, escape(shortened(s.label, w - 6)));
    }
  }
  return out + "</svg>\n";
}

std::string share_bar(const std::vector<Share>& shares) {
  constexpr int kWidth = 940;
  constexpr int kHeight = 34;
  std::string out = fmt::format(
      "<svg class=\"shares\" width=\"{0}\" height=\"{1}\" viewBox=\"0 0 {0} {1}\" role=\"img\" "
      "aria-label=\"Share of samples per exit\">\n",
      kWidth, kHeight);
  double at = 0;
  for (std::size_t i = 0; i < shares.size(); ++i) {
    const double w = shares[i].value * kWidth;
    const std::string label = fmt::format("{} {:.1f} %", shares[i].label, 100 * shares[i].value);
    const bool last = i + 1 == shares.size();
    out += fmt::format(
        "<g><title>{}</title><rect class=\"span{}\" x=\"{:.1f}\" y=\"0\" width=\"{:.1f}\" height=\"{}\" "
        "rx=\"3\"/>"
        "<text class=\"inside\" x=\"{:.1f}\" y=\"{}\">{}</text></g>\n",
        escape(label), last ? "" : " branch", at, std::max(0.0, w - 1), kHeight, at + w / 2, kHeight / 2 + 4,
        escape(shortened(label, w - 6)));
    at += w;
  }
  return out + "</svg>\n";
}

}  // namespace offramp::design
